"""What is let go of: events that were dealt with long ago, and what is personal of whoever is erased."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from evergrove.ingest.events.tables import EVENT
from evergrove.people.parts import in_parts

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.ledger import Ledger

KEPT = timedelta(days=90)
"""Whatever is sent again later changes nothing all the same: orders, refunds and rows know themselves by their keys."""
RAW_KEPT = timedelta(days=30)
"""What could not be read is kept as it came in for as long as rejected rows of files."""
PART = 5_000


def expire_events(ledger: Ledger, now: datetime) -> int:
    """
    Delete events that were taken or refused long ago, some thousands a transaction, and the raw text of refused ones sooner.

    Args:
        ledger: Of the workspace.
        now: The present moment.

    Returns:
        How many there were.
    """
    raw = (EVENT.c.state == "refused") & EVENT.c.sealed.is_not(None) & (EVENT.c.received_at < now - RAW_KEPT)
    with ledger.writing() as connection:
        connection.execute(update(EVENT).where(raw).values(sealed=None))
    old = (EVENT.c.state != "waiting") & (EVENT.c.received_at < now - KEPT)
    gone = 0
    while True:
        some = select(EVENT.c.seq).where(old).limit(PART)
        with ledger.writing() as connection:
            done = connection.execute(delete(EVENT).where(EVENT.c.seq.in_(some))).rowcount
        gone += done
        if done < PART:
            return gone


def forget_events(connection: Connection, customers: Collection[str]) -> None:
    """
    Empty what is personal of some customers' events; what they bought stays under ids that name nobody.

    Args:
        connection: Of a ``writing`` block.
        customers: All ids of the person.
    """
    for part in in_parts(customers):
        connection.execute(
            update(EVENT).where(EVENT.c.customer_id.in_(part)).values(sealed=None, anonymous_id=None)
        )

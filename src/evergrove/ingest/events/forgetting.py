"""What is let go of: events that were dealt with long ago, and what is personal of whoever is erased."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from evergrove.ingest.events.content import FACT_KINDS
from evergrove.ingest.events.redacting import KEPT_AS_HASH, hashed_name
from evergrove.ingest.events.shopping import LINE_WORDS
from evergrove.ingest.events.tables import CONFLICT, EVENT
from evergrove.people.parts import in_parts

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.ledger import Ledger
    from evergrove.people import Seal

KEPT = timedelta(days=90)
"""Whatever is sent again later changes nothing all the same: orders, refunds and rows know themselves by their keys."""
RAW_KEPT = timedelta(days=30)
"""What could not be read is kept as it came in for as long as rejected rows of files."""
PART = 5_000
_DRAWN = re.compile(r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
"""A UUID."""
ERASED = "people.erased"
"""Why an event is refused whose customer was erased before it was taken."""


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


def forget_events(connection: Connection, seal: Seal, customers: Collection[str]) -> None:
    """
    Empty all that some customers' events say; what they bought stays under ids that name nobody.

    Of what has been dealt with nothing stays but that it was there, so that it has no effect when it is sent again. An
    order that still waits keeps its numbers and amounts, as the facts need them, and loses its words; everything else
    that waits is refused. What contradicted any of it goes, and names of events are kept as keyed hashes, but for those
    that a machine has drawn: anything may stand in them.

    Args:
        connection: Of a ``writing`` block.
        seal: Of the workspace.
        customers: All ids of the person.
    """
    for part in in_parts(customers):
        theirs = EVENT.c.customer_id.in_(part)
        connection.execute(delete(CONFLICT).where(CONFLICT.c.seq.in_(select(EVENT.c.seq).where(theirs))))
        waits, is_fact = EVENT.c.state == "waiting", EVENT.c.kind.in_(FACT_KINDS)
        empty: dict[str, Any] = {"sealed": None, "anonymous_id": None, "content": {}}
        connection.execute(update(EVENT).where(theirs, ~waits).values(empty))
        refused = {"state": "refused", "reason": ERASED, "detail": None}
        connection.execute(update(EVENT).where(theirs, waits, ~is_fact).values(empty | refused))
        _forget_words(connection, theirs & waits)
        _forget_event_names(connection, seal, theirs)


def _forget_words(connection: Connection, which: Any) -> None:
    """Leave of orders what the facts count, and nothing that somebody has written."""
    asked = select(EVENT.c.seq, EVENT.c.content).where(which)
    for seq, content in connection.execute(asked).all():
        lines = [
            {name: told for name, told in line.items() if name not in LINE_WORDS}
            for line in content.get("lines", ())
        ]
        left = dict(content) | ({"lines": lines} if lines else {})
        values = {"sealed": None, "anonymous_id": None, "content": left}
        connection.execute(update(EVENT).where(EVENT.c.seq == seq).values(values))


def _forget_event_names(connection: Connection, seal: Seal, which: Any) -> None:
    for seq, message_id in connection.execute(select(EVENT.c.seq, EVENT.c.message_id).where(which)).all():
        if not (_DRAWN.fullmatch(message_id) or message_id.startswith(KEPT_AS_HASH)):
            kept = hashed_name(seal, message_id)
            connection.execute(update(EVENT).where(EVENT.c.seq == seq).values(message_id=kept))

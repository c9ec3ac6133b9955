"""Messages that wait in the queue for something other than their hour: until when, and how they are let go."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from evergrove.outbox import OUTBOX
from evergrove.people.parts import in_parts

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

LAST_LOOK = timedelta(minutes=1)


def held_until(until: datetime | None, valid_until: datetime, now: datetime) -> datetime | None:
    """
    When a message that is held back is looked at again: once more just before it is of no use.

    Args:
        until: When the hindrance ends by itself; None: only somebody's act ends it.
        valid_until: Of the message.
        now: The present moment.

    Returns:
        None when there is no such moment any more.
    """
    last = valid_until - LAST_LOOK
    again = last if until is None else min(until, last)
    return again if again > now else None


def let_go(
    connection: Connection, reason: str, now: datetime, customers: Collection[str] | None = None
) -> int:
    """
    Have messages looked at again now that were held back for a reason; the guards before the wire judge them anew.

    Args:
        connection: Of a ``writing`` block.
        reason: For which they wait.
        now: From when on they may be taken.
        customers: Of these only; None: of everybody.

    Returns:
        How many.
    """
    waiting = (OUTBOX.c.state == "queued") & (OUTBOX.c.reason == reason) & (OUTBOX.c.not_before > now)
    change = OUTBOX.update().values(not_before=now)
    if customers is None:
        return connection.execute(change.where(waiting)).rowcount
    return sum(
        connection.execute(change.where(waiting, OUTBOX.c.customer_id.in_(part))).rowcount
        for part in in_parts(customers)
    )

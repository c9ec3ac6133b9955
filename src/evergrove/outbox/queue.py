"""Putting messages into the outbox, and giving them to workers one at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, not_, select

from evergrove.ledger import database_now, insert_new
from evergrove.outbox.instance import paused
from evergrove.outbox.stopping import held_back
from evergrove.outbox.tables import OUTBOX
from evergrove.outbox.types import CONTROL, Claim, Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, RowMapping

    from evergrove.ledger import Ledger

MESSAGE_FIELDS = tuple(Message.__dataclass_fields__)
LEASE_S = 300


def enqueue(connection: Connection, messages: Sequence[Message], now: datetime) -> int:
    """
    Put messages into the outbox in the caller's transaction; what is there already stays as it is.

    The message of a control is born ``skipped`` with the reason ``campaigns.control``: a virtual send, which
    never leaves and counts towards the customer's caps.

    Returns:
        How many were new.
    """
    return insert_new(connection, OUTBOX, [_new_row(message, now) for message in messages])


def _new_row(message: Message, now: datetime) -> dict[str, Any]:
    control = message.arm == "control"
    return {
        **{name: getattr(message, name) for name in MESSAGE_FIELDS},
        "id": message.id,
        "params": dict(message.params),
        "state": "skipped" if control else "queued",
        "reason": CONTROL if control else None,
        "settled_at": now if control else None,
        "queued_at": now,
        "token": 0,
        "attempts": 0,
    }


def claim(
    ledger: Ledger,
    worker: str,
    now: datetime,
    limit: int = 100,
    lease_s: float = LEASE_S,
    *,
    channel: str | None = None,
) -> list[Claim]:
    """
    Take the messages that are due, oldest first, for one worker alone.

    Args:
        ledger: Where the outbox is; the claim is a transaction of its own.
        worker: Who takes them, such as host and process number.
        now: Due is what may leave at this moment.
        limit: Most messages taken.
        lease_s: Seconds, by the database's clock, after which others may take them.
        channel: Of this one only, so that none waits for another's; None: of all.

    Returns:
        The claims; empty when nothing is due, others hold it all, it is stopped, or this is a copy that nobody has confirmed.
    """
    due = (
        select(OUTBOX)
        .where(*_due(now, channel))
        .order_by(OUTBOX.c.not_before, OUTBOX.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # PostgreSQL; in SQLite there is one writer at a time
    )
    with ledger.writing() as connection:
        rows = connection.execute(due).mappings().all()
        if not rows:
            return []
        lease_until = database_now(connection) + timedelta(seconds=lease_s)
        connection.execute(
            OUTBOX.update()
            .where(OUTBOX.c.id.in_([row["id"] for row in rows]))
            .values(state="claimed", claimed_by=worker, token=OUTBOX.c.token + 1, lease_until=lease_until)
        )
    return [_claim(row) for row in rows]


def is_due(connection: Connection, now: datetime, channel: str) -> bool:
    """Whether a message of a channel could be claimed at a moment, if nothing changes until then."""
    query = select(OUTBOX.c.id).where(*_due(now, channel)).limit(1)
    return connection.execute(query).first() is not None


def count_due(connection: Connection, now: datetime, channel: str) -> int:
    """How many messages of a channel could be claimed at a moment, if nothing changes until then."""
    return connection.execute(
        select(func.count()).select_from(OUTBOX).where(*_due(now, channel))
    ).scalar_one()


def _due(now: datetime, channel: str | None) -> list[ColumnElement[bool]]:
    """What may be claimed at a moment."""
    row = OUTBOX.c
    found = [row.state == "queued", row.not_before <= now, row.valid_until > now]
    found += [not_(paused()), not_(held_back())]
    return found if channel is None else [*found, row.channel == channel]


def _claim(row: RowMapping) -> Claim:
    message = Message(**{name: row[name] for name in MESSAGE_FIELDS})
    may_have_left = row["lost_at"] is not None
    return Claim(row["id"], row["token"] + 1, row["attempts"], message, may_have_left, row["letter_version"])

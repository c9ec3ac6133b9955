"""Reports of providers about messages: each is kept once, whatever it changes; impossible moves change nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select

from evergrove.ledger import insert_new
from evergrove.outbox.attempts import record_receipt
from evergrove.outbox.channel_tables import DELIVERY_RECEIPT
from evergrove.outbox.tables import OUTBOX

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.outbox.types import Learnt

Effect = Literal["applied", "ignored", "waiting", "repeated"]
LONGEST = 128
REPORTED = "outbox.reported"
_row = DELIVERY_RECEIPT.c


@dataclass(frozen=True)
class Report:
    """
    What a provider says of one message, some time after it took it.

    Attributes:
        channel: On which it left.
        provider_id: The provider's own name for it; empty where only ours is told.
        kind: As the provider calls it.
        means: What that says of the message; None: nothing that we keep count of.
        outbox_id: Our own name for it, where the provider gives it back.
    """

    channel: str
    provider_id: str
    kind: str
    means: Learnt | None
    outbox_id: str | None = None


def take_report(connection: Connection, report: Report, now: datetime) -> Effect:
    """
    Keep a report and let it change its message, if that is a move that can follow.

    Args:
        connection: Of a ``writing`` block.
        report: What was told.
        now: When it came in.

    Returns:
        ``applied``: it has changed the message. ``ignored``: it could not follow on the message's state, or says
        nothing. ``waiting``: there is no such message yet; it may be told before the answer to the message itself
        was written down. ``repeated``: it was told before.
    """
    own = report.provider_id or report.outbox_id or ""
    row = {
        "channel": report.channel,
        "provider_id": own[:LONGEST],
        "kind": report.kind[:LONGEST],
        "outbox_id": None,
        "means": report.means or "",
        "effect": "waiting",
        "received_at": now,
    }
    if insert_new(connection, DELIVERY_RECEIPT, [row]) == 0:
        return "repeated"
    found = _message(connection, report)
    return "waiting" if found is None else _apply(connection, report, found, now)


def apply_waiting(
    connection: Connection, channel: str, provider_id: str, outbox_id: str, now: datetime
) -> int:
    """Let reports count that came before it was known what the provider calls a message; how many did."""
    early = select(_row.kind, _row.means).where(
        _row.channel == channel, _row.provider_id == provider_id[:LONGEST], _row.effect == "waiting"
    )
    reports = [
        Report(channel, provider_id, kind, means or None)
        for kind, means in connection.execute(early.order_by(_row.received_at, _row.kind)).all()
    ]
    return sum(_apply(connection, each, outbox_id, now) == "applied" for each in reports)


def _message(connection: Connection, report: Report) -> str | None:
    """Ours by the name that we gave it, else by the provider's; always of this channel."""
    row = OUTBOX.c
    query = select(row.id).where(row.channel == report.channel)
    for name, value in ((row.id, report.outbox_id), (row.provider_id, report.provider_id)):
        if value:
            found: str | None = connection.execute(query.where(name == value)).scalars().first()
            if found is not None:
                return found
    return None


def _apply(connection: Connection, report: Report, outbox_id: str, now: datetime) -> Effect:
    changed = report.means is not None and record_receipt(
        connection, outbox_id, report.means, now, reason=REPORTED, detail={"kind": report.kind[:LONGEST]}
    )
    effect: Effect = "applied" if changed else "ignored"
    own = (report.provider_id or outbox_id)[:LONGEST]
    which = (
        (_row.channel == report.channel) & (_row.provider_id == own) & (_row.kind == report.kind[:LONGEST])
    )
    connection.execute(DELIVERY_RECEIPT.update().where(which).values(outbox_id=outbox_id, effect=effect))
    return effect

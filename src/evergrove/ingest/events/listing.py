"""Events as people look at them: what became of each, why, and again what was refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from sqlalchemy import select

from evergrove.ingest.events.errors import NoSuchEvent
from evergrove.ingest.events.reading import Desk
from evergrove.ingest.events.segment import read_message
from evergrove.ingest.events.store import mark
from evergrove.ingest.events.tables import CONFLICT, EVENT
from evergrove.ingest.events.types import DIRTYING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from evergrove.people import Seal

Shown = Literal["waiting", "taken", "refused", "conflict"]
SHOWN: tuple[Shown, ...] = get_args(Shown)
_TYPES = {"customer": "identify"}


@dataclass(frozen=True)
class EventShown:
    """
    One event as it may be shown; nothing in it is personal.

    Attributes:
        number: Of the event; of a conflict, its own, and ``of`` is the event that came first.
        state: What became of it.
        reason: Why it was refused, as a code.
        params: Of the reason.
    """

    number: int
    source: str
    message_id: str
    kind: str
    customer_id: str
    at: datetime
    received_at: datetime
    content: Mapping[str, Any]
    state: Shown
    reason: str | None
    params: Mapping[str, Any]
    import_seq: int | None
    of: int | None = None


def list_events(
    connection: Connection,
    state: Shown | None = None,
    *,
    source: str = "",
    message_id: str = "",
    before: int | None = None,
    limit: int = 50,
) -> list[EventShown]:
    """
    Events, the newest first.

    Args:
        connection: Of any block.
        state: Only those in this; ``conflict``: what contradicted an event and had no effect.
        source: Only of this one.
        message_id: Only of this name.
        before: Only with a lower number.
        limit: Rows at most.
    """
    key = CONFLICT.c.id if state == "conflict" else EVENT.c.seq
    asked: Any = _conflicts() if state == "conflict" else select(EVENT)
    if state not in (None, "conflict"):
        asked = asked.where(EVENT.c.state == state)
    for column, value in ((EVENT.c.source, source), (EVENT.c.message_id, message_id)):
        asked = asked.where(column == value) if value else asked
    asked = asked if before is None else asked.where(key < before)
    return [_shown(row) for row in connection.execute(asked.order_by(key.desc()).limit(limit))]


def _conflicts() -> Any:
    told = CONFLICT.c
    return select(
        told.id,
        EVENT.c.seq,
        EVENT.c.source,
        EVENT.c.message_id,
        EVENT.c.customer_id,
        told.kind,
        told.at,
        told.received_at,
        told.content,
    ).join_from(CONFLICT, EVENT, told.seq == EVENT.c.seq)


def _shown(row: Row[Any]) -> EventShown:
    is_conflict = not hasattr(row, "state")
    content = {name: value for name, value in row.content.items() if name != "format"}
    return EventShown(
        number=row.id if is_conflict else row.seq,
        source=row.source,
        message_id=row.message_id,
        kind=row.kind,
        customer_id=row.customer_id,
        at=row.at,
        received_at=row.received_at,
        content=content,
        state="conflict" if is_conflict else row.state,
        reason="events.conflict" if is_conflict else row.reason,
        params={} if is_conflict else row.detail or {},
        import_seq=None if is_conflict else row.import_seq,
        of=row.seq if is_conflict else None,
    )


def retry_event(connection: Connection, seal: Seal, seq: int) -> EventShown:
    """
    Have a refused event looked at again: one that could not be read is read anew, and all others wait to be taken.

    Args:
        connection: Of a ``writing`` block.
        seal: Of the workspace.
        seq: Number of the event.

    Returns:
        The event as it is now; still refused, where nothing has changed about what was wrong with it.

    Raises:
        NoSuchEvent: There is none, or it was not refused.
    """
    asked = select(EVENT).where(EVENT.c.seq == seq)
    row = connection.execute(asked).one_or_none()
    if row is None or row.state != "refused" or not (row.content or row.sealed):
        raise NoSuchEvent(seq=seq)
    changes = (
        _read_again(seal, row) if not row.content else {"reason": None, "detail": None, "state": "waiting"}
    )
    connection.execute(EVENT.update().where(EVENT.c.seq == seq).values(import_seq=None, **changes))
    if changes["state"] == "waiting" and row.kind in DIRTYING:
        mark(connection, {row.customer_id: seq})
    return _shown(connection.execute(asked).one())


def _read_again(seal: Seal, row: Row[Any]) -> dict[str, Any]:
    """What an event says that could not be read when it came in."""
    message = seal.unseal(row.sealed, row.customer_id)["refused"]
    desk = Desk.at(seal, row.source, row.received_at)
    event, _refused = read_message(desk, message, _TYPES.get(row.kind, row.kind))
    if event is None:
        return {"state": "refused", "reason": row.reason, "detail": row.detail}
    event = replace(event, digest=row.digest)
    reason = event.reason
    return {
        "kind": event.kind,
        "at": event.at,
        "content": dict(event.content),
        "sealed": event.sealed,
        "state": "waiting" if reason is None else "refused",
        "reason": None if reason is None else reason.code,
        "detail": None if reason is None else dict(reason.params),
    }

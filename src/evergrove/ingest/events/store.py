"""Events into the ledger: each once, whatever is sent again; the first holds, and what contradicts it is noted."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, select, text
from sqlalchemy.dialects import postgresql, sqlite

from evergrove.ingest.events.tables import CONFLICT, DIRTY, EVENT
from evergrove.ingest.events.types import DIRTYING, Outcome
from evergrove.ledger import insert_new

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from evergrove.ingest.events.types import Event

PART = 400
"""Events asked after in one statement."""

Name = tuple[str, str]
"""Source and message id."""


def store(connection: Connection, events: Sequence[Event]) -> list[Outcome]:
    """
    Store events and mark the customers whose value may be another; all in the caller's transaction.

    Args:
        connection: Of a ``writing`` block.
        events: In any order; the same name may occur more than once, the first of them holds.

    Returns:
        What became of each, in the order given.
    """
    wanted = _first_of_each(events)
    known = _known(connection, wanted)
    new = {name: event for name, event in wanted.items() if name not in known}
    numbers = _insert(connection, new)
    if len(numbers) < len(new):  # another process was quicker, a moment ago
        known |= _known(connection, [name for name in new if name not in numbers])
    _mark(connection, {name: new[name] for name in numbers}, numbers)
    return _outcomes(connection, events, known, numbers, new)


def mark(connection: Connection, marks: Mapping[str, int]) -> None:
    """
    Mark customers whose value may be another.

    Args:
        connection: Of a ``writing`` block.
        marks: Newest event by customer; 0: without one.
    """
    rows = [
        {"customer_id": who, "seq": marks[who]} for who in sorted(marks)
    ]  # sorted: no two wait for each other
    if not rows:
        return
    connection.execute(_marking(connection.dialect.name), rows)


def name_of(event: Event) -> Name:
    """What tells an event from all others."""
    return event.source, event.message_id


def _first_of_each(events: Iterable[Event]) -> dict[Name, Event]:
    found: dict[Name, Event] = {}
    for event in events:
        found.setdefault(name_of(event), event)
    return found


def _known(connection: Connection, names: Iterable[Name]) -> dict[Name, tuple[int, str]]:
    """Number and digest of those that are there."""
    wanted = sorted(names)
    found: dict[Name, tuple[int, str]] = {}
    for start in range(0, len(wanted), PART):
        part = wanted[start : start + PART]
        for source in sorted({name[0] for name in part}):
            ids = [name[1] for name in part if name[0] == source]
            rows = connection.execute(_ASKING, {"of_source": source, "ids": ids})
            found |= {(of, message_id): (seq, digest) for of, message_id, seq, digest in rows}
    return found


def _insert(connection: Connection, new: Mapping[Name, Event]) -> dict[Name, int]:
    """The numbers of those that were not there; sorted by name, so that no two transactions wait for each other."""
    if not new:
        return {}
    names = sorted(new)
    rows = [_row(new[name]) for name in names]
    if (
        connection.dialect.name == "sqlite"
    ):  # nobody else writes meanwhile, and counting ourselves costs half as much
        last = connection.execute(_LAST, {"named": EVENT.name}).scalar() or 0
        numbers = dict(zip(names, range(last + 1, last + 1 + len(names)), strict=True))
        connection.execute(
            EVENT.insert(), [{"seq": numbers[name], **row} for name, row in zip(names, rows, strict=True)]
        )
        return numbers
    told = connection.execute(_INSERTING, rows)
    return {(source, message_id): seq for source, message_id, seq in told}


# Statements are built once: building one costs as much as running it.


@cache
def _marking(dialect: str) -> Any:
    insert: Any = (postgresql if dialect == "postgresql" else sqlite).insert(DIRTY)
    after = DIRTY.c.seq + 1
    newest = case((insert.excluded.seq > after, insert.excluded.seq), else_=after)
    return insert.on_conflict_do_update(index_elements=["customer_id"], set_={"seq": newest})


_LAST = text("select seq from sqlite_sequence where name = :named")
"""The highest number that was ever given, also of events that were forgotten since."""
_INSERTING = (
    postgresql.insert(EVENT)
    .on_conflict_do_nothing()
    .returning(EVENT.c.source, EVENT.c.message_id, EVENT.c.seq)
)
_ASKING = select(EVENT.c.source, EVENT.c.message_id, EVENT.c.seq, EVENT.c.digest).where(
    EVENT.c.source == bindparam("of_source"),
    EVENT.c.message_id.in_(bindparam("ids", expanding=True)),
)


def _row(event: Event) -> dict[str, Any]:
    values = {name: getattr(event, name) for name in _AS_TOLD}
    reason = event.reason
    return values | {
        "content": dict(event.content),
        "state": "waiting" if reason is None else "refused",
        "reason": None if reason is None else reason.code,
        "detail": None if reason is None else dict(reason.params),
    }


_AS_TOLD = (
    "source", "message_id", "digest", "kind", "customer_id", "anonymous_id", "at", "received_at", "sealed",
)  # fmt: skip


def _mark(connection: Connection, new: Mapping[Name, Event], numbers: Mapping[Name, int]) -> None:
    marks: dict[str, int] = {}
    for name, event in new.items():
        if event.kind in DIRTYING and event.reason is None:
            marks[event.customer_id] = max(marks.get(event.customer_id, 0), numbers[name])
    mark(connection, marks)


def _outcomes(
    connection: Connection,
    events: Sequence[Event],
    known: Mapping[Name, tuple[int, str]],
    numbers: Mapping[Name, int],
    new: Mapping[Name, Event],
) -> list[Outcome]:
    outcomes, conflicts, told = [], [], set[Name]()
    for event in events:
        name = name_of(event)
        seq, digest = (numbers[name], new[name].digest) if name in numbers else known[name]
        if digest != event.digest:
            conflicts.append(_conflict(seq, event))
            outcomes.append(Outcome(seq, "conflict"))
        else:
            is_new = name in numbers and name not in told
            outcomes.append(Outcome(seq, "new" if is_new else "duplicate"))
        told.add(name)
    if conflicts:
        insert_new(connection, CONFLICT, conflicts)
    return outcomes


def _conflict(seq: int, event: Event) -> dict[str, Any]:
    told = {name: getattr(event, name) for name in ("digest", "kind", "at", "received_at")}
    return {"seq": seq, **told, "content": dict(event.content)}

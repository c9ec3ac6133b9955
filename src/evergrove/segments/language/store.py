"""Segments in the ledger: versions are added, never changed; a removal is a version too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove import audit
from evergrove.core import Term as Word
from evergrove.core import _
from evergrove.segments.language.checks import near
from evergrove.segments.language.errors import InACircle, NoSegment, StillAskedFor
from evergrove.segments.language.names import check_key
from evergrove.segments.language.reading import read
from evergrove.segments.language.tables import segment_definition
from evergrove.segments.language.types import segments_in
from evergrove.segments.language.writing import document_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from evergrove.segments.language.catalogue import Catalogue
    from evergrove.segments.language.types import Condition


NONE = Word(_("none"))


@dataclass(frozen=True)
class Definition:
    """
    One version of a segment.

    Attributes:
        id: Counts up over all segments.
        key: Of the segment.
        version: Counts up from 1.
        text: Canonical.
        document: The same as JSON.
        note: What its author says of it.
        is_removed: Whether this version ends it.
        created_at: When.
    """

    id: int
    key: str
    version: int
    text: str
    document: Mapping[str, Any]
    note: str
    is_removed: bool
    created_at: datetime

    @property
    def asks_for(self) -> tuple[str, ...]:
        """Other segments that it asks for, whatever else the catalogue knows of it."""
        return tuple(_asked(self.document.get("where")))

    def condition(self, catalogue: Catalogue | None = None) -> Condition:
        """
        What it says.

        Raises:
            InvalidSegment: The catalogue has changed since, and knows it no longer.
        """
        return read(dict(self.document), catalogue)


def _asked(node: object) -> Iterator[str]:
    """Segments that a node of a stored document asks for; its depth was checked when it was stored."""
    if isinstance(node, dict):
        if node.get("function") == "in_segment":
            yield str(node["arguments"][0])
        for inner in (*node.get("all", ()), *node.get("any", ()), node.get("not")):
            yield from _asked(inner)


def newest_definition(connection: Connection) -> int:
    """Number of the newest version of any segment; 0: none was ever defined."""
    return int(connection.execute(select(func.max(segment_definition.c.id))).scalar() or 0)


def definitions(
    connection: Connection, *, until: int | None = None, removed: bool = False
) -> dict[str, Definition]:
    """
    The version of each segment that holds, by key.

    Args:
        connection: Of any block.
        until: As of the time when this was the newest; None: now.
        removed: Whether segments that were removed are among them.
    """
    row = segment_definition.c
    query = select(segment_definition).order_by(row.key, row.version)
    if until is not None:
        query = query.where(row.id <= until)
    newest = {each.key: _definition(each) for each in connection.execute(query)}
    return {key: each for key, each in newest.items() if removed or not each.is_removed}


def versions_of(connection: Connection, key: str) -> list[Definition]:
    """All versions of a segment, the oldest first."""
    row = segment_definition.c
    query = select(segment_definition).where(row.key == key).order_by(row.version)
    return [_definition(each) for each in connection.execute(query)]


def definition_of(connection: Connection, key: str) -> Definition:
    """
    A segment by its key.

    Raises:
        NoSegment: There is none.
    """
    known = definitions(connection)
    if key not in known:
        raise no_segment(key, known)
    return known[key]


def no_segment(key: str, known: Iterable[str]) -> NoSegment:
    """What to say of a key that no segment has."""
    return NoSegment(key=key[:60], near=near(key[:60], ((each, ()) for each in known)) or NONE)


def define(
    connection: Connection,
    key: str,
    condition: Condition,
    now: datetime,
    *,
    note: str = "",
    by: str = "cli",
) -> Definition | None:
    """
    Store a segment, or a new version of it.

    Args:
        connection: Of a ``writing`` block.
        key: Small letters, digits, - and _.
        condition: What its members have in common.
        now: When.
        note: What its author says of it.
        by: Who does it, as the audit trail names them.

    Returns:
        The new version; None: it says what the newest one says, and nothing was stored.

    Raises:
        InvalidKey, NoSegment, InACircle: It cannot be stored.
    """
    check_definable(connection, key, condition)
    before = definitions(connection, removed=True).get(key)
    text = text_of(condition)
    if before is not None and not before.is_removed and (before.text, before.note) == (text, note):
        return None
    return _add(connection, key, before, (text, document_of(condition), note), now, by)


def check_definable(connection: Connection, key: str, condition: Condition) -> None:
    """
    Refuse what ``define`` would not store.

    Raises:
        InvalidKey, NoSegment, InACircle: The key is none, or the condition asks for what is not there, or for itself.
    """
    check_key(key)
    asked = {each.key: each.asks_for for each in definitions(connection).values()}
    check_asked({**asked, key: segments_in(condition)}, key)


def remove(connection: Connection, key: str, now: datetime, *, by: str = "cli") -> Definition:
    """
    End a segment: from the next night on nobody is in it; ``by`` is who does it, as the audit trail names them.

    Raises:
        NoSegment: There is none.
        StillAskedFor: Another segment asks for it.
    """
    before = definition_of(connection, key)
    others = [e.key for e in definitions(connection).values() if key in e.asks_for]
    if others:
        raise StillAskedFor(key=key, others=tuple(others))
    said = before.text, dict(before.document), before.note
    return _add(connection, key, before, said, now, by, is_removed=True)


def _add(
    connection: Connection,
    key: str,
    before: Definition | None,
    said: tuple[str, Mapping[str, Any], str],
    now: datetime,
    by: str,
    *,
    is_removed: bool = False,
) -> Definition:
    text, document, note = said
    values = {
        "key": key,
        "version": before.version + 1 if before else 1,
        "text": text,
        "document": document,
        "note": note,
        "is_removed": is_removed,
        "created_at": now,
    }
    added = connection.execute(segment_definition.insert().values(values).returning(segment_definition))
    act = "segments.removed" if is_removed else "segments.defined"
    audit.note(connection, act, by, audit.subject("segment", key), {"version": values["version"]}, at=now)
    return _definition(added.one())


def _definition(row: Row[Any]) -> Definition:
    return Definition(
        row.id, row.key, row.version, row.text, row.document, row.note, row.is_removed, row.created_at
    )


def check_asked(asked: Mapping[str, tuple[str, ...]], key: str) -> None:
    """
    Refuse a segment that asks for one that is not there, or for itself.

    Args:
        asked: Segment to the segments that it asks for.
        key: Whose.

    Raises:
        NoSegment, InACircle: It does.
    """
    came_from: dict[str, str] = {}
    waiting = [key]
    while waiting:  # each segment once: the ways between them may be very many
        here = waiting.pop()
        for other in asked[here]:
            if other not in asked:
                raise no_segment(other, (each for each in asked if each != key))
            if other == key:
                raise InACircle(key=key, circle=" > ".join((*_way(came_from, key, here), key)))
            if other not in came_from:
                came_from[other] = here
                waiting.append(other)


def _way(came_from: Mapping[str, str], first: str, last: str) -> list[str]:
    """How a search came from one segment to another."""
    way = [last]
    while way[-1] != first:
        way.append(came_from[way[-1]])
    return way[::-1]


def in_order(asked: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Segments, each after those that it asks for; else by key. What asks in a circle is left out."""
    found: dict[str, None] = {}
    while ready := sorted(
        key for key, others in asked.items() if key not in found and all(e in found for e in others)
    ):
        found |= dict.fromkeys(ready)
    return list(found)

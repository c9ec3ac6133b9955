"""What changed in a source's columns since its last import, by name: order of columns does not count."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import select

from evergrove.core import EvergroveWarning, _
from evergrove.ingest.facts.imports import imports
from evergrove.ingest.values.words import plain_header

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from evergrove.ingest.types import ColumnMatch

SEARCHED = 500
"""Newest imports of a table among which one of the same source is looked for."""
_ALIKE = 0.5
"""Share of all names that two exports of one source have in common at least."""
_RENAMED = 0.75
"""Likeness of two names (matching characters, difflib) from which one looks like the other, renamed."""


class ColumnsRenamed(EvergroveWarning):
    """Columns that are gone, and new ones that look like them."""

    code = "ingest.columns_renamed"
    message = _("{file}: columns have other names than in {earlier}: {columns}.")
    hint = _("If a new name is read wrongly, say what it is (--map), and keep that with --save-preset.")


class ColumnsGone(EvergroveWarning):
    """Columns that the last import of the source had."""

    code = "ingest.columns_gone"
    message = _("{file}: columns of {earlier} are not there any more: {columns}.")
    hint = _("What they told is not told from here on. If that was not meant, export again with them.")


class ColumnsNew(EvergroveWarning):
    """Columns that the last import of the source did not have."""

    code = "ingest.columns_new"
    message = _("{file}: columns that {earlier} did not have: {columns}.")
    hint = _("evergrove ingest --preview shows what is taken of them.")


class ColumnsRetyped(EvergroveWarning):
    """Columns that hold other kinds of values than in the last import of the source."""

    code = "ingest.columns_retyped"
    message = _("{file}: columns hold something else than in {earlier}: {columns}.")
    hint = _("Look at the rejected rows: did the shop change its export?")


@dataclass(frozen=True)
class Like:
    """The last import of the same source: its file, its columns with what they held, their roles."""

    file: str
    header: Mapping[str, str]
    roles: Mapping[str, str]


class Told(Protocol):
    """What reading a file says of its columns: an ``Intake``, or a ``PeopleIntake``."""

    @property
    def header(self) -> Mapping[str, str]:
        """The columns, with what those in use can hold."""
        ...

    @property
    def columns(self) -> Sequence[ColumnMatch]:
        """The mapping."""
        ...

    @property
    def presets(self) -> Mapping[str, str]:
        """The preset of the file, if it has one."""
        ...


def last_like(connection: Connection, table: str, file: str, intake: Told) -> Like | None:
    """The newest import of a table that came from the same source: its preset, its name, or most of its columns."""
    wanted = (imports.c.table_name == table) & (imports.c.file != "")
    newest = select(imports.c.file, imports.c.mapping).where(wanted).order_by(imports.c.seq.desc())
    preset = next(iter(intake.presets.values()), "")
    for row in connection.execute(newest.limit(SEARCHED)):
        header = row.mapping.get("header")
        if not header:
            continue
        common = len(header.keys() & intake.header.keys()) / len(header.keys() | intake.header.keys())
        is_same = (preset and row.mapping.get("preset") == preset) or (row.file == file and common)
        if is_same or common >= _ALIKE:
            return Like(row.file, header, row.mapping["columns"])
    return None


def drift(before: Like | None, file: str, intake: Told) -> Iterator[EvergroveWarning]:
    """
    What is different in the columns of a file, one warning a kind of difference.

    Args:
        before: The last import of the same source; None: there was none.
        file: Its name.
        intake: How it was read.
    """
    if before is None:
        return
    now = {match.role: match.column for match in intake.columns}
    gone = [name for name in before.header if name not in intake.header]
    new = [name for name in intake.header if name not in before.header]
    renamed = _renamed(gone, new, before.roles, now)
    gone = [name for name in gone if name not in renamed]
    new = [name for name in new if name not in renamed.values()]
    said = {"file": file, "earlier": before.file}
    if renamed:
        yield ColumnsRenamed(**said, columns=_listed(f"{old} → {name}" for old, name in renamed.items()))
    if gone:
        roles = {column: role for role, column in before.roles.items()}
        named = (f"{name} ({roles[name]})" if name in roles else name for name in gone)
        yield ColumnsGone(**said, columns=_listed(named))
    if new:
        yield ColumnsNew(**said, columns=_listed(iter(new)))
    changed = [name for name, held in before.header.items() if _differs(held, intake.header.get(name, ""))]
    if changed:
        pairs = (f"{name}: {before.header[name]} → {intake.header[name]}" for name in changed)
        yield ColumnsRetyped(**said, columns=_listed(pairs))


def _renamed(
    gone: list[str], new: list[str], before: Mapping[str, str], now: Mapping[str, str]
) -> dict[str, str]:
    """Old name to new one: what plays the same role, else what is spelled nearly alike."""
    roles = {before[role]: now[role] for role in before.keys() & now.keys()}
    pairs = {old: name for old, name in roles.items() if old in gone and name in new}
    for old in gone:
        left = [name for name in new if name not in pairs.values()]
        best = max(left, key=lambda name: _likeness(old, name), default=None)
        if old not in pairs and best is not None and _likeness(old, best) >= _RENAMED:
            pairs[old] = best
    return pairs


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, plain_header(one), plain_header(other)).ratio()


def _differs(before: str, now: str) -> bool:
    """Whether what a column held and what it holds cannot be the same kind of values."""
    return bool(before and now) and not set(before.split()) & set(now.split())


def _listed(names: Iterator[str]) -> str:
    return ", ".join(names)

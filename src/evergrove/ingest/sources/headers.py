"""Where the header stands: below a preamble, above the data, or nowhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.ingest.sources.encoding import escaped
from evergrove.ingest.sources.errors import EmptyFile, MissingHeader, TooManyColumns
from evergrove.ingest.values.amounts import read_amount
from evergrove.ingest.values.dates import DateReading, read_day
from evergrove.ingest.values.words import is_blank, plain_header, recognised

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMN_LIMIT = 2_048
SEARCHED_ROWS = 40
_EXCEL_HINT = re.compile(r"sep=.?", re.IGNORECASE)


@dataclass(frozen=True)
class Header:
    """The names of the columns, each once, and the position of their row among those searched."""

    names: tuple[str, ...]
    position: int


def find_header(file: str, rows: Sequence[Sequence[str]], wanted: Sequence[str] = ()) -> Header:
    """
    Find the header among a file's first rows.

    It is the row with the most known names (or names the user gave); without any known name, the first row
    as wide as the table of which no cell is a number or a date.

    Raises:
        EmptyFile: There is nothing but blanks.
        MissingHeader: The first row holds data.
        TooManyColumns: More columns than are read.
    """
    searched = rows[:SEARCHED_ROWS]
    filled = [i for i, row in enumerate(searched) if not all(map(is_blank, row))]
    if not filled:
        raise EmptyFile(file=file)
    further = frozenset(map(plain_header, wanted))
    known = {i: recognised(searched[i], further) for i in filled}
    best = max(filled, key=lambda i: (known[i], -i))
    if known[best] < 2 and not (known[best] == 1 and not any(map(_is_data, searched[best]))):
        best = _first_of_names(file, searched, filled)
    cells = searched[best]
    if len(cells) > COLUMN_LIMIT:
        raise TooManyColumns(file=file, columns=len(cells), limit=COLUMN_LIMIT)
    return Header(distinct_names(cells), best)


def _first_of_names(file: str, rows: Sequence[Sequence[str]], filled: Sequence[int]) -> int:
    """The first full row of which no cell is a number or a date."""
    candidates = [i for i in filled if not _EXCEL_HINT.fullmatch("".join(rows[i]).strip())]
    widths = [len(rows[i]) for i in candidates]
    usual = max(set(widths), key=widths.count, default=0)
    for i in candidates:
        filled_cells = sum(not is_blank(cell) for cell in rows[i])
        if len(rows[i]) < usual or 2 * filled_cells <= usual:
            continue  # a title above the table
        if any(map(_is_data, rows[i])):
            break
        return i
    first = ", ".join(rows[candidates[0]])[:120] if candidates else ""
    raise MissingHeader(file=file, first=first)


def _is_data(cell: str) -> bool:
    """Whether a cell is a number or a date, which no header is."""
    if is_blank(cell):
        return False
    return read_amount(cell).value is not None or read_day(cell, DateReading()).value is not None


def distinct_names(cells: Sequence[str]) -> tuple[str, ...]:
    """Headers stripped of what does not show; a blank one is named by its place, a second one numbered."""
    taken: dict[str, int] = {}
    names = []
    for place, cell in enumerate(cells, start=1):
        name = " ".join(escaped(cell.replace("\ufeff", "")).split()) or f"column {place}"
        taken[name] = taken.get(name, 0) + 1
        names.append(name if taken[name] == 1 else f"{name} ({taken[name]})")
    return tuple(names)


def column_named(header: Sequence[str], name: str) -> int | None:
    """Position of the column that a user calls ``name``: as written, else as compared; None without one."""
    exact: Mapping[str, int] = {column: i for i, column in reversed(list(enumerate(header)))}
    if name.strip() in exact:
        return exact[name.strip()]
    compared = plain_header(name)
    matches = [i for i, column in enumerate(header) if compared and plain_header(column) == compared]
    return matches[0] if matches else None

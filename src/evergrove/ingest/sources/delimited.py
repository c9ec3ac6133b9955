"""Delimited text to rows: quotes may hold line breaks, a bad row never takes its neighbours with it."""

from __future__ import annotations

import csv
import io
from collections import deque
from typing import TYPE_CHECKING

from evergrove.ingest.sources.batches import Fault, Rows, columns_of, text_array
from evergrove.ingest.sources.encoding import UNDECODABLE, UNUSABLE, is_unusable
from evergrove.ingest.sources.plain_rows import BLANK_LINE, split_plain
from evergrove.ingest.sources.text_lines import lines_of, shown_raw
from evergrove.ingest.values.words import recognised

if TYPE_CHECKING:
    from _csv import Reader
    from collections.abc import Iterable, Iterator, Sequence

    from evergrove.ingest.sources.text_lines import Block

DELIMITERS = (",", "\t", ";", "|")
LONGEST_ROW_LINES = 200  # no cell of an order has more line breaks; beyond it a quote was never closed


class _RowNeverEnds(Exception):
    """A row has taken more lines than any row may."""


class _Feed:
    """Lines for csv.reader that can be given back: those of the row being read are remembered."""

    def __init__(self, block: Block, rest: Iterator[Block]) -> None:
        self._pending = deque(lines_of(block.text))
        self._rest = rest
        self._taken: list[str] = []
        self._next_line = block.first_line
        self.overlong: list[Block] = []

    @property
    def is_drained(self) -> bool:
        return not self._pending

    def row_done(self) -> tuple[int, list[str]]:
        """The first line's number and the lines of the row just read."""
        lines, self._taken = self._taken, []
        first = self._next_line
        self._next_line += len(lines)
        return first, lines

    def give_back(self, lines: list[str]) -> None:
        self._pending.extendleft(reversed(lines))
        self._next_line -= len(lines)

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if len(self._taken) >= LONGEST_ROW_LINES:
            raise _RowNeverEnds
        if not self._pending:
            self._reach_on()
        self._taken.append(self._pending.popleft())
        return self._taken[-1]

    def _reach_on(self) -> None:
        """Only a row that began in this block may reach into the next one."""
        block = next(self._rest, None) if self._taken and not self.overlong else None
        if block is not None and block.is_overlong:
            self.overlong.append(block)
        if block is None or block.is_overlong:
            raise StopIteration
        self._pending.extend(lines_of(block.text))


def read_rows(blocks: Iterable[Block], delimiter: str, width: int, wanted: Sequence[int]) -> Iterator[Rows]:
    """
    Parse blocks of lines into rows of one width.

    A block of plain lines is split in one go, one in which every row is a line is parsed in one go, and any
    other row by row, so that a quote that is never closed costs its own line only.

    Args:
        blocks: Whole lines, in order.
        delimiter: The cell separator.
        width: Cells of the header.
        wanted: Positions of the columns to hand back.
    """
    stream = iter(blocks)
    for block in stream:
        if block.is_overlong:
            yield Rows([], [text_array([]) for _i in wanted], [_overlong(block)])
            continue
        rows = split_plain(block, delimiter, width, wanted) or _quick(block, delimiter, width, wanted)
        yield rows or _careful(block, stream, delimiter, width, wanted)


def _overlong(block: Block) -> Fault:
    return Fault(block.first_line, "ingest.line_too_long", shown_raw(block.text))


def _quick(block: Block, delimiter: str, width: int, wanted: Sequence[int]) -> Rows | None:
    """All rows of a block when each is one clean line of the right width; None otherwise."""
    if is_unusable(block.text):
        return None
    reader = _reader(io.StringIO(block.text, newline=""), delimiter, block.text)
    try:
        rows = list(reader)
    except csv.Error:
        return None
    if reader.line_num != len(rows) or BLANK_LINE.search(block.text) or set(map(len, rows)) != {width}:
        return None
    lines = range(block.first_line, block.first_line + len(rows))
    return Rows(lines, columns_of(rows, wanted))


def _reader(lines: Iterable[str], delimiter: str, text: str) -> Reader:
    """Strict about quotes; a blank between separator and quote belongs to neither."""
    has_gaps = f'{delimiter} "' in text
    return csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=has_gaps)


def _is_blank(row: list[str]) -> bool:
    return not any(map(str.strip, row))


def _careful(block: Block, rest: Iterator[Block], delimiter: str, width: int, wanted: Sequence[int]) -> Rows:
    """Row by row, giving lines back when a row swallowed more than its own."""
    numbers: list[int] = []
    rows: list[list[str]] = []
    faults: list[Fault] = []
    feed = _Feed(block, rest)
    reader = _reader(feed, delimiter, block.text)
    while not feed.is_drained:
        row, code = _next_row(reader)
        first, lines = feed.row_done()
        if not code:
            if _is_blank(row):
                continue
            row, code = _fitted(row, width)
        if code and len(lines) > 1 and _swallowed(code, lines[1], delimiter, width):
            feed.give_back(lines[1:])
            lines = lines[:1]
            code = "ingest.unclosed_quote"
        if code:
            faults.append(Fault(first, code, shown_raw("".join(lines))))
        else:
            numbers.append(first)
            rows.append(row)
    faults += map(_overlong, feed.overlong)
    return Rows(numbers, columns_of(rows, wanted), faults)


def _next_row(reader: Iterator[list[str]]) -> tuple[list[str], str]:
    try:
        return next(reader), ""
    except _RowNeverEnds:
        return [], "ingest.unclosed_quote"
    except csv.Error as error:
        if "field larger" in str(error):
            return [], "ingest.cell_too_large"
        return [], "ingest.unclosed_quote" if "unexpected end" in str(error) else "ingest.stray_quote"


def _fitted(row: list[str], width: int) -> tuple[list[str], str]:
    """A row of the right width, or what is wrong with it; empty cells beyond the header lose nothing."""
    text = "".join(row)
    if UNUSABLE.search(text):
        return row, "ingest.undecodable" if UNDECODABLE.search(text) else "ingest.control_character"
    if len(row) > width and _is_blank(row[width:]):
        return row[:width], ""
    return row, "" if len(row) == width else "ingest.ragged_row"


def _swallowed(code: str, second_line: str, delimiter: str, width: int) -> bool:
    """Whether a bad row of several lines holds rows of its own: its second line reads as one by itself."""
    if code in ("ingest.undecodable", "ingest.control_character"):
        return False
    if code == "ingest.unclosed_quote":
        return True
    try:
        following = next(csv.reader([second_line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return code == "ingest.stray_quote"
    return len(following) == width


def sniff_delimiter(text: str) -> str:
    """The separator under which most header words appear, then the most even, then the most cells."""
    lines = lines_of(text)[:60]
    return max(DELIMITERS, key=lambda delimiter: _evenness(lines, delimiter))


def _evenness(lines: list[str], delimiter: str) -> tuple[int, float, int]:
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return (0, 0.0, 0)
    widths = [len(row) for row in rows]
    usual = max(set(widths), key=widths.count, default=1)
    even = widths.count(usual) / len(widths) if usual > 1 else 0.0
    return (max(map(recognised, rows), default=0), round(even, 1), usual)

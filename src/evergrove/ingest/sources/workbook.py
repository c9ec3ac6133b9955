"""XLSX (and old XLS) as a source: the sheet with the orders, its cells as texts."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from evergrove.ingest.sources.batches import Fault, Rows, columns_of
from evergrove.ingest.sources.encoding import UNUSABLE
from evergrove.ingest.sources.errors import (
    ArchiveTooLarge,
    DamagedFile,
    EmptyFile,
    LinesAboveHeader,
    SheetChosen,
)
from evergrove.ingest.sources.headers import SEARCHED_ROWS, find_header
from evergrove.ingest.sources.text_lines import (
    CHUNK_BYTES,
    RATIO_LIMIT,
    UNPACKED_FREE,
    UNPACKED_LIMIT,
    shown_raw,
)
from evergrove.ingest.values.words import is_blank, plain_header, recognised

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from evergrove.core import EvergroveWarning

BATCH_ROWS = 20_000
CELL_LIMIT = 60_000_000  # of the rectangle around all cells: the reader holds it in memory
LONGEST_CELL = 131_072
_EXACT_DIGITS = 1e15  # a spreadsheet keeps 15 digits of a number; longer ids have lost the rest
_COLUMN_OF_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})\d+"')
_ROW = re.compile(rb'<(?:\w+:)?row\s[^>]*?\br="(\d+)"')


@dataclass(frozen=True)
class WorkbookSource:
    """One sheet of a workbook; see ``batches.Source``. The line of a row is its number in the sheet."""

    path: Path
    encoding: str
    sheet: str
    header: tuple[str, ...]
    data_row: int
    warnings: tuple[EvergroveWarning, ...]

    @property
    def file(self) -> str:
        """The path as given."""
        return str(self.path)

    def rows(self, wanted: Sequence[int], progress: Callable[[float], None] | None = None) -> Iterator[Rows]:
        """All rows below the header that hold anything."""
        lines: list[int] = []
        rows: list[list[str]] = []
        faults: list[Fault] = []
        sheet = _sheet(self.path, self.sheet)
        for line, row in self._texts(sheet):
            code = _fault_of(row)
            if code:
                faults.append(Fault(line, code, _as_raw(row)))
            else:
                lines.append(line)
                rows.append(row)
            if len(rows) >= BATCH_ROWS:
                yield Rows(lines, columns_of(rows, wanted), faults)
                lines, rows, faults = [], [], []
                if progress is not None:
                    progress(line / max(sheet.total_height, 1))
        yield Rows(lines, columns_of(rows, wanted), faults)

    def raw(self, lines: Collection[int]) -> Iterator[tuple[int, str]]:
        """The cells of rows, set apart by tabs."""
        pending = set(lines)
        for line, row in self._texts(_sheet(self.path, self.sheet)):
            if line in pending:
                yield line, _as_raw(row)

    def _texts(self, sheet: Any) -> Iterator[tuple[int, list[str]]]:
        for line, cells in enumerate(sheet.iter_rows(), start=1):
            if line >= self.data_row:
                row = [_as_text(cell) for cell in cells]
                if not all(text == "" or text.isspace() for text in row):
                    yield line, row


def open_workbook(path: Path, wanted: Sequence[str] = ()) -> WorkbookSource:
    """
    Find the sheet with the orders: the one with most header words, then most rows.

    Raises:
        DamagedFile, ArchiveTooLarge: The workbook cannot be read.
        EmptyFile, MissingHeader, TooManyColumns: No sheet holds a table of orders.
    """
    is_zip = zipfile.is_zipfile(path)
    if is_zip:
        _check_size(path)
    book = _opened(path)
    further = frozenset(map(plain_header, wanted))
    ranked: list[tuple[int, int, str]] = []
    for name in book.sheet_names:
        sheet = _sheet(path, name, book)
        head = [list(map(_as_text, row)) for row in sheet.to_python(nrows=SEARCHED_ROWS)]
        known = max((recognised(row, further) for row in head), default=0)
        ranked.append((known, sheet.height, name))
    filled = [entry for entry in ranked if entry[1]]
    if not filled:
        raise EmptyFile(file=path.name)
    chosen = max(filled, key=lambda entry: entry[:2])[2]
    sheet = _sheet(path, chosen, book)
    head = [
        list(map(_as_text, row)) for _row, row in zip(range(SEARCHED_ROWS), sheet.iter_rows(), strict=False)
    ]
    found = find_header(path.name, head, wanted)
    warnings: list[EvergroveWarning] = []
    if len(filled) > 1:
        others = ", ".join(name for _known, _height, name in filled if name != chosen)
        warnings.append(SheetChosen(file=path.name, sheet=chosen, others=others))
    if any(not is_blank(cell) for row in head[: found.position] for cell in row):
        warnings.append(LinesAboveHeader(file=path.name, line=found.position + 1))
    kind = "XLSX" if is_zip else "XLS"
    return WorkbookSource(path, kind, chosen, found.names, found.position + 2, tuple(warnings))


def _opened(path: Path) -> Any:
    import python_calamine  # noqa: PLC0415 -- only workbooks need it

    return _guarded(path, lambda: python_calamine.CalamineWorkbook.from_path(path))


def _sheet(path: Path, name: str, book: Any = None) -> Any:
    workbook = _opened(path) if book is None else book
    return _guarded(path, lambda: workbook.get_sheet_by_name(name))


def _guarded(path: Path, read: Callable[[], Any]) -> Any:
    """Read, and say of any failure of the reader, a panic included, that the file is damaged."""
    try:
        return read()
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # the reader's panics do not descend from Exception
        raise DamagedFile(file=path.name, format="a workbook", reason=str(error)[:200]) from error


def _check_size(path: Path) -> None:
    """Refuse archives that unpack to too much, and sheets whose outermost cells span too much."""
    packed = max(path.stat().st_size, 1)
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                if not member.endswith((".xml", ".rels")):
                    continue
                with archive.open(member) as stream:
                    extent = _Extent()
                    while chunk := stream.read(CHUNK_BYTES):
                        total += len(chunk)
                        is_bomb = total > UNPACKED_FREE and total > RATIO_LIMIT * packed
                        if is_bomb or total > UNPACKED_LIMIT or extent.after(chunk) > CELL_LIMIT:
                            limit = f"{UNPACKED_LIMIT >> 30} GB, or {CELL_LIMIT:,} cells"
                            raise ArchiveTooLarge(file=path.name, limit=limit, ratio=RATIO_LIMIT)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise DamagedFile(file=path.name, format="XLSX", reason=str(error)[:200]) from error


class _Extent:
    """The rectangle that the cells of one sheet span, as far as its XML was read."""

    def __init__(self) -> None:
        self._columns: set[bytes] = set()
        self._rows = 0

    def after(self, chunk: bytes) -> int:
        self._columns.update(_COLUMN_OF_CELL.findall(chunk))
        self._rows = max([self._rows, *map(int, _ROW.findall(chunk))])
        widest = max(
            (sum((c - 64) * 26**i for i, c in enumerate(reversed(letters))) for letters in self._columns),
            default=0,
        )
        return self._rows * widest


def _as_text(cell: Any) -> str:
    """A cell as text: whole floats as integers, other floats to four decimals, dates as ISO."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        if cell.is_integer():
            return str(int(cell)) if abs(cell) < _EXACT_DIGITS else f"{cell:.9E}"
        return repr(round(cell, 4))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _fault_of(row: list[str]) -> str:
    text = "".join(row)
    if UNUSABLE.search(text):
        return "ingest.control_character"
    return "ingest.cell_too_large" if len(text) > LONGEST_CELL and max(map(len, row)) > LONGEST_CELL else ""


def _as_raw(row: list[str]) -> str:
    return shown_raw("\t".join(row))

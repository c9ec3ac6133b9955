"""A delimited text file as a source: encoding, separator and header found, then batches of its rows."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from evergrove.ingest.sources.delimited import read_rows, sniff_delimiter
from evergrove.ingest.sources.encoding import guess_encoding, named_encoding
from evergrove.ingest.sources.errors import EmptyFile, EncodingAssumed, LinesAboveHeader, MissingHeader
from evergrove.ingest.sources.headers import SEARCHED_ROWS, find_header
from evergrove.ingest.sources.text_lines import Block, byte_chunks, lines_of, raw_lines, text_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from evergrove.core import EvergroveWarning
    from evergrove.ingest.sources.batches import Rows
    from evergrove.ingest.sources.encoding import TextEncoding

_HEAD = 400_000


@dataclass(frozen=True)
class TextSource:
    """A CSV, TSV or other delimited file; see ``batches.Source``."""

    path: Path
    text_encoding: TextEncoding
    delimiter: str
    header: tuple[str, ...]
    data_line: int
    warnings: tuple[EvergroveWarning, ...] = field(default=())

    @property
    def file(self) -> str:
        """The path as given."""
        return str(self.path)

    @property
    def encoding(self) -> str:
        """The encoding in print."""
        return self.text_encoding.shown

    def rows(self, wanted: Sequence[int], progress: Callable[[float], None] | None = None) -> Iterator[Rows]:
        """All rows below the header."""
        blocks = text_blocks(self.path, self.text_encoding.codec, progress)
        below = _from_line(blocks, self.data_line)
        return read_rows(below, self.delimiter, len(self.header), wanted)

    def raw(self, lines: Collection[int]) -> Iterator[tuple[int, str]]:
        """The raw text of rows, read from the file again."""
        return raw_lines(self.path, self.text_encoding.codec, lines)


def open_text(path: Path, encoding: str = "", wanted: Sequence[str] = (), *, likely: str = "") -> TextSource:
    """
    Find out how a delimited text file is written.

    Args:
        path: The file, packed as GZ or not.
        encoding: As ``--encoding`` gives it; empty: found by trial.
        wanted: Headers that the user named, which help to find the header row.
        likely: The encoding such exports have, where the bytes leave open which of the old ones it is.

    Raises:
        EmptyFile, MissingHeader, TooManyColumns: There is no table of orders in it.
    """
    text_encoding = named_encoding(encoding) if encoding else guess_encoding(lambda: byte_chunks(path))
    if likely and not encoding and not text_encoding.codec.startswith("utf"):
        text_encoding = named_encoding(likely) if not likely.startswith("utf") else text_encoding
    first = next(iter(text_blocks(path, text_encoding.codec)), None)
    if first is None or not first.text.strip():
        raise EmptyFile(file=path.name)
    head = first.text[:_HEAD]
    delimiter = sniff_delimiter(head)
    rows, ends = _loose_rows(head, delimiter)
    if not rows:
        raise MissingHeader(file=path.name, first=f"{head[:60]}…")
    found = find_header(path.name, rows, wanted)
    above = ends[found.position - 1] if found.position else 0
    warnings: list[EvergroveWarning] = []
    if text_encoding.is_assumed:
        warnings.append(EncodingAssumed(file=path.name, encoding=text_encoding.shown))
    if any("".join(row).strip() for row in rows[: found.position]):
        warnings.append(LinesAboveHeader(file=path.name, line=above + 1))
    return TextSource(path, text_encoding, delimiter, found.names, ends[found.position] + 1, tuple(warnings))


def _loose_rows(head: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """The first rows of whatever width, and the number of the line on which each ends."""
    reader = csv.reader(lines_of(head), delimiter=delimiter)
    rows: list[list[str]] = []
    ends: list[int] = []
    try:
        for row in reader:
            rows.append(row)
            ends.append(reader.line_num)
            if len(rows) >= SEARCHED_ROWS:
                break
    except csv.Error:  # a cell too large; what came before it decides
        pass
    return rows, ends


def _from_line(blocks: Iterator[Block], line: int) -> Iterator[Block]:
    """Blocks from a physical line on."""
    for block in blocks:
        if block.first_line + block.line_count <= line:
            continue
        if block.first_line >= line:
            return chain([block], blocks)
        below = lines_of(block.text)[line - block.first_line :]
        return chain([Block(line, "".join(below))], blocks)
    return iter(())

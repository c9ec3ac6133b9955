"""Text files as blocks of whole lines, packed or not, of any length and of bounded cost."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.core import reason_of
from evergrove.ingest.sources.encoding import KEEP, escaped
from evergrove.ingest.sources.errors import ArchiveTooLarge, CannotOpen, DamagedFile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

CHUNK_BYTES = 1 << 20
LONGEST_LINE = 4_000_000
UNPACKED_LIMIT = 8 << 30
UNPACKED_FREE = 64 << 20  # below this no ratio is suspicious
RATIO_LIMIT = 200
RAW_LENGTH = 2_000
_RAW_LINES = 200


@dataclass(frozen=True)
class Block:
    """
    Whole lines of text, with their ends.

    Attributes:
        first_line: Physical number of the first line, from 1.
        text: The lines; or the start of one line that is longer than any may be.
        is_overlong: Whether the block stands for such a line.
    """

    first_line: int
    text: str
    is_overlong: bool = False

    @property
    def line_count(self) -> int:
        """How many physical lines the block holds."""
        if self.is_overlong:
            return 1
        ends = self.text.count("\n")
        if "\r" in self.text:
            ends += self.text.count("\r") - self.text.count("\r\n")
        return ends + (not self.text.endswith(("\n", "\r")))


def is_packed(path: Path) -> bool:
    """Whether a file is GZ by its content."""
    with path.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


def byte_chunks(path: Path, progress: Callable[[float], None] | None = None) -> Iterator[bytes]:
    """
    The bytes of a file in pieces, unpacked when it is GZ.

    Raises:
        CannotOpen: The file cannot be read.
        DamagedFile: The archive is broken or cut off.
        ArchiveTooLarge: It unpacks to more than an order file would.
    """
    try:
        size = max(path.stat().st_size, 1)
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            for chunk in _unpacked(raw, path, size) if packed else iter(lambda: raw.read(CHUNK_BYTES), b""):
                if progress is not None:
                    progress(min(raw.tell() / size, 1.0))
                yield chunk
    except OSError as error:
        raise CannotOpen(file=path.name, reason=reason_of(error)) from error


def _unpacked(raw: io.BufferedReader, path: Path, size: int) -> Iterator[bytes]:
    total = 0
    with gzip.GzipFile(fileobj=raw) as archive:
        while True:
            try:
                chunk = archive.read(CHUNK_BYTES)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise DamagedFile(file=path.name, format="GZ", reason=str(error)) from error
            if not chunk:
                return
            total += len(chunk)
            if total > UNPACKED_LIMIT or (total > UNPACKED_FREE and total > RATIO_LIMIT * size):
                limit = f"{UNPACKED_LIMIT >> 30} GB"
                raise ArchiveTooLarge(file=path.name, limit=limit, ratio=RATIO_LIMIT)
            yield chunk


def text_blocks(path: Path, codec: str, progress: Callable[[float], None] | None = None) -> Iterator[Block]:
    """A text file as blocks of whole lines; bytes that fit no character stay visible (``encoding.KEEP``)."""
    decoder = codecs.getincrementaldecoder(codec)(KEEP)
    rest = ""
    line = 1
    overlong = ""
    for chunk in byte_chunks(path, progress):
        text = rest + decoder.decode(chunk)
        if overlong:
            text = _after_line(text)
            if not text:
                rest = ""
                continue
            yield Block(line, overlong, is_overlong=True)
            line, overlong = line + 1, ""
        cut = _last_line_end(text)
        whole, rest = text[:cut], text[cut:]
        if whole:
            block = Block(line, whole)
            yield block
            line += block.line_count
        if len(rest) > LONGEST_LINE:
            overlong, rest = rest[:RAW_LENGTH], ""
    rest += decoder.decode(b"", final=True)
    if overlong:
        yield Block(line, overlong, is_overlong=True)
    elif rest:
        yield Block(line, rest)


def _last_line_end(text: str) -> int:
    """Where the last whole line ends; a CR at the very end may still be half of a CR LF."""
    return text.rfind("\n") + 1 or text.rfind("\r", 0, -1) + 1


def _after_line(text: str) -> str:
    """What follows the first line end; empty while the line goes on."""
    ends = [at for at in (text.find("\n"), text.find("\r", 0, -1)) if at >= 0]
    return text[min(ends) + 1 :] if ends else ""


def lines_of(text: str) -> list[str]:
    r"""Physical lines with their ends; only \n, \r and \r\n end a line."""
    return list(io.StringIO(text, newline=""))


def raw_lines(path: Path, codec: str, wanted: Collection[int]) -> Iterator[tuple[int, str]]:
    r"""
    The raw text of rows, by the physical line on which they begin.

    A row goes on while a quotation mark is open. The text is cut after 2,000 characters, and what is no
    text is written as \xNN.
    """
    pending = sorted(wanted, reverse=True)
    for block in text_blocks(path, codec):
        if not pending:
            return
        if block.first_line + block.line_count <= pending[-1]:
            continue
        lines = [block.text] if block.is_overlong else lines_of(block.text)
        while pending and pending[-1] < block.first_line + len(lines):
            start = pending.pop()
            yield start, _one_row(lines, start - block.first_line)


def _one_row(lines: list[str], start: int) -> str:
    """A row from its first line on; one that runs over the end of its block is shown as far as it goes."""
    row = lines[start]
    for line in lines[start + 1 : start + _RAW_LINES]:
        if row.count('"') % 2 == 0:
            break
        row += line
    return shown_raw(row)


def shown_raw(text: str) -> str:
    """A row's text as it stands in rejects: bounded, and free of what is no text."""
    bare = text.rstrip("\r\n")
    return escaped(bare[:RAW_LENGTH]) + ("…" if len(bare) > RAW_LENGTH else "")

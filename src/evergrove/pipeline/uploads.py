"""Raw files that the workspace has kept: which of them name a person who is being erased."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import zipfile
import zlib
from typing import IO, TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

INBOX = "inbox"
PIECE = 1 << 22
"""Bytes that are looked at together."""
OVERLAP = 1 << 10
"""Bytes that two pieces share: a word may stand across their border, blanks and all."""
MOST_UNPACKED = 1 << 31
"""Bytes that one file may unpack to; what is more is a bomb, and counts as naming everybody."""
MOST_PACKED = 1 << 26
"""Bytes of an archive within an archive: it is unpacked in memory."""
DEEPEST = 3
SHORTEST = 4
"""A shorter word stands in every file by chance."""
_BETWEEN = re.compile(rb"[\s().+-]+")


class _Bomb(Exception):
    """More than may be unpacked."""


def naming(folder: Path, words: Collection[str]) -> list[Path]:
    """
    The raw files of a workspace in which any of some words stands: in texts, tables and archives.

    What a file is is told by its first bytes, not by its name. Nothing is loaded but bytes and Parquet.

    Args:
        folder: Of the workspace.
        words: Whatever is personal of somebody. Blanks and strokes do not count, nor do capitals.
    """
    long = [word for word in words if len(word) >= SHORTEST]
    wanted = {
        form for word in long for form in map(_plain, (word.encode(), word.encode("utf-16-le"))) if form
    }
    files = (path for path in sorted((folder / INBOX).rglob("*")) if path.is_file() and not path.is_symlink())
    return [path for path in files if wanted and _names(path, wanted)]


def sha256_of(path: Path) -> str:
    """By what an imported file is known."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _names(path: Path, wanted: Collection[bytes]) -> bool:
    try:
        with path.open("rb") as stream:
            pieces = map(_plain, _pieces(stream))
            return any(word in piece for piece in pieces for word in wanted)
    except _Bomb:
        return True


def _plain(content: bytes) -> bytes:
    return _BETWEEN.sub(b"", content).lower()


def _pieces(stream: IO[bytes], depth: int = 0) -> Iterator[bytes]:
    """The bytes of a file, piece by piece, and then those of whatever is packed in it."""
    yield from _read(stream)
    stream.seek(0)
    head = stream.read(4)
    stream.seek(0)
    if depth == DEEPEST:
        return
    try:
        if head[:2] == b"\x1f\x8b":
            yield from _inner(gzip.GzipFile(fileobj=stream), depth)
        elif head == b"PK\x03\x04":  # XLSX too
            with zipfile.ZipFile(stream) as archive:
                for member in archive.infolist():
                    with archive.open(member) as packed:
                        yield from _inner(packed, depth)
        elif head == b"PAR1":
            yield from _rows(stream)
    except (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile, RuntimeError, pa.ArrowException):
        return  # damaged, or locked by a password: its plain bytes were looked at


def _read(stream: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    tail, total = b"", 0
    while piece := stream.read(PIECE):
        total += len(piece)
        if total > MOST_UNPACKED:
            raise _Bomb
        yield tail + piece
        tail = piece[-OVERLAP:]


def _inner(packed: IO[bytes] | gzip.GzipFile, depth: int) -> Iterator[bytes]:
    """What is packed: a small file may itself be an archive, a great one is a text."""
    first = packed.read(MOST_PACKED + 1)
    if len(first) <= MOST_PACKED:
        yield from _pieces(io.BytesIO(first), depth + 1)
        return
    yield first
    yield first[-OVERLAP:]
    yield from _read(packed)


def _rows(stream: IO[bytes]) -> Iterator[bytes]:
    for batch in pq.ParquetFile(stream).iter_batches(batch_size=10_000):
        out = io.BytesIO()
        pa.csv.write_csv(pa.Table.from_batches([batch]), out)
        yield out.getvalue()

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
MOST_BYTES = 1 << 30
"""Of what an archive may unpack to: a bomb is deleted with whatever it holds."""
DEEPEST = 3
SHORTEST = 4
"""A shorter word stands in every file by chance."""
_BETWEEN = re.compile(rb"[\s().+-]+")


class _Bomb(Exception):
    """More than may be unpacked."""


def naming(folder: Path, words: Collection[str]) -> list[Path]:
    """
    The raw files of a workspace in which any of some words stands: in texts, tables and archives.

    Args:
        folder: Of the workspace.
        words: Whatever is personal of somebody. Blanks and strokes do not count, nor do capitals.
    """
    wanted = {plain for word in words if len(plain := _plain(word.encode())) >= SHORTEST}
    wanted |= {_plain(word.encode("utf-16-le")) for word in words if len(word) >= SHORTEST}
    files = (path for path in sorted((folder / INBOX).rglob("*")) if path.is_file())
    return [path for path in files if wanted and _names(path, wanted)]


def sha256_of(path: Path) -> str:
    """By what an imported file is known."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _names(path: Path, wanted: Collection[bytes]) -> bool:
    try:
        return any(any(word in plain for word in wanted) for plain in map(_plain, _texts(path.read_bytes())))
    except _Bomb:
        return True  # nobody can say what is in it


def _plain(content: bytes) -> bytes:
    return _BETWEEN.sub(b"", content).lower()


def _texts(content: bytes, depth: int = 0) -> Iterator[bytes]:
    """The content itself, and whatever is packed in it."""
    yield content
    if depth == DEEPEST:
        return
    try:
        if content[:2] == b"\x1f\x8b":
            yield from _texts(_bounded(gzip.GzipFile(fileobj=io.BytesIO(content))), depth + 1)
        elif content[:4] == b"PK\x03\x04":  # XLSX too
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for member in archive.infolist():
                    with archive.open(member) as stream:
                        yield from _texts(_bounded(stream), depth + 1)
        elif content[:4] == b"PAR1":
            table = pq.read_table(io.BytesIO(content))
            out = io.BytesIO()
            pa.csv.write_csv(table, out)
            yield out.getvalue()
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, pa.ArrowException):
        return  # damaged, or locked by a password: its plain bytes were looked at


def _bounded(stream: IO[bytes] | gzip.GzipFile) -> bytes:
    content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _Bomb
    return content

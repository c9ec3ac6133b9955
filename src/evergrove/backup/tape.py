"""
Tar archives with plain files only, written and read a block at a time.

Python's own reader takes whole extended headers into memory and knows links, devices and sparse files; a backup needs
none of these, and what it does not know cannot be abused. ``tar`` and ``zstd`` read these archives as any other.
"""

from __future__ import annotations

import io
import tarfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from evergrove.backup.encryption import MAGIC, Opening, Sealing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from evergrove.backup.encryption import Secret

BLOCK, CHUNK = 512, 2**20
RECORD = 20 * BLOCK
LONGEST_NAME = 100
ZSTD = b"\x28\xb5\x2f\xfd"


class BadTape(Exception):
    """An archive breaks off, or holds something that no backup writes."""


class Source(Protocol):
    """What bytes come from."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""
        ...


class Sink(Protocol):
    """What bytes go to."""

    def write(self, content: bytes, /) -> object:
        """Take all of them."""
        ...


class Tape:
    """An archive that is being written."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._written = 0

    def add(self, name: str, size: int, moment: float, fill: Callable[[Sink], object]) -> None:
        """
        Write one file.

        Args:
            name: Of at most 100 characters, with slashes.
            size: How many bytes ``fill`` will write; other than that is a mistake.
            moment: Seconds since 1970.
            fill: Writes the content.
        """
        head = tarfile.TarInfo(name)
        head.size, head.mtime, head.mode = size, int(moment), 0o600
        if len(name.encode()) > LONGEST_NAME:
            raise ValueError(name)
        self.write(head.tobuf(tarfile.GNU_FORMAT))
        before = self._written
        fill(self)
        if self._written - before != size:
            raise BadTape
        self.write(bytes(-size % BLOCK))

    def finish(self) -> None:
        """Write the end of the archive."""
        self.write(bytes(2 * BLOCK))
        self.write(bytes(-self._written % RECORD))

    def write(self, content: bytes) -> None:
        """Pass bytes on, and count them."""
        self._sink.write(content)
        self._written += len(content)


def files_of(source: Source) -> Iterator[tuple[str, int, Iterator[bytes]]]:
    """
    Name, size and content of each file of an archive; the content must be read before the next is asked for.

    Raises:
        BadTape: It breaks off, a header is damaged, or something other than a plain file is inside.
    """
    while any(header := _exactly(source, BLOCK)):
        try:
            head = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
        except (tarfile.HeaderError, ValueError) as error:
            raise BadTape from error
        if head.type != tarfile.REGTYPE or head.size < 0:
            raise BadTape
        yield head.name, head.size, _content(source, head.size)
        if any(_exactly(source, -head.size % BLOCK)):
            raise BadTape
    _check_end(source)


def _check_end(source: Source) -> None:
    """One more empty block, and what fills the record."""
    rest = 0
    while part := source.read(RECORD):
        rest += len(part)
        if any(part) or rest > RECORD:
            raise BadTape
    if rest < BLOCK:
        raise BadTape


def _content(source: Source, size: int) -> Iterator[bytes]:
    while size:
        part = source.read(min(size, CHUNK))
        if not part:
            raise BadTape
        size -= len(part)
        yield part


def _exactly(source: Source, size: int) -> bytes:
    return b"".join(_content(source, size))


@contextmanager
def compressing(raw: IO[bytes], *, zstd: bool, secret: Secret | None = None) -> Iterator[Sink]:
    """A file to write to, through zstd and encrypted where that is asked for."""
    sealing = Sealing(raw, secret) if secret is not None else None
    outlet: Any = sealing or raw
    if zstd:
        stream = pa.CompressedOutputStream(pa.PythonFile(outlet, "w"), "zstd")
        yield stream
        stream.close()
    else:
        yield outlet
    if sealing is not None:
        sealing.finish()


@contextmanager
def opened(path: Path, secret: Secret | None = None) -> Iterator[Source]:
    """
    An archive to read from, by what it begins with and not by what it is called.

    zstd's window is at most 128 MB, and no more is unpacked at once than is asked for.

    Raises:
        PassphraseNeeded, WrongPassphrase: It is encrypted, and does not open.
        BadTape, DamagedBackup: From reading: the bytes are damaged.
    """
    with path.open("rb") as raw:
        is_sealed = raw.peek(len(MAGIC))[: len(MAGIC)] == MAGIC
        source = io.BufferedReader(Opening(raw, secret, path), CHUNK) if is_sealed else raw
        yield _Unpacked(source) if source.peek(len(ZSTD))[: len(ZSTD)] == ZSTD else source


class _Unpacked:
    """What stands in a compressed file."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._stream = pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd")

    def read(self, size: int, /) -> bytes:
        try:
            found: bytes = self._stream.read(size)
        except OSError as error:
            raise BadTape from error
        return found

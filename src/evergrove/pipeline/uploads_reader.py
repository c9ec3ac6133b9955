"""The confined child that looks through raw files for words. ``python -m evergrove.pipeline.uploads_reader``."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from evergrove.core.confinement import Limits, confine

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

PIECE = 1 << 22
"""Bytes that are looked at together."""
OVERLAP = 1 << 10
"""Bytes that two pieces share: a word may stand across their border, blanks and all."""
DEEPEST = 3
GZIP, ZIP, ZSTD, PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"PAR1"
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030", "big5hkscs")
"""Of texts that come in."""
BORDERS = "\ufeff,;|\t\r\n\"'<>[]{}:"
"""What stands around a cell: of CSV, JSON and XML."""
_BETWEEN = re.compile(rb"[\s().+-]+")


class _Bomb(Exception):
    """More than may be unpacked."""


@dataclass(frozen=True)
class Search:
    """
    What is looked for, and how far.

    Attributes:
        wanted: Words as bytes, as ``plain`` leaves them; anywhere.
        ids: Words that must fill a cell: in longer ones, such as dates and amounts, they stand by chance.
        most_unpacked: Bytes that one file may unpack to; what is more is a bomb, and counts as naming everybody.
        most_packed: Bytes of an archive within an archive: it is unpacked in memory.
    """

    wanted: Collection[bytes]
    ids: Collection[str]
    most_unpacked: int
    most_packed: int

    def finds(self, path: Path) -> bool:
        """Whether any of the words stands in a file, or in what is packed in it."""
        cells = cells_of(self.ids)
        try:
            with path.open("rb") as stream:
                return any(self._stands_in(piece, cells) for piece in self._pieces(stream))
        except _Bomb:
            return True

    def _stands_in(self, piece: bytes, cells: re.Pattern[bytes] | None) -> bool:
        if cells is not None and cells.search(piece):
            return True
        short = plain(piece) if self.wanted else b""
        return any(word in short for word in self.wanted)

    def _pieces(self, stream: IO[bytes], depth: int = 0) -> Iterator[bytes]:
        """The bytes of a file, piece by piece, and then those of whatever is packed in it."""
        import pyarrow as pa  # noqa: PLC0415 -- nothing is loaded before the limits hold

        yield from self._read(stream)
        stream.seek(0)
        head = stream.read(4)
        stream.seek(0)
        if depth == DEEPEST:
            return
        try:
            if head[:2] == GZIP:
                yield from self._inner(gzip.GzipFile(fileobj=stream), depth)
            elif head == ZSTD:
                yield from self._inner(pa.CompressedInputStream(pa.PythonFile(stream, "r"), "zstd"), depth)
            elif head == ZIP:  # XLSX too
                with zipfile.ZipFile(stream) as archive:
                    for member in archive.infolist():
                        with archive.open(member) as packed:
                            yield from self._inner(packed, depth)
            elif head == PARQUET:
                yield from _rows(stream)
        except (
            OSError,
            EOFError,
            ValueError,
            zlib.error,
            zipfile.BadZipFile,
            RuntimeError,
            pa.ArrowException,
        ):
            return  # damaged, or locked by a password: its plain bytes were looked at

    def _read(self, stream: Any) -> Iterator[bytes]:
        tail, total = b"", 0
        while piece := stream.read(PIECE):
            total += len(piece)
            if total > self.most_unpacked:
                raise _Bomb
            yield tail + piece
            tail = piece[-OVERLAP:]

    def _inner(self, packed: Any, depth: int) -> Iterator[bytes]:
        """What is packed: a small file may itself be an archive, a great one is a text."""
        first = packed.read(self.most_packed + 1)
        if len(first) <= self.most_packed:
            yield from self._pieces(io.BytesIO(first), depth + 1)
            return
        yield first
        yield first[-OVERLAP:]
        yield from self._read(packed)


def plain(content: bytes) -> bytes:
    """Without blanks and strokes, in small letters."""
    return _BETWEEN.sub(b"", content).lower()


def cells_of(ids: Collection[str]) -> re.Pattern[bytes] | None:
    """
    What finds ids that fill a cell, in each encoding, in capitals or not; None where there are no ids.

    The beginning and the end of what is searched are borders too.
    """
    found = [_cells(ids, encoding) for encoding in ENCODINGS]
    return re.compile(b"|".join(found), re.IGNORECASE) if ids else None


def _cells(ids: Collection[str], encoding: str) -> bytes:
    signs = {_encoded(sign, encoding) for sign in BORDERS} - {b""}
    border, blank = b"|".join(map(re.escape, sorted(signs))), re.escape(" ".encode(encoding))
    forms = {form for each in ids for form in (each, json.dumps(each)[1:-1], _as_xml(each))}
    words = b"|".join(re.escape(word) for form in sorted(forms) if (word := _encoded(form, encoding)))
    return rb"(?:\A|%b)(?:%b)*(?:%b)(?:%b)*(?:\Z|%b)" % (border, blank, words or rb"(?!)", blank, border)


def _encoded(text: str, encoding: str) -> bytes:
    """Its bytes; none where the encoding lacks a sign of it: part of an id is another id."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return b""


def _as_xml(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode()


def _rows(stream: IO[bytes]) -> Iterator[bytes]:
    import pyarrow as pa  # noqa: PLC0415 -- as above
    import pyarrow.csv  # noqa: PLC0415 -- as above
    import pyarrow.parquet as pq  # noqa: PLC0415 -- as above

    for batch in pq.ParquetFile(stream).iter_batches(batch_size=10_000):
        out = io.BytesIO()
        pa.csv.write_csv(pa.Table.from_batches([batch]), out)
        yield out.getvalue()


def main() -> int:
    """Answer the request on the standard input: which files name somebody; the exit status."""
    request = json.load(sys.stdin)
    confine(Limits(**request["limits"]))
    wanted = [bytes.fromhex(word) for word in request["wanted"]]
    search = Search(wanted, request["ids"], request["most_unpacked"], request["most_packed"])
    files = [Path(os.fsdecode(bytes.fromhex(path))) for path in request["files"]]
    json.dump([search.finds(path) for path in files], sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())

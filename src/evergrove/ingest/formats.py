"""Which format a file has, by its content: names and extensions lie."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Literal

from evergrove.ingest.encoding import guess_encoding
from evergrove.ingest.errors import CannotOpen, EmptyFile, UnknownFormat
from evergrove.ingest.text_lines import byte_chunks, is_packed

if TYPE_CHECKING:
    from pathlib import Path

Format = Literal["text", "json", "workbook", "parquet"]

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"SQLite format 3", "a SQLite database"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
    (b"ARROW1", "an Arrow file"),
    (b"BZh", "a BZ2 archive"),
    (b"\xfd7zXZ", "an XZ archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\x80\x04\x95", "a Python pickle"),
)
_HEAD_BYTES = 4_096


def detect_format(path: Path) -> Format:
    """
    Tell the format from the first bytes.

    Raises:
        CannotOpen: The file is not there, or is a folder.
        EmptyFile: It has no bytes.
        UnknownFormat: Its content is something else.
    """
    if path.is_dir():
        raise CannotOpen(file=path.name, reason="it is a folder")
    head = next(iter(byte_chunks(path)), b"")[:_HEAD_BYTES]
    if not head:
        raise EmptyFile(file=path.name, found="it is empty")
    binary = _binary(path, head)
    if binary is not None:
        if is_packed(path):
            raise UnknownFormat(file=path.name, found="a packed binary file; unpack it first")
        return binary
    return _textual(path, head)


def _binary(path: Path, head: bytes) -> Format | None:
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(_OLE):
        return "workbook"
    if head.startswith(b"PK\x03\x04"):
        if not zipfile.is_zipfile(path) or _is_workbook(path):
            return "workbook"
        raise UnknownFormat(file=path.name, found="a ZIP archive; unpack it first")
    for magic, found in _FOREIGN:
        if head.startswith(magic):
            raise UnknownFormat(file=path.name, found=found)
    return None


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return True  # cut off: the workbook reader says so


def _textual(path: Path, head: bytes) -> Format:
    text = head.decode(guess_encoding(lambda: [head]).codec, "replace").lstrip("\ufeff \t\r\n")
    if text.count("\x00") + text.count("\ufffd") > len(text) // 4 + 1:
        raise UnknownFormat(file=path.name, found="a binary file")
    start = text[:200].lower()
    if start.startswith(("<!doctype html", "<html", "<table", "<?xml", "<meta", "<head")):
        raise UnknownFormat(file=path.name, found="a web page or XML, whatever its name says")
    if start.startswith("[") and start[1:].lstrip().startswith(("{", "[")):
        raise UnknownFormat(
            file=path.name, found="one JSON array; write one object a line, as with jq -c '.[]'"
        )
    return "json" if start.startswith("{") else "text"

"""Which format a file has, by its content: names and extensions lie."""

from __future__ import annotations

import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from evergrove.ingest.sources.encoding import escaped, guess_encoding
from evergrove.ingest.sources.errors import (
    CannotOpen,
    EmptyFile,
    FileMissing,
    IsFolder,
    PackedFile,
    UnknownFormat,
)
from evergrove.ingest.sources.text_lines import byte_chunks, is_packed

if TYPE_CHECKING:
    from pathlib import Path

Format = Literal["text", "json lines", "json array", "workbook", "parquet"]

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN = (
    (b"%PDF", "PDF"),
    (b"SQLite format 3", "SQLite"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"ORC", "ORC"),
    (b"Obj\x01", "Avro"),
    (b"ARROW1", "Arrow"),
    (b"\x80\x04\x95", "pickle"),
)
_PACKED = (
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"BZh", "BZ2"),
    (b"\xfd7zXZ", "XZ"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
)
_TABLES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xls", ".gz")
_LONGEST_NAME = 80
_HEAD_BYTES = 4_096


def detect_format(path: Path) -> Format:
    """
    Tell the format from the first bytes.

    Raises:
        FileMissing, IsFolder: It is not there, or is a folder.
        CannotOpen: It is no regular file, or not readable.
        EmptyFile: It has no bytes.
        PackedFile: It is an archive with tables in it, or a binary table packed as GZ.
        UnknownFormat: Its content is something else.
    """
    check_is_file(path)
    head = next(iter(byte_chunks(path)), b"")[:_HEAD_BYTES]
    if not head:
        raise EmptyFile(file=path.name)
    binary = _binary(path, head)
    if binary is not None:
        if is_packed(path):
            raise PackedFile(file=path.name, format="GZ (binary)", example="orders.xlsx")
        return binary
    return _textual(path, head)


def check_is_file(path: Path) -> None:
    """
    Look whether there is a file at all, and not into it.

    Raises:
        FileMissing, IsFolder: It is not there, or is a folder.
        CannotOpen: It is no regular file.
    """
    if path.is_dir():
        raise IsFolder(file=str(path))
    if not path.exists():
        raise FileMissing(file=str(path))
    if not path.is_file():  # a pipe can be read once; finding out how a file is written takes more
        raise CannotOpen(file=str(path), reason="pipe")


def _binary(path: Path, head: bytes) -> Format | None:
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(_OLE):
        return "workbook"
    if head.startswith(b"PK\x03\x04"):
        if not zipfile.is_zipfile(path) or _is_workbook(path):
            return "workbook"
        raise _zipped(path)
    for magic, found in _PACKED:
        if head.startswith(magic):
            raise PackedFile(file=path.name, format=found, example="orders.csv")
    for magic, found in _FOREIGN:
        if head.startswith(magic):
            raise UnknownFormat(file=path.name, found=found)
    return None


def _zipped(path: Path) -> UnknownFormat | PackedFile:
    """Why a ZIP archive is refused: it holds tables to unpack, or is a document of some program."""
    with zipfile.ZipFile(path) as archive:
        tables = [name for name in archive.namelist() if name.lower().endswith(_TABLES)]
    if not tables:
        return UnknownFormat(file=path.name, found="ZIP")
    return PackedFile(
        file=path.name, format="ZIP", example=escaped(PurePosixPath(tables[0]).name)[:_LONGEST_NAME]
    )


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return True  # cut off: the workbook reader says so


def _textual(path: Path, head: bytes) -> Format:
    text = head.decode(guess_encoding(lambda: [head]).codec, "replace").lstrip("\ufeff \t\r\n")
    if text.count("\x00") + text.count("\ufffd") > len(text) // 4 + 1:
        raise UnknownFormat(file=path.name, found="binary")
    start = text[:200].lower()
    if start.startswith(("<!doctype html", "<html", "<table", "<?xml", "<meta", "<head")):
        raise UnknownFormat(file=path.name, found="HTML/XML")
    if start.startswith("["):
        inside = start[1:].lstrip()
        if inside.startswith("["):
            raise UnknownFormat(file=path.name, found="JSON: [[...]]")
        if inside.startswith("{") or inside.strip() == "]":
            return "json array"
    return "json lines" if start.startswith("{") else "text"

"""Archives of tables: unpacked piece by piece, bounded in every respect, and nothing outside of one folder."""

from __future__ import annotations

import errno
import lzma
import os
import re
import stat
import zipfile
import zlib
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from evergrove.core import InputError, _
from evergrove.ingest.sources.encoding import escaped
from evergrove.ingest.sources.errors import ArchiveTooLarge, DamagedFile, EmptyFile
from evergrove.ingest.sources.text_lines import CHUNK_BYTES, RATIO_LIMIT, UNPACKED_FREE, UNPACKED_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_MEMBERS = 1_000
_DIRECTORY_BYTES = 64 << 20
"""Of a ZIP's table of contents: it is read into memory before a member is seen."""
ZIP, ZSTD = b"PK\x03\x04", b"\x28\xb5\x2f\xfd"
_TABLES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xls")
_PACKED = (b"\x1f\x8b", ZSTD, b"Rar!", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ")
_PACKED_NAMES = (".zip", ".gz", ".zst", ".rar", ".7z", ".bz2", ".xz", ".tar", ".tgz")
_LITTER = ("__MACOSX", ".")
_ODD = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
_LONGEST_NAME = 150
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    UnicodeDecodeError,  # a name that says it is UTF-8
    NotImplementedError,  # a way of packing, or of locking, that zipfile does not know
)


class ArchiveLocked(InputError):
    """An archive that a password protects."""

    code = "ingest.archive_locked"
    message = _("{file} is locked by a password.")
    hint = _("Unpack it yourself and give what is in it; no password is asked for here.")


class ArchiveNested(InputError):
    """An archive in an archive."""

    code = "ingest.archive_nested"
    message = _("{file} holds another archive: {member}.")
    hint = _("Unpack the outer one and give the tables themselves.")


class ArchiveUnsafe(InputError):
    """A member's name leads out of the folder, or it is a link."""

    code = "ingest.archive_unsafe"
    message = _(
        "{file} was made to write elsewhere: its member {member} leads out of the folder or is a link."
    )
    hint = _("Nothing was unpacked. Ask where the file comes from.")


class TooManyMembers(InputError):
    """More files in an archive than any export has."""

    code = "ingest.too_many_members"
    message = _("{file} holds {members} files; at most {limit} are unpacked.")
    hint = _("Unpack it yourself and give the tables.")


class NoTables(InputError):
    """An archive without a table."""

    code = "ingest.no_tables"
    message = _("{file} is an archive without a table in it.")
    hint = _("Pack files that end in .csv, .tsv, .txt, .json, .jsonl, .parquet, .xlsx or .xls.")


def may_be_archive(path: Path) -> bool:
    """Whether the first bytes are those of an archive that is unpacked here; a workbook's are the same."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(4) in (ZIP, ZSTD)


def unpack(path: Path, folder: Path) -> list[Path] | None:
    """
    Unpack the tables of an archive.

    Args:
        path: ZIP or Zstandard; GZ is read as it is by the reader of texts.
        folder: Empty; every table gets a folder of its own in it, and keeps its name.

    Returns:
        The tables in the archive's order, dated like it; None where the file is no archive.

    Raises:
        ArchiveLocked, ArchiveNested, ArchiveUnsafe, TooManyMembers, ArchiveTooLarge, NoTables, DamagedFile: What it
            was made for cannot be told, or is told all too well. What was unpacked until then is to be deleted.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
    if head == ZSTD:
        return [_unpacked_zstd(path, folder)]
    if head != ZIP:
        return None
    try:
        _check_directory(path)
        with zipfile.ZipFile(path) as archive:
            if "[Content_Types].xml" in archive.NameToInfo:
                return None
            return _unpacked_zip(path, archive, folder)
    except _DAMAGED as error:
        raise DamagedFile(file=path.name, format="ZIP", reason=str(error)[:200]) from error
    except OSError as error:
        # What bz2 finds damaged has no number; EINVAL is an offset that lies outside of any file.
        if error.errno not in (None, errno.EINVAL):
            raise  # the disk's fault
        raise DamagedFile(file=path.name, format="ZIP", reason=str(error)[:200]) from error


def _check_directory(path: Path) -> None:
    """The end of a ZIP says how long its table of contents is."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, size - 66_000))
        end = stream.read()
    at = end.rfind(b"PK\x05\x06")
    if at >= 0 and int.from_bytes(end[at + 12 : at + 16], "little") > _DIRECTORY_BYTES:
        members = int.from_bytes(end[at + 10 : at + 12], "little")
        raise TooManyMembers(file=path.name, members=members, limit=MOST_MEMBERS)


def _unpacked_zip(path: Path, archive: zipfile.ZipFile, folder: Path) -> list[Path]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > MOST_MEMBERS:
        raise TooManyMembers(file=path.name, members=len(members), limit=MOST_MEMBERS)
    for member in members:
        _check_member(path, member)
    tables = [member for member in members if _is_table(member.filename)]
    if not tables:
        raise NoTables(file=path.name)
    limit = _Limit(path)
    found = []
    for nth, member in enumerate(tables):
        target = _target(folder, nth, member.filename)
        with archive.open(member) as stream:
            _write(path, iter(partial(stream.read, CHUNK_BYTES), b""), target, limit)
        found.append(target)
    return found


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    name = member.filename
    shown = escaped(name)[:_LONGEST_NAME]
    parts = PurePosixPath(name.replace("\\", "/")).parts
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if is_link or ".." in parts or name.startswith(("/", "\\")) or (parts and parts[0].endswith(":")):
        raise ArchiveUnsafe(file=path.name, member=shown)
    if member.flag_bits & 0x1:
        raise ArchiveLocked(file=path.name)
    if name.lower().endswith(_PACKED_NAMES):
        raise ArchiveNested(file=path.name, member=shown)


def _is_table(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return name.lower().endswith(_TABLES) and not any(part.startswith(_LITTER) for part in parts)


def _unpacked_zstd(path: Path, folder: Path) -> Path:
    import pyarrow as pa  # noqa: PLC0415 -- only this format needs it

    target = _target(folder, 0, path.stem if path.suffix.lower() in (".zst", ".zstd") else path.name)
    try:
        with pa.OSFile(str(path)) as raw, pa.CompressedInputStream(raw, "zstd") as stream:
            _write(path, iter(lambda: bytes(stream.read(CHUNK_BYTES)), b""), target, _Limit(path))
    except (OSError, pa.ArrowInvalid) as error:
        if getattr(error, "errno", None):
            raise
        raise DamagedFile(file=path.name, format="Zstandard", reason=str(error)[:200]) from error
    if not target.stat().st_size:
        raise EmptyFile(file=path.name)
    return target


class _Limit:
    """How much an archive may still grow to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._packed = max(path.stat().st_size, 1)
        self._total = 0

    def take(self, size: int) -> None:
        """Count further bytes."""
        self._total += size
        is_bomb = self._total > UNPACKED_FREE and self._total > RATIO_LIMIT * self._packed
        if is_bomb or self._total > UNPACKED_LIMIT:
            limit = f"{UNPACKED_LIMIT >> 30} GB"
            raise ArchiveTooLarge(file=self._path.name, limit=limit, ratio=RATIO_LIMIT)


def _write(path: Path, chunks: Iterator[Any], target: Path, limit: _Limit) -> None:
    """Write a member; its date is the archive's, so that versions are judged alike whenever it is unpacked."""
    with target.open("xb") as out:
        for nth, chunk in enumerate(chunks):
            if nth == 0 and (chunk.startswith(_PACKED) or _is_zip_of_files(chunk, target)):
                raise ArchiveNested(file=path.name, member=target.name)
            limit.take(len(chunk))
            out.write(chunk)
    modified = path.stat().st_mtime_ns
    os.utime(target, ns=(modified, modified))


def _is_zip_of_files(chunk: bytes, target: Path) -> bool:
    """Whether a member is a ZIP that does not even claim to be a workbook; the workbook's reader judges the others."""
    return chunk.startswith(ZIP) and target.suffix.lower() not in (".xlsx", ".xls")


def _target(folder: Path, nth: int, name: str) -> Path:
    own = folder / f"{nth:04}"
    own.mkdir(mode=0o700)
    plain = PurePosixPath(name.replace("\\", "/")).name
    return own / (_ODD.sub("_", escaped(plain))[-_LONGEST_NAME:] or "table")

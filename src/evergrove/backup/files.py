"""Which files of a warehouse a ledger names, and copying them with their digests looked at."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.backup.errors import NoRoom
from evergrove.backup.types import WAREHOUSE, SavedFile
from evergrove.core import flush_folder
from evergrove.warehouse.tables import generation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from evergrove.backup.tape import Sink

CHUNK = 2**20
SPARE_MB = 64
UNFINISHED = ".unfinished"
"""Stands in a folder of ours that is still being filled: what bears it may be deleted, nothing else ever is."""
DAY_S = 86_400


def named_by(connection: Connection) -> tuple[SavedFile, ...]:
    """The files that the generations of a ledger name, by path; of one path with two digests both."""
    manifests = connection.execute(select(generation.c.manifest)).scalars()
    found = {
        SavedFile(f"{WAREHOUSE}/{file['path']}", str(file["sha256"]), int(file["bytes"]), int(file["rows"]))
        for manifest in manifests
        for file in manifest["files"]
    }
    return tuple(sorted(found, key=lambda file: (file.path, file.sha256)))


class Damaged(Exception):
    """Bytes are not those that were written."""


def pour(parts: Iterable[bytes], file: SavedFile, sink: Sink) -> None:
    """
    Pass bytes on that are to be those of a file.

    Raises:
        Damaged: They are not; some may have been passed on.
    """
    found, size = hashlib.sha256(), 0
    for part in parts:
        size += len(part)
        if size > file.bytes:
            raise Damaged
        found.update(part)
        sink.write(part)
    if size != file.bytes or found.hexdigest() != file.sha256:
        raise Damaged


def parts_of(path: Path) -> Iterator[bytes]:
    """The bytes of a plain file; a link is not followed, nor is anything else opened."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as stream:
        while part := stream.read(CHUNK):
            yield part


def saved(path: Path, name: str) -> SavedFile:
    """What a manifest says of a file that is there."""
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    return SavedFile(name, found, path.stat().st_size)


def write_file(path: Path, parts: Iterable[bytes], file: SavedFile) -> None:
    """
    Write a new file that only its owner may read, onto the disk.

    Raises:
        Damaged: The bytes are not those of the file.
    """
    for folder in reversed([parent for parent in path.parents if not parent.exists()]):
        folder.mkdir(mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        pour(parts, file, stream)
        stream.flush()
        os.fsync(stream.fileno())


def flush_tree(folder: Path) -> None:
    """Have the names of all files below a folder put on the disk."""
    for below in (path for path in folder.rglob("*") if path.is_dir()):
        flush_folder(below)
    flush_folder(folder)


def require_room(where: Path, bytes_: int) -> None:
    """
    Refuse what would fill the disk.

    Raises:
        NoRoom: So much is not free.
    """
    free = shutil.disk_usage(where).free
    needed = bytes_ + SPARE_MB * 2**20
    if free < needed:
        raise NoRoom(needed=needed // 2**20, where=str(where), free=free // 2**20)


@contextmanager
def draft_beside(path: Path) -> Iterator[Path]:
    """
    A new folder of our own on the same disk as what it is to become; gone when the block ends, if still there.

    What killed processes left beside the same path is deleted a day later.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{_escaped(path.name)}.*.part"):
        if (left / UNFINISHED).exists() and left.stat().st_mtime < time.time() - DAY_S:
            shutil.rmtree(left, ignore_errors=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    draft.mkdir(mode=0o700)
    try:
        (draft / UNFINISHED).touch(mode=0o600)
        yield draft
    finally:
        if (draft / UNFINISHED).exists():
            shutil.rmtree(draft, ignore_errors=True)


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)

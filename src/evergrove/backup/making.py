"""Making a backup: one moment of a workspace, whole or not at all, while others go on writing."""

from __future__ import annotations

import json
import platform
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from evergrove.backup.checking import check_ledger_file
from evergrove.backup.errors import (
    BackupExists,
    BackupInside,
    EncryptedFolder,
    NotWrittenBackup,
    SourceDamaged,
)
from evergrove.backup.files import (
    Damaged,
    draft_beside,
    flush_tree,
    named_by,
    parts_of,
    pour,
    require_room,
    saved,
    write_file,
)
from evergrove.backup.ledger_copy import copy_ledger, counts_of, opened_copy
from evergrove.backup.tape import Tape, compressing
from evergrove.backup.types import LEDGER, MANIFEST, SETTINGS, Manifest, SavedFile
from evergrove.core import __version__, flush_folder, reason_of
from evergrove.core.failpoints import failpoint
from evergrove.ledger import schema_of
from evergrove.pipeline.tables import workspace
from evergrove.warehouse import write_durably
from evergrove.warehouse.durable import flush_file
from evergrove.warehouse.errors import NotWritable
from evergrove.warehouse.tables import snapshot

if TYPE_CHECKING:
    from evergrove.backup.encryption import Secret
    from evergrove.backup.tape import Sink
    from evergrove.ledger import Ledger

PACKED, PLAIN, SEALED = ".tar.zst", ".tar", ".sealed"
NOTE, NOTE_FORMAT = "last_backup.json", "evergrove.last_backup/1"
"""File of a workspace in which doctor finds its newest backup."""


@dataclass(frozen=True)
class Made:
    """
    A backup that was made.

    Attributes:
        to: Where it is.
        manifest: What it holds.
        bytes: Its size: less than its files' where it is packed.
    """

    to: Path
    manifest: Manifest
    bytes: int


def back_up(folder: Path, ledger: Ledger, to: Path, now: datetime, *, secret: Secret | None = None) -> Made:
    """
    Save a workspace: ledger, the warehouse files that it names, and evergrove.toml.

    Not the master key, nor rejected rows and files that wait in the inbox. The ledger is copied first and at one
    moment; the files that the copy names never change, and stay for a day after the last snapshot lets go of them.

    Args:
        folder: Of the workspace.
        ledger: Of the workspace, of whichever schema.
        to: A new ``.tar.zst`` or ``.tar``, a new folder, or an existing folder of backups.
        now: The present moment.
        secret: Encrypts the archive, and opens it again; None: it is written as it is.

    Raises:
        BackupExists, BackupInside, EncryptedFolder: It cannot go there.
        SourceDamaged: A file of the warehouse is missing or damaged.
        DamagedBackup: The ledger is; nothing was written.
        NotWrittenBackup, NoRoom: The disk refused; nothing was left.
    """
    target = _target(folder, to.absolute(), now, secret)
    try:
        with draft_beside(target) as draft:
            made = _write(folder, ledger, draft, target, now, secret)
    except OSError as error:
        raise NotWrittenBackup(to=str(target), reason=reason_of(error)) from error
    _note(folder, made, now)
    return made


def _target(folder: Path, to: Path, now: datetime, secret: Secret | None) -> Path:
    if to.resolve().is_relative_to(folder.resolve()):
        raise BackupInside(to=str(to), folder=str(folder))
    if to.is_dir() and not (to / MANIFEST).exists():
        ending = f"{PACKED}{SEALED}" if secret is not None else PACKED
        to /= f"{folder.resolve().name}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}{ending}"
    if to.exists() or to.is_symlink():
        raise BackupExists(to=str(to))
    if secret is not None and not _is_archive(to):
        raise EncryptedFolder(to=str(to))
    return to


def _is_archive(to: Path) -> bool:
    return to.name.removesuffix(SEALED).endswith((PACKED, PLAIN))


def _write(
    folder: Path, ledger: Ledger, draft: Path, target: Path, now: datetime, secret: Secret | None
) -> Made:
    """Fill the draft, and give the backup its name: until then nothing looks like one."""
    ours = draft / "content"
    ours.mkdir(mode=0o700)
    settings = (folder / SETTINGS).read_bytes()
    copy_ledger(ledger, ours / LEDGER)
    (ours / SETTINGS).touch(mode=0o600)
    (ours / SETTINGS).write_bytes(settings)
    check_ledger_file(ours / LEDGER, target)
    manifest = _manifest(ours, ledger.dialect, now)
    require_room(draft, manifest.size)
    if _is_archive(target):
        whole = draft / "archive"
        zstd = target.name.removesuffix(SEALED).endswith(PACKED)
        _pack(folder, ours, whole, manifest, zstd=zstd, secret=secret)
    else:
        whole = ours
        _fill(folder, ours, manifest)
    failpoint("backup.written")
    if target.exists():  # since we have looked
        raise BackupExists(to=str(target))
    size = manifest.size if whole is ours else whole.stat().st_size
    whole.rename(target)
    flush_folder(target.parent)
    failpoint("backup.named")
    return Made(target, manifest, size)


def _manifest(ours: Path, dialect: str, now: datetime) -> Manifest:
    with opened_copy(ours / LEDGER) as copied, copied.reading() as connection:
        runs = select(func.max(snapshot.c.as_of)).where(snapshot.c.kind == "run")
        night = connection.execute(runs).scalar()
        name = str(connection.execute(select(workspace.c.id)).scalar_one())
        schema, rows, files = schema_of(connection), counts_of(connection), named_by(connection)
    own = (saved(ours / SETTINGS, SETTINGS), saved(ours / LEDGER, LEDGER))
    return Manifest(
        workspace=name,
        made_at=now.astimezone(UTC),
        dialect=dialect,
        schema=schema,
        rows=rows,
        files=(*own, *files),
        night=None if night is None else night.isoformat(),
        versions={
            "evergrove": __version__,
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
        },
    )


def _pack(
    folder: Path, ours: Path, whole: Path, manifest: Manifest, *, zstd: bool, secret: Secret | None
) -> None:
    moment, content = manifest.made_at.timestamp(), manifest.written()
    whole.touch(mode=0o600)
    with whole.open("wb") as raw, compressing(raw, zstd=zstd, secret=secret) as sink:
        tape = Tape(sink)
        tape.add(MANIFEST, len(content), moment, lambda it: it.write(content))
        for file in manifest.files:
            tape.add(file.path, file.bytes, moment, partial(_pour_from, folder, ours, file))
        tape.finish()
    flush_file(whole)


def _pour_from(folder: Path, ours: Path, file: SavedFile, sink: Sink) -> None:
    path = (folder if file.rows is not None else ours) / file.path
    try:
        pour(parts_of(path), file, sink)
    except (FileNotFoundError, Damaged) as error:
        raise SourceDamaged(path=file.path) from error


def _fill(folder: Path, ours: Path, manifest: Manifest) -> None:
    for file in manifest.warehouse:
        try:
            write_file(ours / file.path, parts_of(folder / file.path), file)
        except (FileNotFoundError, Damaged) as error:
            raise SourceDamaged(path=file.path) from error
    for name in (SETTINGS, LEDGER):
        flush_file(ours / name)
    content = manifest.written()
    (ours / MANIFEST).touch(mode=0o600)
    (ours / MANIFEST).write_bytes(content)
    flush_file(ours / MANIFEST)
    flush_tree(ours)


@dataclass(frozen=True)
class Noted:
    """What a workspace knows of its newest backup."""

    at: datetime
    to: Path
    bytes: int


def newest_noted(folder: Path) -> Noted | None:
    """The newest backup of a workspace, as it was noted; None where none is."""
    try:
        said = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        return Noted(datetime.fromisoformat(said["at"]), Path(str(said["to"])), int(said["bytes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _note(folder: Path, made: Made, now: datetime) -> None:
    """For doctor. The backup stands, so that a workspace on a read-only disk is no reason to fail."""
    said = {
        "format": NOTE_FORMAT,
        "at": now.astimezone(UTC).isoformat(),
        "to": str(made.to),
        "bytes": made.bytes,
    }
    with suppress(NotWritable):
        write_durably(folder / NOTE, lambda part: part.write_text(json.dumps(said) + "\n", encoding="utf-8"))

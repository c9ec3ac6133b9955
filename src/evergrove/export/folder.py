"""A folder of results, replaced whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from evergrove.core import Term, _, reason_of
from evergrove.export.types import FolderNotWritable, ForeignFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MANIFEST = "summary.json"


def written_before(folder: Path) -> set[str]:
    """Paths inside ``folder`` that an earlier run wrote, by its own account."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    is_ours = isinstance(manifest, dict) and str(manifest.get("format", "")).startswith("evergrove.")
    return set(manifest.get("files", ())) if is_ours else set()


def check_replaceable(folder: Path) -> None:
    """
    Refuse a folder that holds anything a person or another program put there.

    Raises:
        ForeignFiles: Some file was not written by an earlier run.
        FolderNotWritable: The path is a file, or nobody may write beside it.
    """
    if folder.is_file():
        raise FolderNotWritable(folder=str(folder), reason=Term(_("it is a file")))
    beside = next(parent for parent in folder.absolute().parents if parent.exists())
    if not beside.is_dir() or not os.access(beside, os.W_OK | os.X_OK):
        # Told before the work, not after it; what only shows in the attempt is told by ``replaced``.
        raise FolderNotWritable(folder=str(folder), reason=reason_of(PermissionError(errno.EACCES, "")))
    if not folder.exists():
        return
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()}
    foreign = sorted(present - written_before(folder))
    if foreign:
        raise ForeignFiles(folder=str(folder), count=len(foreign), example=foreign[0])


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """
    Hand out an empty folder; when the block ends well it takes the place of ``folder``, and has its rights.

    A new one is its owner's alone. The new folder is complete and on disk before the old one steps aside; when the block fails, the old
    one was never touched. Between the two renames a crash leaves the old folder under ``.<name>.before``,
    from where the next run brings it back.
    """
    folder = folder.absolute()
    fresh = folder.with_name(f".{folder.name}.fresh")
    before = folder.with_name(f".{folder.name}.before")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if before.exists() and not folder.exists():
            before.rename(folder)
        check_replaceable(folder)
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)  # lists of customers with what was known of them
        if folder.is_dir():
            fresh.chmod(stat.S_IMODE(folder.stat().st_mode))
    except OSError as error:
        raise FolderNotWritable(folder=str(folder), reason=reason_of(error)) from error
    try:
        yield fresh
        _settle(fresh)
        if folder.exists():
            shutil.rmtree(before, ignore_errors=True)
            folder.rename(before)
        fresh.rename(folder)
        shutil.rmtree(before, ignore_errors=True)
    except OSError as error:
        raise FolderNotWritable(folder=str(folder), reason=reason_of(error)) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def files_in(folder: Path) -> list[str]:
    """All files below a folder, as the manifest names them."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def _settle(folder: Path) -> None:
    """Bring every file of a folder to the disk, so that a power cut leaves no half of it."""
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDWR)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

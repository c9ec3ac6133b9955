"""Room for files that are sent: how much they may take in all, and how much of the disk they leave to everything else."""

from __future__ import annotations

import re
import shutil
import time
from typing import TYPE_CHECKING

from evergrove.core import InputError, _
from evergrove.pipeline.uploads import INBOX

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app.workspace import Workspace

MB = 1_000_000
DEAD_S = 2 * 3600
"""A body may take an hour at most: a part that nobody has touched for so long is of a process that was killed."""
_PART = re.compile(r"\.[0-9a-f]{32}\.part")


class UploadsFull(InputError):
    """Files that were sent take as much as they may; a face answers 507."""

    code = "app.uploads_full"
    message = _("Files that were sent take {taken} MB, and may take {most} MB together with this one.")
    hint = _(
        "Nothing was stored. Delete what is needed no more from inbox/done and inbox/refused, or raise uploads_mb in the "
        "section [server] of evergrove.toml; what was taken in goes by itself after 30 days."
    )


class DiskReserved(InputError):
    """What is left of the disk is kept for the ledger and the nightly run; a face answers 507."""

    code = "app.disk_reserved"
    message = _("The disk has {free} MB left, of which {reserve} MB are kept free.")
    hint = _(
        "Nothing was stored. Make room on the disk, or lower disk_reserve_mb in the section [server] of evergrove.toml."
    )


def check_room(here: Workspace, coming: int) -> None:
    """
    Refuse what there is no room for; parts of files that nobody sends any more are deleted first.

    Args:
        here: The workspace.
        coming: Bytes that are still to come, as far as that is known.

    Raises:
        UploadsFull: Files that were sent would take more than they may.
        DiskReserved: Less of the disk would be left than is kept free.
    """
    chosen = here.settings.server
    drop_dead_parts(here.folder, time.time() - DEAD_S)
    taken = sum(_size(path) for path in (here.folder / INBOX).rglob("*"))
    if taken + coming > chosen.uploads_mb * MB:
        raise UploadsFull(taken=taken // MB, most=chosen.uploads_mb)
    free = shutil.disk_usage(here.folder).free
    if free - coming < chosen.disk_reserve_mb * MB:
        raise DiskReserved(free=free // MB, reserve=chosen.disk_reserve_mb)


def drop_dead_parts(folder: Path, before_s: float) -> int:
    """Delete parts of files that were not touched since a moment, in seconds of the epoch; how many."""
    parts = (path for path in (folder / INBOX).glob(".*.part") if _PART.fullmatch(path.name))
    dead = [path for path in parts if _touched_s(path) < before_s]
    for path in dead:
        path.unlink(missing_ok=True)
    return len(dead)


def _size(path: Path) -> int:
    try:
        return 0 if path.is_dir() else path.lstat().st_size
    except OSError:  # gone meanwhile
        return 0


def _touched_s(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:  # gone meanwhile
        return float("inf")

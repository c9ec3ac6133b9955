"""
Writing a file so that it is there whole after a power cut, or not at all.

The order is: written under another name, flushed, renamed, its folder flushed. Only then may a row name it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from evergrove.core import reason_of
from evergrove.core.failpoints import failpoint
from evergrove.core.platform import flush_folder
from evergrove.warehouse.errors import NotWritable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PART = ".part"
"""Ending of a file that is being written; what bears it after a crash is swept."""


def write_durably(path: Path, fill: Callable[[Path], object]) -> None:
    """
    Make a file appear under its name with all of its bytes on the disk.

    Args:
        path: Where it is to be; one that is there is replaced in one step.
        fill: Writes the content into the empty file it is called with, which only its owner may read.

    Raises:
        NotWritable: The system refused; nothing stands under the name that did not stand there before.
    """
    part = path.with_name(path.name + PART)
    try:
        make_folder(path.parent)
        part.unlink(missing_ok=True)
        part.touch(mode=0o600, exist_ok=False)
        fill(part)
        flush_file(part)
        failpoint("warehouse.file_written")
        os.replace(part, path)  # noqa: PTH105 -- the kill sweep counts calls of os.replace and os.fsync
        flush_folder(path.parent)
    except OSError as error:
        raise NotWritable(path=str(path), reason=reason_of(error)) from error
    finally:
        with suppress(OSError):  # what broke off says why; a part that stays is swept
            part.unlink(missing_ok=True)
    failpoint("warehouse.file_durable")


def make_folder(folder: Path) -> None:
    """Make a folder that is still there after a power cut; only its owner may look into it."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    flush_folder(folder.parent)


def flush_file(path: Path) -> None:
    """Have a file's bytes put on the disk."""
    with path.open("r+b") as stream:  # Windows flushes only what is open for writing
        os.fsync(stream.fileno())

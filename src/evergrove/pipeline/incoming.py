"""A private folder for what is on its way into a workspace: answers of databases, unpacked archives, parsed files."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from evergrove.core import reason_of
from evergrove.pipeline.uploads import INBOX
from evergrove.warehouse import NotWritable
from evergrove.warehouse.durable import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

WORK = ".work"
_MARK = "-"


@contextmanager
def work_folder(workspace: Path) -> Iterator[Path]:
    """
    An empty folder of one process, for its owner's eyes only, gone at the end.

    It lies under the inbox, so that erasing a person reaches what a killed process has left, and on the same disk as
    the workspace. What killed processes have left is swept whenever one is made.

    Raises:
        NotWritable: The disk refused.
    """
    folder = workspace / INBOX / WORK
    try:
        make_folder(folder)
        sweep_work(workspace)
        path = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}{_MARK}", dir=folder))
    except OSError as error:
        raise NotWritable(path=str(folder), reason=reason_of(error)) from error
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def sweep_work(workspace: Path) -> int:
    """Delete what processes that are no more have left; how many folders."""
    found = [path for path in sorted((workspace / INBOX / WORK).glob("*")) if not _is_alive(path)]
    for path in found:
        shutil.rmtree(path, ignore_errors=True)
    return len(found)


def _is_alive(path: Path) -> bool:
    """Whether the process that made a folder may still be at work."""
    pid = path.name.partition(_MARK)[0]
    if not pid.isdecimal():
        return False
    if os.name == "nt":  # asking would end it there
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

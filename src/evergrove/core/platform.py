"""What differs between operating systems."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from evergrove.core.errors import InputError
from evergrove.core.messages import _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

WINDOWS = sys.platform == "win32"


class InUse(InputError):
    """Another process is at work where only one may be."""

    code = "core.in_use"
    message = _("Another evergrove command is at work in {folder}.")
    hint = _("Wait until it has ended and run this one again; nothing was changed.")


def configuration_folder() -> Path:
    """Where a user's programs keep what belongs to the user, not to the data."""
    if WINDOWS:
        return Path(os.environ.get("APPDATA", Path.home() / "AppData" / "Roaming")) / "evergrove"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "evergrove"


@contextmanager
def sole_owner(path: Path) -> Iterator[None]:
    """
    Hold a lock file for the length of a ``with`` block; the system frees it however the process ends.

    Raises:
        InUse: Another process holds it.
    """
    with path.open("a+b") as lock:
        try:
            _lock(lock)
        except OSError as error:
            raise InUse(folder=str(path.parent)) from error
        yield


if sys.platform == "win32":

    def _lock(lock: IO[bytes]) -> None:
        import msvcrt  # noqa: PLC0415 - exists on this system only

        lock.seek(0)
        msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)

else:

    def _lock(lock: IO[bytes]) -> None:
        import fcntl  # noqa: PLC0415 - exists on these systems only

        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

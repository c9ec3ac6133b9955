"""What differs between operating systems."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evergrove.core.errors import InputError
from evergrove.core.messages import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

WINDOWS = sys.platform == "win32"
AT_FDCWD, EXCHANGE = -100, 2  # of linux/fcntl.h and linux/fs.h; macOS calls the latter RENAME_SWAP


class InUse(InputError):
    """Another process is at work where only one may be."""

    code = "core.in_use"
    message = _("Another evergrove command is at work in {folder}.")
    hint = _("Wait until it has ended and run this one again; nothing was changed.")


def processors() -> int:
    """How many processors this process may use, which can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def allow_files(count: int) -> None:
    """Let this process hold so many files and connections open, as far as the system lets a process decide that."""
    if WINDOWS:
        return
    import resource  # noqa: PLC0415 - exists on the other systems only

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        most = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def configuration_folder() -> Path:
    """Where a user's programs keep what belongs to the user, not to the data."""
    if WINDOWS:
        return Path(os.environ.get("APPDATA", Path.home() / "AppData" / "Roaming")) / "evergrove"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "evergrove"


def write_private(path: Path, text: str) -> None:
    """
    Write a new file that only its owner may read, durably.

    It is created with its final rights, so that there is no moment at which somebody else could read it; what
    is there already, a link above all, is neither followed nor overwritten.

    Raises:
        OSError: The system refused; ``FileExistsError`` where something is there.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def flush_folder(folder: Path) -> None:
    """Have a folder's list of names put on the disk."""
    if WINDOWS:  # it keeps them itself, and opens no folder
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def swap(one: Path, other: Path) -> bool:
    """
    Exchange what two paths name, in one step: at no moment does one of them name nothing.

    Both lie on the same disk. False where the system, or this disk, cannot do it; nothing was changed then.
    """
    libc: Any = ctypes.CDLL(None, use_errno=True) if not WINDOWS else None
    names = os.fsencode(one), os.fsencode(other)
    if hasattr(libc, "renameat2"):  # Linux
        return bool(libc.renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], EXCHANGE) == 0)
    if hasattr(libc, "renamex_np"):  # macOS
        return bool(libc.renamex_np(*names, EXCHANGE) == 0)
    return False


@contextmanager
def sole_owner(path: Path) -> Iterator[None]:
    """
    Hold a lock file for the length of a ``with`` block; the system frees it however the process ends.

    Raises:
        InUse: Another process holds it.
    """
    with open(path, "a+b", opener=_private) as lock:
        try:
            _lock(lock)
        except OSError as error:
            raise InUse(folder=str(path.parent)) from error
        yield


def _private(path: str, flags: int) -> int:
    """Whoever can open the file can hold its lock, and so keep its owner out."""
    return os.open(path, flags, 0o600)


@contextmanager
def memory_peak() -> Iterator[Callable[[], float | None]]:
    """
    By how many megabytes the process's peak memory rises above what it holds now, asked for after the work.

    Nothing is slowed down. None where the system does not tell: what was freed and used again is not counted.
    """
    before = _start_peak()

    def risen() -> float | None:
        peak = _peak_mb()
        return None if before is None or peak is None else max(peak - before, 0.0)

    yield risen


PROCESS = Path("/proc/self")
RESET_PEAK = "5"  # Linux: the peak falls to what is resident now


def _start_peak() -> float | None:
    """What counts as nothing: resident memory where the peak can be reset, else the peak so far."""
    with suppress(OSError):
        (PROCESS / "clear_refs").write_text(RESET_PEAK, encoding="ascii")
    return _peak_mb()


def _peak_mb() -> float | None:
    try:
        lines = (PROCESS / "status").read_text(encoding="utf-8").splitlines()
        return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return _usage_mb()


if sys.platform == "win32":

    def _usage_mb() -> float | None:
        return None  # not without a package of its own

    def _lock(lock: IO[bytes]) -> None:
        import msvcrt  # noqa: PLC0415 - exists on this system only

        lock.seek(0)
        msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)

else:

    def _usage_mb() -> float | None:
        import resource  # noqa: PLC0415 - exists on these systems only

        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return used / 2**20 if sys.platform == "darwin" else used / 2**10

    def _lock(lock: IO[bytes]) -> None:
        import fcntl  # noqa: PLC0415 - exists on these systems only

        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

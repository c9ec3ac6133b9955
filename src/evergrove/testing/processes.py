"""Children of a warm parent: forked in milliseconds, ended without ceremony, their complaints brought home."""

from __future__ import annotations

import os
import signal
import traceback
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT_S = 60


class ChildFailed(AssertionError):
    """A child raised, or did not end in time; the message holds its traceback."""


@dataclass
class Child:
    """A forked process that runs one function and ends."""

    pid: int
    complaints: int

    def stop(self) -> None:
        """Pause it wherever it is, and come back when it has."""
        os.kill(self.pid, signal.SIGSTOP)
        os.waitpid(self.pid, os.WUNTRACED)

    def go_on(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def was_killed(self) -> bool:
        """
        Wait for its end; True after a SIGKILL, False when its function returned.

        Raises:
            ChildFailed: It raised, or ran longer than its time.
        """
        with os.fdopen(self.complaints, encoding="utf-8") as stream:
            said = stream.read()
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if code == -signal.SIGALRM:
            raise ChildFailed(f"child {self.pid} did not end in time")
        if code not in {0, -signal.SIGKILL}:
            raise ChildFailed(said or f"child {self.pid} ended with {code}")
        return code != 0


def forked(run: Callable[[], object], timeout_s: int = TIMEOUT_S) -> Child:
    """
    Run a function in a child that shares the parent's imports and nothing else worth keeping.

    The child opens its own files and connections: ``Ledger`` closes its idle ones before the fork, DuckDB
    engines must not be carried over.

    Args:
        run: Called in the child. Its result is dropped.
        timeout_s: Whole seconds after which the system ends the child.
    """
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 warns of other threads, which test runners have: the child never touches theirs.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        os.close(reader)
        _live_and_die(run, writer, timeout_s)
    os.close(writer)
    return Child(pid, reader)


def _live_and_die(run: Callable[[], object], writer: int, timeout_s: int) -> None:
    """What the child does; it leaves by ``os._exit``, so that nothing of the parent is cleaned up twice."""
    code = 1
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(timeout_s)
        run()
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it was, the parent says it
        os.write(writer, traceback.format_exc().encode())
    finally:
        os._exit(code)

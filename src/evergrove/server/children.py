"""The processes beside the one that answers: a worker for jobs, and live value."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack, contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING

from evergrove.app import jobs
from evergrove.app.creation import LEDGER_FILE, SETTINGS_FILE
from evergrove.app.live import live_process
from evergrove.app.workspace import open_workspace
from evergrove.core import SystemClock, watching
from evergrove.ledger import open_ledger
from evergrove.server import job_lines
from evergrove.server.metrics import Sharing
from evergrove.server.observing import observed
from evergrove.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path


NICE = 10
"""A nightly run must not take the processor from those who answer."""


def work(folder: Path, life: Connection, _bell: Connection) -> None:
    """
    Do the jobs of a workspace until SIGTERM.

    Args:
        folder: Of the workspace.
        life: Ends with the process that started this one.
    """
    with jobs.ends_on_signal() as stopping, _child(folder, life, "worker"), open_workspace(folder) as here:
        os.nice(NICE)
        jobs.do_jobs(
            here,
            stopping,
            jobs.Listener(ticked=job_lines.ticked, begun=job_lines.begun, ended=job_lines.ended),
        )


def live(folder: Path, life: Connection, bell: Connection) -> None:
    """
    Work out live values until SIGTERM.

    Args:
        folder: Of the workspace.
        life: Ends with the process that started this one.
        bell: Rung when events were stored.
    """
    with _child(folder, life, "live"):
        live_process(folder, bell)


@contextmanager
def _child(folder: Path, life: Connection, name: str) -> Iterator[None]:
    """A process that is listened to, and ends with its parent."""
    with suppress(ValueError):  # not the main thread: a test's
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the parent ends its children
    Thread(target=_outlive_nobody, args=(life,), name="evergrove-parent", daemon=True).start()
    settings = load_settings(folder / SETTINGS_FILE)
    with ExitStack() as stack:
        own = stack.enter_context(observed(settings.logs, name))
        ledger = open_ledger(settings.workspace.ledger or folder / LEDGER_FILE)
        stack.callback(ledger.close)
        stack.enter_context(Sharing(own, ledger, SystemClock()))
        watching.said("process began", kind=name)
        yield
        watching.said("process ended", kind=name)


def _outlive_nobody(life: Connection) -> None:
    """End when the parent is gone, however it went: its end of the pipe closes with it."""
    with suppress(EOFError, OSError):
        life.recv_bytes()
    os.kill(os.getpid(), signal.SIGTERM)

"""The process of live value: a workspace, the loop, and what it does each minute."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from threading import Event, current_thread, main_thread
from typing import TYPE_CHECKING

from evergrove.app import trail
from evergrove.app.exports import remove_expired
from evergrove.app.workspace import open_workspace
from evergrove.core import watching
from evergrove.core.signalled import set_from_handlers
from evergrove.live.bell import Ear
from evergrove.live.loop import Setting, run_loop
from evergrove.pipeline.compaction import compact_events

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path
    from types import FrameType

    from evergrove.app.workspace import Workspace
    from evergrove.core import Clock


def live_process(folder: Path, bell: Connection | None = None, clock: Clock | None = None) -> None:
    """
    Work out live values until SIGTERM; for a process of its own, started by spawn.

    Args:
        folder: Of the workspace.
        bell: The end to listen at; the other one is for ``live.bell.Ring``. None: it looks by itself.
        clock: What time it is.
    """
    with _ends_on_signal() as stopping, open_workspace(folder, clock) as here:
        run_loop(setting_of(here, bell), stopping)


def setting_of(here: Workspace, bell: Connection | None = None) -> Setting:
    """What the loop of a workspace works with."""
    return Setting(
        ledger=here.ledger,
        warehouse=here.warehouse,
        settings=here.settings,
        clock=here.clock,
        wait=time.sleep if bell is None else Ear(bell).wait,
        chores={
            "compaction": lambda: compact_alone(here),
            "exports": lambda: remove_expired(here),
            "seal": lambda: tend_trail(here),
            "log": lambda: move_log(here),
        },
    )


def tend_trail(here: Workspace) -> None:
    """Seal what was noted, and keep the head of the trail if that was not done today."""
    for each in trail.tend(here):
        watching.said("audit head not kept", level="warning", code=each.code)


def move_log(here: Workspace) -> None:
    """
    Keep the ledger's log short.

    Raises:
        InUse: A run or an import is at work; one process at a time may.
    """
    with here.alone():
        here.ledger.move_log()


def compact_alone(here: Workspace) -> None:
    """
    Take what waits into the facts.

    Raises:
        InUse: A run or an import is at work.
    """
    with here.alone():
        compact_events(here, here.clock)


@contextmanager
def _ends_on_signal() -> Iterator[Event]:
    """An event that SIGTERM sets; outside of the main thread, where signals do not come, one like any other."""
    stopping = Event()
    if current_thread() is not main_thread():
        yield stopping
        return
    with set_from_handlers(stopping) as stop:

        def asked(_number: int, _frame: FrameType | None) -> None:
            stop()

        before = signal.signal(signal.SIGTERM, asked)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: whoever started this process ends it
        try:
            yield stopping
        finally:
            signal.signal(signal.SIGTERM, before)

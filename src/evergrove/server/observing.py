"""A process that is listened to: its lines are written and its figures counted, from before it opens anything."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from evergrove.core.watching import watch
from evergrove.server.logs import start_logs
from evergrove.server.metrics import OwnFigures, Sharing
from evergrove.server.watcher import ServiceWatcher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.app import Workspace
    from evergrove.settings import LogSettings


@contextmanager
def observed(chosen: LogSettings, process: str) -> Iterator[OwnFigures]:
    """
    Listen to this process for the length of a ``with`` block.

    To be entered before the workspace is opened: a ledger that is opened unwatched tells of no statement.

    Args:
        chosen: The section ``[logs]``.
        process: serve, worker or live.

    Raises:
        LogNotWritable: The file of the log cannot be opened.
    """
    own = OwnFigures(process)
    with start_logs(chosen, process):
        over = watch(ServiceWatcher(own, chosen.slow_ms))
        try:
            yield own
        finally:
            over()


@contextmanager
def observed_work(here: Workspace, process: str) -> Iterator[None]:
    """
    Listen to a command that goes on for days, and add its figures to the workspace's.

    Args:
        here: The open workspace.
        process: worker or live.

    Raises:
        LogNotWritable: The file of the log cannot be opened.
    """
    chosen = here.settings.logs
    if sys.stderr.isatty() and not chosen.file:  # the command tells people what it does in sentences
        chosen = replace(chosen, level="warning")
    with observed(chosen, process) as own:
        here.ledger.watch_statements()
        with Sharing(own, here.ledger, here.clock):
            yield

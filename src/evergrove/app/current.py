"""A workspace that stays open while its settings change."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from evergrove.app.creation import SETTINGS_FILE
from evergrove.app.workspace import salted
from evergrove.core import InputError, watching
from evergrove.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.app.workspace import Workspace

EVERY_S = 1.0
"""How often the file is looked at; whoever changes settings sees them in their next answer but one."""


class Current:
    """
    A workspace with the settings of now.

    A file that cannot be read any more changes nothing: the settings that were read last hold, and the log says why.
    What a process takes at its start only (its address, its ledger) stays as it was.

    Args:
        workspace: As it was opened.
        monotonic: Seconds that never go back.
    """

    def __init__(self, workspace: Workspace, monotonic: Callable[[], float]) -> None:
        self._workspace, self._monotonic = workspace, monotonic
        self._path, self._lock = workspace.folder / SETTINGS_FILE, Lock()
        self._seen, self._looked = self._mark(), monotonic()
        self._adjust: Callable[[Workspace], Workspace] = _as_it_is

    @property
    def workspace(self) -> Workspace:
        """The workspace."""
        now = self._monotonic()
        if now - self._looked >= EVERY_S and self._lock.acquire(blocking=False):
            try:
                self._looked = now
                self._look()
            finally:
                self._lock.release()
        return self._workspace

    def adjust(self, change: Callable[[Workspace], Workspace]) -> None:
        """Have the workspace be otherwise than its file says, now and whenever that has changed."""
        with self._lock:
            self._adjust = change
            self._workspace = change(self._workspace)

    def look(self) -> None:
        """Look at the file at once: whoever has just changed it wants to see it."""
        with self._lock:
            self._look()

    def _look(self) -> None:
        mark = self._mark()
        if mark == self._seen:
            return
        self._seen = mark
        try:
            settings = load_settings(self._path)
        except InputError as error:
            watching.said("settings not read", level="warning", exc_info=error)
            return
        read = replace(self._workspace, settings=salted(settings, self._workspace.id))
        self._workspace = self._adjust(read)

    def _mark(self) -> tuple[int, int]:
        try:
            known = self._path.stat()
        except OSError:
            return (0, 0)
        return known.st_mtime_ns, known.st_size


def _as_it_is(here: Workspace) -> Workspace:
    """No change."""
    return here

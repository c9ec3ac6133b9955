"""Keeps the children of a service alive: one that ends by itself comes back, later each time it ends soon."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from evergrove.core import watching
from evergrove.live.bell import Ring

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

FIRST_S, LAST_S = 0.5, 60.0
"""How long a child that ended is waited with: twice as long each time, up to the last."""
STEADY_S = 60.0
"""A child that lived so long has done well, and begins at the first again."""
GRACE_S = 27.0
"""What children are given to end; the worker breaks its job off after 25."""
_LOOK_S = 0.2


@dataclass
class Child:
    """
    One child, and how it has fared.

    Attributes:
        name: In the log.
        target: What it runs: folder, the pipe that ends with us, the bell that we ring.
    """

    name: str
    target: Any
    process: Any = None
    end: Connection | None = None
    ring: Ring | None = None
    begun: float = 0.0
    due: float = 0.0
    pause_s: float = FIRST_S

    def start(self, folder: Path) -> None:
        """Begin it in a new process, which inherits nothing of ours but two ends of pipes."""
        context = multiprocessing.get_context("spawn")
        theirs_life, our_life = context.Pipe(duplex=False)
        theirs_bell, our_bell = context.Pipe(duplex=False)
        process = context.Process(
            target=self.target, args=(folder, theirs_life, theirs_bell), name=f"evergrove-{self.name}"
        )
        try:
            process.start()
        except BaseException:
            for end in (our_life, our_bell):
                end.close()
            raise
        finally:
            theirs_life.close()
            theirs_bell.close()
        self.process, self.end, self.ring = process, our_life, Ring(our_bell)
        self.begun = time.monotonic()

    def ended(self) -> None:
        """Note that it has ended, and when it comes back."""
        if time.monotonic() - self.begun >= STEADY_S:
            self.pause_s = FIRST_S
        self.put_off()
        self.close()

    def put_off(self) -> None:
        """Try again later, and each time later still."""
        self.due = time.monotonic() + self.pause_s
        self.pause_s = min(2 * self.pause_s, LAST_S)

    def close(self) -> None:
        """Let go of a process that has ended, and of our ends of its pipes."""
        if self.ring is not None:
            self.ring.close()
        if self.end is not None:
            self.end.close()
        self.process.close()
        self.process, self.end, self.ring = None, None, None


@dataclass
class Supervisor:
    """
    The children of one service.

    Attributes:
        folder: Of the workspace.
        children: Which there are.
    """

    folder: Path
    children: Sequence[Child]
    _ending: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def start(self) -> None:
        """Begin them all, and watch over them."""
        for each in self.children:
            each.start(self.folder)
        self._thread = Thread(target=self._watch, name="evergrove-supervisor", daemon=True)
        self._thread.start()

    def ring(self) -> None:
        """Wake whoever listens; never waits and never fails."""
        for each in self.children:
            ring = each.ring
            if ring is not None:
                ring.ring()

    def end(self) -> None:
        """Ask them all to end; not from a signal's handler, as it takes a lock."""
        self._ending.set()

    def join(self, grace_s: float = GRACE_S) -> None:
        """Wait until they have ended; those that have not within the grace are killed."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
        until = time.monotonic() + grace_s
        for each in self.children:
            if each.process is None:
                continue
            each.process.join(max(0.0, until - time.monotonic()))
            if each.process.is_alive():
                watching.said("process killed", level="error", kind=each.name)
                each.process.kill()
                each.process.join()
            each.close()

    def _watch(self) -> None:
        while not self._ending.is_set():
            wait([each.process.sentinel for each in self.children if each.process], timeout=_LOOK_S)
            for each in self.children:
                self._look_at(each)
        for each in self.children:
            if each.process is not None:
                each.process.terminate()

    def _look_at(self, child: Child) -> None:
        if self._ending.is_set():
            return
        if child.process is not None and not child.process.is_alive():
            signal = str(child.process.exitcode)
            watching.said("process ended by itself", level="error", kind=child.name, signal=signal)
            watching.counted("processes.ended", child.name)
            child.ended()
        elif child.process is None and time.monotonic() >= child.due:
            try:
                child.start(self.folder)
            except OSError:  # no memory, no room for another process or file: there may be later
                watching.said("process not begun", level="error", kind=child.name)
                child.put_off()

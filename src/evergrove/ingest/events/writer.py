"""
One thread that stores the events of a process: all that has come in meanwhile in one transaction.

While one commit reaches the disk, others gather; so a single event waits for two commits at most, and many share one.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from concurrent.futures import Future
from typing import TYPE_CHECKING

from evergrove.core import EvergroveError, watching
from evergrove.core.failpoints import failpoint
from evergrove.ingest.events.errors import EventsBusy
from evergrove.ingest.events.store import store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evergrove.ingest.events.types import Event, Outcome
    from evergrove.ledger import Ledger

MOST_TOGETHER = 500
"""Events of one transaction, but for a request that holds more."""
MOST_WAITING = 10_000
"""Some seconds' worth: whoever comes later is told to come back."""

Portion = tuple["Sequence[Event]", "Future[list[Outcome]]"]


class EventWriter:
    """
    Stores events, and answers when they are on the disk.

    Args:
        ledger: Of the workspace.
        most_waiting: Events that may wait.

    Attributes:
        on_stored: Called after each commit, in the writer's thread: somebody may want to wake up. It raises nothing.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self.on_stored: Callable[[], None] = _nobody
        self._ledger, self._most = ledger, most_waiting
        self._waiting: deque[Portion] = deque()
        self._count = 0
        self._changed = threading.Condition()
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def put(self, events: Sequence[Event]) -> Future[list[Outcome]]:
        """
        Have events stored, all of them or none.

        Returns:
            What becomes of each, once that is durable; or why nothing was stored.

        Raises:
            EventsBusy: Too many wait already, or the process is about to end.
        """
        future: Future[list[Outcome]] = Future()
        with self._changed:
            if self._is_closed or (self._count and self._count + len(events) > self._most):
                raise EventsBusy
            if self._thread is None:  # a process that takes none in needs no thread
                self._thread = threading.Thread(target=self._work, name="events", daemon=True)
                self._thread.start()
            self._waiting.append((events, future))
            self._count += len(events)
            self._changed.notify()
        return future

    @property
    def waiting(self) -> int:
        """How many events wait to be stored."""
        return self._count

    def close(self) -> None:
        """Store what waits, take nothing more, and end."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while portions := self._next():
            self._store(portions)

    def _next(self) -> list[Portion]:
        """What has gathered, up to one transaction's worth; empty: the end."""
        with self._changed:
            while not self._waiting and not self._is_closed:
                self._changed.wait()
            taken: list[Portion] = []
            count = 0
            while self._waiting and (not taken or count + len(self._waiting[0][0]) <= MOST_TOGETHER):
                taken.append(self._waiting.popleft())
                count += len(taken[-1][0])
            self._count -= count
            return taken

    def _store(self, portions: list[Portion]) -> None:
        """One transaction for all; where it fails for a reason of one portion's own, one for each."""
        portions = [each for each in portions if each[1].running() or each[1].set_running_or_notify_cancel()]
        events = [event for portion, _future in portions for event in portion]
        try:
            failpoint("events.storing")
            with self._ledger.writing() as connection:
                outcomes = store(connection, events)
            failpoint("events.stored")
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            if len(portions) > 1 and not isinstance(error, EvergroveError):
                for portion in portions:
                    self._store([portion])
                return
            for _events, future in portions:
                future.set_exception(error)
            return
        answers = iter(outcomes)
        for told, future in portions:
            future.set_result([next(answers) for _event in told])
        self.on_stored()
        if watching.is_watched():
            became = Counter((event.kind, each.verdict) for event, each in zip(events, outcomes, strict=True))
            for (kind, verdict), number in became.items():
                watching.counted("events.taken", kind, verdict, number=number)


def _nobody() -> None:
    """Nobody wants to wake up."""

"""Those who wait until live rows answer what they have told: one thread looks for all of them together."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.ingest.events.tables import DIRTY
from evergrove.live.reading import has_caught_up
from evergrove.people.parts import in_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sqlalchemy import Connection

    from evergrove.ledger import Ledger

WAIT_S = 5.0
"""Whoever has waited so long is told that it is not there yet: live value may be at rest."""
LOOK_S = 0.005
PATIENT = 8
"""Whose customers are marked anew by others may be answered all the same; that is looked at once in so many times."""


@dataclass(frozen=True, eq=False)
class _Waiting:
    marks: Mapping[str, int]
    until: float
    answer: Future[bool]


class Waiters:
    """
    Tells when live rows have caught up with events.

    Args:
        ledger: Of the workspace.
        monotonic: Seconds that never go back.
        wait_s: How long anybody waits.
    """

    def __init__(
        self, ledger: Ledger, *, monotonic: Callable[[], float] = time.monotonic, wait_s: float = WAIT_S
    ) -> None:
        self._ledger, self._monotonic, self._wait_s = ledger, monotonic, wait_s
        self._waiting: list[_Waiting] = []
        self._changed = threading.Condition()
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def put(self, marks: Mapping[str, int]) -> Future[bool]:
        """
        Wait until live rows answer some events.

        Args:
            marks: By customer, the number of the newest event of theirs.

        Returns:
            Whether they do; False when it took too long.
        """
        answer: Future[bool] = Future()
        with self._changed:
            if self._is_closed:
                answer.set_result(False)
                return answer
            if self._thread is None:  # a process in which nobody waits needs no thread
                self._thread = threading.Thread(target=self._work, name="live-waiters", daemon=True)
                self._thread.start()
            self._waiting.append(_Waiting(marks, self._monotonic() + self._wait_s, answer))
            self._changed.notify()
        return answer

    def close(self) -> None:
        """Keep nobody waiting any longer, and end."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        looks = 0
        while True:
            with self._changed:
                while not self._waiting and not self._is_closed:
                    self._changed.wait()
                waiting, closed = tuple(self._waiting), self._is_closed
            looks += 1
            self._settle(waiting, closed=closed, is_patient=looks % PATIENT == 0)
            if closed:
                return
            time.sleep(LOOK_S)

    def _settle(self, waiting: Collection[_Waiting], *, closed: bool, is_patient: bool) -> None:
        """Answer those whose events are answered, and those who have waited long enough."""
        answered = self._answered(waiting, is_patient=is_patient)
        now = self._monotonic()
        over = [each for each in waiting if each in answered or closed or now >= each.until]
        with self._changed:
            self._waiting = [each for each in self._waiting if each not in over]
        for each in over:
            if each.answer.set_running_or_notify_cancel():
                each.answer.set_result(each in answered)

    def _answered(self, waiting: Collection[_Waiting], *, is_patient: bool) -> list[_Waiting]:
        try:
            with self._ledger.reading() as connection:
                open_ = _open(connection, {name for each in waiting for name in each.marks})
                return [
                    each
                    for each in waiting
                    if not open_ & each.marks.keys() or (is_patient and has_caught_up(connection, each.marks))
                ]
        except Exception:  # noqa: BLE001 - whatever it is, the next look tells, or the time is over; nobody may hang
            return []


def _open(connection: Connection, customers: Collection[str]) -> set[str]:
    """Those of the customers who are marked."""
    found = set[str]()
    for part in in_parts(sorted(customers)):
        found |= set(
            connection.execute(select(DIRTY.c.customer_id).where(DIRTY.c.customer_id.in_(part))).scalars()
        )
    return found

"""One attempt at a job: its work in this thread, its signs of life in another."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from evergrove.core import EvergroveError
from evergrove.jobs import holding
from evergrove.jobs.endings import Cancelled, HandedBack, ended_by
from evergrove.jobs.errors import LeaseLost
from evergrove.jobs.rules import line, tail
from evergrove.jobs.types import LEASE_S, Ending, Told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

    from evergrove.core import Clock, Sentence
    from evergrove.jobs.types import Hold
    from evergrove.ledger import Ledger

BEAT_S = 1.0
"""Between two looks at whether somebody wants the job to end; progress is written as often at most."""


@dataclass(frozen=True)
class Kind:
    """
    A kind of work.

    Attributes:
        name: Under which jobs ask for it.
        title: What it is, as marked for translation.
        run: Does it; what it returns is kept for machines. It may be done again after a kill at any point, so
            its effects are written through ``Task.ledger`` and change nothing the second time.
    """

    name: str
    title: str
    run: Callable[[Task], Mapping[str, Any] | None]


@dataclass
class Task:
    """
    A job in the hands of the one who does it.

    Attributes:
        ledger: Each of its writing transactions begins with the proof that the job is still ours.
        stopping: Set when the worker is to end.
    """

    hold: Hold
    ledger: Ledger
    clock: Clock
    stopping: Event
    told: Told = field(default_factory=Told)
    is_cancelled: bool = False
    is_lost: bool = False
    is_news: bool = False
    _lock: Lock = field(default_factory=Lock)

    @property
    def params(self) -> Mapping[str, Any]:
        """What the order said."""
        return self.hold.params

    def check(self) -> None:
        """
        A point at which the work may end: nothing is half done here.

        Raises:
            LeaseLost: Another worker has the job.
            Cancelled: Somebody wants it to end.
            HandedBack: The worker ends.
        """
        if self.is_lost:
            raise LeaseLost(number=self.hold.id)
        if self.is_cancelled:
            raise Cancelled
        if self.stopping.is_set():
            raise HandedBack

    def stage(self, text: str) -> None:
        """Say what the job is about now, as marked for translation; the work may end here."""
        self.check()
        self._tell(stage=text)

    def advance(self, share: float) -> None:
        """Say how much is done, 0 to 1; the work may end here."""
        self.check()
        self._tell(percent=max(0, min(100, int(100 * share))))

    def say(self, text: str, **params: object) -> None:
        """Add a line to the log: a sentence as marked for translation, and its fields."""
        said = line(self.clock.now(), text, params)
        with self._lock:
            self.told = Told(self.told.stage, self.told.percent, tail((*self.told.log, said)))
            self.is_news = True

    def note(self, sentence: Sentence) -> None:
        """Add a sentence to the log."""
        self.say(sentence.template, **sentence.params)

    def done(self, connection: Connection, result: Mapping[str, Any] | None = None) -> None:
        """
        Say that the job is done, in the transaction of its effect: both are kept, or neither is.

        Raises:
            LeaseLost: Another worker has it.
        """
        if not holding.finish(connection, self.hold, self.clock.now(), result, self.told):
            raise LeaseLost(number=self.hold.id)

    def news(self) -> Told | None:
        """What was told since the last time; None where nothing was."""
        with self._lock:
            found, self.is_news = (self.told if self.is_news else None), False
        return found

    def _tell(self, stage: str | None = None, percent: int | None = None) -> None:
        with self._lock:
            self.told = Told(
                stage if stage is not None else self.told.stage,
                percent if percent is not None else self.told.percent,
                self.told.log,
            )
            self.is_news = True


@contextmanager
def beating(ledger: Ledger, task: Task, lease_s: float, beat_s: float) -> Iterator[None]:
    """Give signs of life for the length of a ``with`` block, from a thread of its own."""
    ended = Event()
    heart = Thread(target=_beat, args=[ledger, task, lease_s, beat_s, ended], daemon=True)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join()


def _beat(ledger: Ledger, task: Task, lease_s: float, beat_s: float, ended: Event) -> None:
    """
    Look each beat whether the job is to end, and renew the lease each third of it.

    While the work has the ledger for itself, a beat waits in line; so does everybody who would take the job.
    A ledger that fails is left to the work, which meets the same.
    """
    renewed = time.monotonic()
    while not ended.wait(beat_s):
        try:
            with ledger.reading() as connection:
                asked = holding.asked_to_end(connection, task.hold)
            if asked is None:
                task.is_lost = True
                return
            task.is_cancelled = asked
            news = task.news()
            if news is None and time.monotonic() - renewed < lease_s / 3:
                continue
            with ledger.writing() as connection:
                task.is_lost = not holding.renew(
                    connection, task.hold, news or task.told, task.clock.now(), lease_s
                )
            renewed = time.monotonic()
        except EvergroveError:
            task.is_lost = task.is_lost or time.monotonic() - renewed > lease_s


def attempt(
    ledger: Ledger,
    hold: Hold,
    kind: Kind,
    clock: Clock,
    draw: Callable[[], float],
    stopping: Event | None = None,
    *,
    lease_s: float = LEASE_S,
    beat_s: float = BEAT_S,
) -> Ending:
    """
    Do a job that was claimed, and say durably how that ended.

    Args:
        ledger: Where the jobs are.
        hold: What ``claim`` gave.
        kind: Of the job.
        clock: What time it is.
        draw: Gives numbers in [0, 1), for the jitter.
        stopping: Set when the worker is to end.
        lease_s: Seconds for which each sign of life holds.
        beat_s: Seconds between two signs of life, at least.

    Raises:
        BaseException: What is no ``Exception``, such as Ctrl-C; the job was handed back before.
    """
    fenced = ledger.fenced(partial(holding.prove, hold=hold))
    task = Task(hold, fenced, clock, stopping or Event())
    try:
        with beating(ledger, task, lease_s, beat_s):
            task.check()
            result = kind.run(task)
    except Exception as error:  # noqa: BLE001 - whatever it was, the job says so
        return ended_by(ledger, hold, task.told, error, clock.now(), draw)
    except BaseException:
        ended_by(ledger, hold, task.told, HandedBack(), clock.now(), draw)
        raise
    with ledger.writing() as connection:
        done = holding.finish(connection, hold, clock.now(), result, task.told)
        return Ending("done" if done or holding.is_done(connection, hold) else None)

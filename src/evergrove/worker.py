"""The loop that does the jobs of a workspace: schedules, then one job after the other."""

from __future__ import annotations

import os
import platform
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from threading import Event, current_thread, main_thread
from time import monotonic
from typing import TYPE_CHECKING
from uuid import uuid4

from evergrove.core import watching
from evergrove.core.signalled import set_from_handlers
from evergrove.jobs import attempt, claim, keep_schedules, tick
from evergrove.jobs.endings import HandedBack
from evergrove.jobs.running import BEAT_S
from evergrove.jobs.types import LEASE_S
from evergrove.ledger.errors import LedgerBusy, LedgerFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType

    from evergrove.core import Clock
    from evergrove.jobs import Ending, Hold, Kind, Schedule, Ticked
    from evergrove.ledger import Ledger

POLL_S = 2.0
"""How long a worker without work waits before it looks again."""
LOST = "lost"
"""How an attempt ended whose job is another worker's by now, in figures."""
GRACE_S = 25.0
"""After which a worker that was asked to end breaks its job off: 30 s are what services are given."""


@dataclass(frozen=True)
class Desk:
    """
    What a worker works with.

    Attributes:
        kinds: What it can do, by name.
        schedules: Asked for before each look, so that settings may change while it works.
        draw: Gives numbers in [0, 1), for the jitter.
        ticked: Told of each moment that was due or passed over.
        begun: Told of each job that is begun.
        ended: Told how that ended.
        worker: By which name it holds jobs.
    """

    ledger: Ledger
    kinds: Mapping[str, Kind]
    schedules: Callable[[], Sequence[Schedule]]
    clock: Clock
    draw: Callable[[], float]
    ticked: Callable[[Ticked], object]
    begun: Callable[[Hold], object]
    ended: Callable[[Hold, Ending], object]
    worker: str
    lease_s: float = LEASE_S
    beat_s: float = BEAT_S
    poll_s: float = POLL_S


def worker_name() -> str:
    """Host, process number and a few letters that no earlier process of that number had."""
    return f"{platform.node()}:{os.getpid()}:{uuid4().hex[:6]}"


def jitter() -> Callable[[], float]:
    """A draw for each worker of its own, so that those who failed together do not come back together."""
    return Random().random  # noqa: S311 - spreads load, guards nothing


def work(desk: Desk, stopping: Event, *, drain: bool = False) -> int:
    """
    Do jobs until asked to end.

    Args:
        desk: What it works with.
        stopping: Set from outside; the job at hand is ended or handed back.
        drain: End as soon as nothing is due.

    Returns:
        How many attempts there were.
    """
    attempts = 0
    while not stopping.is_set():
        try:
            hold = _next(desk)
        except (LedgerBusy, LedgerFailed):
            if drain:
                raise
            stopping.wait(desk.poll_s)  # a database that restarts is there again in a moment
            continue
        if hold is not None:
            _do(desk, hold, stopping)
            attempts += 1
        elif drain:
            break
        else:
            stopping.wait(desk.poll_s)
    return attempts


def _next(desk: Desk) -> Hold | None:
    """Queue what is due, and take a job; None: there is none."""
    now = desk.clock.now()
    keep_schedules(desk.ledger, desk.schedules(), now)
    for each in tick(desk.ledger, now):
        desk.ticked(each)
    return claim(desk.ledger, desk.worker, desk.kinds, now, desk.lease_s)


def _do(desk: Desk, hold: Hold, stopping: Event) -> None:
    desk.begun(hold)
    begun = monotonic()
    ending = attempt(
        desk.ledger,
        hold,
        desk.kinds[hold.kind],
        desk.clock,
        desk.draw,
        stopping,
        lease_s=desk.lease_s,
        beat_s=desk.beat_s,
    )
    watching.took("jobs.attempt", monotonic() - begun, hold.kind, ending.state or LOST)
    desk.ended(hold, ending)


@contextmanager
def ends_on_signal(grace_s: float = GRACE_S) -> Iterator[Event]:
    """
    An event that SIGTERM sets, as services are ended with; a job that does not heed it is broken off.

    Outside of the main thread, where signals do not come, it is an event like any other.
    """
    stopping = Event()
    if current_thread() is not main_thread() or not hasattr(signal, "SIGALRM"):
        yield stopping
        return

    with set_from_handlers(stopping) as stop:

        def asked(_number: int, _frame: FrameType | None) -> None:
            stop()
            signal.setitimer(signal.ITIMER_REAL, grace_s)

        def over(_number: int, _frame: FrameType | None) -> None:
            raise HandedBack

        before = signal.signal(signal.SIGTERM, asked), signal.signal(signal.SIGALRM, over)
        try:
            yield stopping
        except HandedBack:  # the grace was over between two jobs
            pass
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGTERM, before[0])
            signal.signal(signal.SIGALRM, before[1])

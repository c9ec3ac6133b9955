"""The loop of live value: passes as soon as something comes in, what waits into the facts and the trail each minute."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from evergrove.core import EvergroveError, InUse, watching
from evergrove.live import lease
from evergrove.live.ground import Base
from evergrove.live.holder import myself
from evergrove.live.steps import MOST, NOT_THEIR_FAULT, Steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.core import Clock
    from evergrove.ledger import Ledger
    from evergrove.live.triggers import HandOver
    from evergrove.live.types import Passed
    from evergrove.settings import Settings
    from evergrove.warehouse import Warehouse

POLL_S = 0.25
"""Between two looks while nobody rings."""
MINUTE_S = 60.0
BEAT_S = 2.0
"""Between two signs of life."""
HURT_S = 1.0
"""After a pass that failed for nobody's fault."""


@dataclass(frozen=True)
class Setting:
    """
    What a loop works with.

    Attributes:
        ledger: Of the workspace.
        warehouse: Of the workspace.
        settings: Of the workspace.
        clock: What time it is.
        wait: Waits until somebody rings, so many seconds at most.
        chores: What is done each minute beside passes, by its name in the log.
        hand_over: As for ``Steps``; None: nobody hears of moves.
        poll_s, minute_s, lease_s: As the constants; others for tests.
    """

    ledger: Ledger
    warehouse: Warehouse
    settings: Settings
    clock: Clock
    wait: Callable[[float], object] = time.sleep
    chores: dict[str, Callable[[], object]] = field(default_factory=dict)
    hand_over: HandOver | None = None
    poll_s: float = POLL_S
    minute_s: float = MINUTE_S
    lease_s: float = lease.LEASE_S


def run_loop(at: Setting, stopping: Event) -> None:
    """
    Answer marks until asked to stop.

    Of several processes that run it one works, and the others stand by: who is silent for too long is followed by
    another, and can write nothing any more.

    Args:
        at: What it works with.
        stopping: Set from a signal's handler, or by a test.
    """
    keeper = Thread(target=_keep_house, args=(at, stopping), name="evergrove-live-chores", daemon=True)
    keeper.start()
    try:
        with Base(at.warehouse, at.settings) as base:
            # Before the lease is taken, which it might outlast: it only reads.
            Steps(base, at.ledger, at.clock, least_age=at.settings.outreach.least_age).rehearse()
            while not stopping.is_set():
                token = _held(at)
                if token is None:
                    stopping.wait(at.lease_s / 4)
                else:
                    _work(at, base, token, stopping)
    finally:
        stopping.set()
        keeper.join(timeout=20)


def _held(at: Setting) -> int | None:
    try:
        with at.ledger.writing() as connection:
            return lease.hold(connection, myself(), at.lease_s)
    except EvergroveError as error:
        watching.said("live waits for the ledger", level="warning", code=error.code)
        return None


def _work(at: Setting, base: Base, token: int, stopping: Event) -> None:
    """Passes under a lease, until it is lost or nobody wants them any more."""
    fenced = at.ledger.fenced(partial(lease.prove, token=token))
    heard = {} if at.hand_over is None else {"hand_over": at.hand_over}
    steps = Steps(base, fenced, at.clock, least_age=at.settings.outreach.least_age, **heard)
    beaten, told = 0.0, _Told()
    while not stopping.is_set():
        try:
            steps.follow()
            passed = steps.once()
            told.add(passed)
            if time.monotonic() - beaten >= BEAT_S:
                with fenced.writing() as connection:
                    lease.renew(connection, at.lease_s, told.as_json())
                beaten = time.monotonic()
        except lease.LiveElsewhere:
            watching.said("live taken over by another process", level="warning")
            return
        except NOT_THEIR_FAULT as error:
            watching.said("live pass failed", level="warning", code=error.code)
            at.wait(HURT_S)
            continue
        if passed.marks < MOST:
            at.wait(at.poll_s)
    _give_back(fenced)


def _give_back(fenced: Ledger) -> None:
    try:
        with fenced.writing() as connection:
            lease.release(connection)
    except EvergroveError:
        return  # it ends by itself


@dataclass
class _Told:
    """How a loop has fared."""

    passes: int = 0
    marks: int = 0
    set_back: int = 0

    def add(self, passed: Passed) -> None:
        if passed.marks or passed.set_back:
            watching.took("live.pass", passed.seconds)
            self.passes += 1
            self.marks += passed.marks
            self.set_back += passed.set_back

    def as_json(self) -> dict[str, Any]:
        return {"passes": self.passes, "marks": self.marks, "set_back": self.set_back}


def _keep_house(at: Setting, stopping: Event) -> None:
    """What is done each minute, in a thread of its own: passes do not wait for it."""
    while not stopping.wait(at.minute_s):
        for name, chore in at.chores.items():
            if stopping.is_set():
                return
            begun = time.monotonic()
            try:
                chore()
            except InUse:
                continue  # a run or an import is at work, and takes what waits itself
            except Exception as error:  # noqa: BLE001 - the next minute comes, and marks are answered meanwhile
                code = error.code if isinstance(error, EvergroveError) else type(error).__name__
                watching.said("live chore failed", level="error", code=code, stage=name)
            else:
                watching.took(f"live.{name}", time.monotonic() - begun)

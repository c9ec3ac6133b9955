"""Jobs to queue, and workers to do them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, Integer, String, Table

from evergrove.core import SetClock
from evergrove.jobs import JOB, Kind, Order, attempt, claim, enqueue
from evergrove.ledger import database_now, metadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.jobs import Ending, Hold, Task
    from evergrove.ledger import Ledger

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EFFECT = Table(
    "effect_of_a_test",
    metadata.__class__(),
    Column("id", Integer, primary_key=True),
    Column("job", Integer, nullable=False),
    Column("token", Integer, nullable=False),
    Column("step", String, nullable=False),
)


@dataclass
class Yard:
    """A ledger with jobs, a clock, and what is done by whom."""

    ledger: Ledger
    clock: SetClock = field(default_factory=lambda: SetClock(NOON))
    draw: Random = field(default_factory=lambda: Random(7))  # noqa: S311 - a seeded draw
    stopping: Event = field(default_factory=Event)

    def queue(self, kind: str = "work", **fields: Any) -> int | None:
        """Put a job in, due now."""
        order = Order(kind=kind, **{"not_before": self.clock.now(), **fields})
        with self.ledger.writing() as connection:
            return enqueue(connection, order, self.clock.now())

    def take(self, worker: str = "w", lease_s: float = 60.0) -> Hold:
        """Claim the job that is due."""
        hold = claim(self.ledger, worker, ["work"], self.clock.now(), lease_s)
        assert hold is not None
        return hold

    def do(self, run: Callable[[Task], Any], hold: Hold | None = None, **options: float) -> Ending:
        """Claim, and do it."""
        kind = Kind("work", "Work", run)
        options = {"beat_s": 0.005, **options}
        return attempt(
            self.ledger, hold or self.take(), kind, self.clock, self.draw.random, self.stopping, **options
        )

    def row(self, number: int) -> dict[str, Any]:
        """A job as it is stored."""
        with self.ledger.reading() as connection:
            return dict(connection.execute(JOB.select().where(JOB.c.id == number)).mappings().one())

    def end_leases(self) -> None:
        """Let the time of every lease pass."""
        with self.ledger.writing() as connection:
            passed = database_now(connection)
            held = JOB.c.lease_until.is_not(None)
            connection.execute(JOB.update().where(held).values(lease_until=passed))

    def effects(self) -> list[tuple[int, int, str]]:
        """What jobs have left behind: job, token, step."""
        with self.ledger.reading() as connection:
            found = connection.execute(EFFECT.select().order_by(EFFECT.c.id))
            return [(row.job, row.token, row.step) for row in found]

    def later(self, **by: float) -> None:
        """Let time pass."""
        self.clock.moment += timedelta(**by)


@pytest.fixture
def yard(ledger: Ledger) -> Yard:
    """Jobs in an empty ledger, once in each database."""
    with ledger.writing() as connection:
        EFFECT.create(connection)
    return Yard(ledger)

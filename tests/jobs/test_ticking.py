"""Schedules in the ledger: each moment queued by one of all workers, changed settings heard, what was missed said."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.jobs import Daily, Every, Schedule, keep_schedules, list_jobs, standings, tick
from evergrove.jobs.errors import NotAZone

if TYPE_CHECKING:
    from tests.jobs.conftest import Yard

    from evergrove.jobs import Ticked

HOUR = timedelta(hours=1)


def schedule(**fields: Any) -> Schedule:
    """A night at 03:00 in Shanghai, which is 19:00 UTC."""
    given: dict[str, Any] = {
        "key": "night",
        "kind": "work",
        "rule": Daily(time(3)),
        "zone": "Asia/Shanghai",
        "late": 2 * HOUR,
        "params": {},
        "most_attempts": 5,
    }
    return Schedule(**{**given, **fields})


def test_a_moment_is_queued_once_by_many_workers(yard: Yard) -> None:
    """Eight that look at the same time; one job, one word of it."""
    keep_schedules(yard.ledger, [schedule()], yard.clock.now())
    assert tick(yard.ledger, yard.clock.now()) == []
    yard.later(hours=7)
    told: list[Ticked] = []
    barrier = threading.Barrier(8)

    def look() -> None:
        barrier.wait()
        told.extend(tick(yard.ledger, yard.clock.now()))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    (one,) = told
    assert (one.key, one.moment, one.missed) == ("night", datetime(2026, 3, 2, 19, tzinfo=UTC), 0)
    with yard.ledger.reading() as connection:
        assert [(job.id, job.origin, job.state) for job in list_jobs(connection)] == [
            (one.job, "night", "queued")
        ]
        (standing,) = standings(connection)
    assert standing.next_at == datetime(2026, 3, 3, 19, tzinfo=UTC)


def test_what_is_too_late_is_passed_over_and_said(yard: Yard) -> None:
    """Down for three days, and up again four hours past the last hour: three missed, none run."""
    keep_schedules(yard.ledger, [schedule()], yard.clock.now())
    yard.later(days=2, hours=11)

    (told,) = tick(yard.ledger, yard.clock.now())

    assert (told.moment, told.job, told.missed) == (None, None, 3)
    assert told.last_missed == datetime(2026, 3, 4, 19, tzinfo=UTC)
    with yard.ledger.reading() as connection:
        assert list_jobs(connection) == []
        (standing,) = standings(connection)
    assert (standing.missed, standing.missed_at) == (3, told.last_missed)
    assert tick(yard.ledger, yard.clock.now()) == []


def test_an_earlier_job_that_has_not_ended_is_not_joined_by_another(yard: Yard) -> None:
    """The moment counts as dealt with."""
    keep_schedules(yard.ledger, [schedule(rule=Every(600))], yard.clock.now())
    yard.later(minutes=10)
    (first,) = tick(yard.ledger, yard.clock.now())
    yard.later(minutes=10)
    (second,) = tick(yard.ledger, yard.clock.now())

    assert first.job is not None
    assert (second.moment, second.job) == (yard.clock.now(), None)


def test_settings_that_change_are_heard(yard: Yard) -> None:
    """Another hour begins now and has missed nothing; the same one goes on; one that is gone is gone."""
    keep_schedules(yard.ledger, [schedule()], yard.clock.now())
    yard.later(hours=8)
    assert not keep_schedules(yard.ledger, [schedule()], yard.clock.now())
    assert keep_schedules(yard.ledger, [schedule(most_attempts=2)], yard.clock.now())
    assert [each.job is not None for each in tick(yard.ledger, yard.clock.now())] == [True]

    assert keep_schedules(yard.ledger, [schedule(rule=Daily(time(1)))], yard.clock.now())
    assert tick(yard.ledger, yard.clock.now()) == []
    assert keep_schedules(yard.ledger, [schedule(zone="Europe/Berlin")], yard.clock.now())
    with yard.ledger.reading() as connection:
        assert standings(connection)[0].next_at == datetime(2026, 3, 3, 2, tzinfo=UTC)
    assert keep_schedules(yard.ledger, [], yard.clock.now())
    with yard.ledger.reading() as connection:
        assert standings(connection) == []


def test_a_zone_that_there_is_not_is_refused(yard: Yard) -> None:
    """Before anything is stored."""
    with pytest.raises(NotAZone):
        keep_schedules(yard.ledger, [schedule(zone="Europe/Berlina")], yard.clock.now())

"""A job's way: queued once, tried again with jitter, given up, run again, cancelled, made to wait."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from statistics import mean
from typing import TYPE_CHECKING, Any

import pytest
from tests.jobs.conftest import NOON

from evergrove.core import InputError, InUse
from evergrove.jobs import cancel, check_jobs, claim, list_jobs, retry, show
from evergrove.jobs.errors import AlreadyQueued, AlreadySettled, NotRetryable, UnknownJob
from evergrove.jobs.rules import BASE, CAP, LINES, remaining, retry_delay, without_persons
from evergrove.jobs.types import WAITS, WORKER_DIED

if TYPE_CHECKING:
    from tests.jobs.conftest import Yard

    from evergrove.jobs import Task


class Wrong(InputError):
    """What was given cannot be used."""

    code = "test.wrong"
    message = "{file} of {person} is wrong."


def fails(_task: Task) -> None:
    """Do what fails."""
    raise RuntimeError("wang.wei@example.com is not there")


def test_a_job_is_not_queued_twice_while_it_is_open(yard: Yard) -> None:
    """The key is free again when the job has ended; jobs without a key do not meet."""
    first = yard.queue(unique_key="night")
    assert yard.queue(unique_key="night") is None
    held = yard.take()
    assert yard.queue(unique_key="night") is None
    assert yard.do(lambda _task: None, held).state == "done"
    assert yard.queue(unique_key="night") not in {None, first}
    assert yard.queue() != yard.queue()


def test_the_one_due_longest_is_taken_first(yard: Yard) -> None:
    """What is due later, and what the worker does not know, stays."""
    later = yard.queue(not_before=yard.clock.now() + timedelta(hours=1))
    other = yard.queue("other")
    second, first = yard.queue(), yard.queue(not_before=yard.clock.now() - timedelta(hours=1))

    assert [yard.take().id, yard.take().id] == [first, second]
    assert claim(yard.ledger, "w", ["work"], yard.clock.now()) is None
    yard.later(hours=1)
    assert yard.take().id == later
    assert yard.row(int(other or 0))["state"] == "queued"


def test_what_fails_is_tried_again_later_and_then_given_up(yard: Yard) -> None:
    """Three attempts, each after a wait; then it stays, with its reason and nothing personal, until a person acts."""
    number = yard.queue(most_attempts=3, unique_key="k")
    for nth in (1, 2):
        ending = yard.do(fails)
        assert ending.state == "queued"
        assert ending.not_before is not None
        assert yard.clock.now() <= ending.not_before <= yard.clock.now() + BASE * 2 ** (nth - 1)
        yard.clock.moment = ending.not_before
    assert yard.do(fails).state == "dead"

    row = yard.row(int(number or 0))
    assert (row["state"], row["attempts"], row["reason"]) == ("dead", 3, "jobs.foreign_error")
    assert row["detail"]["params"] == {"kind": "RuntimeError"}
    assert "example.com" not in str(row)
    with yard.ledger.reading() as connection:
        assert [each.code for each in check_jobs(connection)] == ["jobs.given_up"]
    assert claim(yard.ledger, "w", ["work"], yard.clock.now() + timedelta(days=9)) is None
    with yard.ledger.writing() as connection:
        retry(connection, int(number or 0), yard.clock.now())
    assert yard.do(lambda _task: {"rows": 3}).state == "done"
    with yard.ledger.reading() as connection:
        again = show(connection, int(number or 0))
        assert check_jobs(connection) == []
    assert (again.attempts, again.result, again.reason) == (1, {"rows": 3}, None)


def test_waits_are_uniform_below_a_doubling_bound() -> None:
    """Full jitter: mean half the bound, 30 s doubled up to an hour."""
    draw = Random(3).random  # noqa: S311 - a seeded draw
    for attempts, bound in ((1, BASE), (2, 2 * BASE), (5, 16 * BASE), (8, CAP), (60, CAP)):
        waits = [retry_delay(attempts, draw) / bound for _ in range(2_000)]
        assert min(waits) >= 0
        assert max(waits) < 1
        assert abs(mean(waits) - 0.5) < 4 * (1 / 12 / 2_000) ** 0.5


def test_what_was_given_wrongly_is_not_tried_again(yard: Yard) -> None:
    """Its reason keeps the parameters, without the person among them."""
    number = yard.queue()

    def work(_task: Task) -> None:
        raise Wrong(file="orders.csv", person="Wang <wang.wei@example.com>, +86 138 0013 8000, 2026-03-02")

    assert yard.do(work).state == "dead"
    detail = yard.row(int(number or 0))["detail"]
    assert detail == {
        "message": Wrong.message,
        "hint": "",
        "params": {"file": "orders.csv", "person": "Wang <…>, …, 2026-03-02"},
    }


def test_a_taken_workspace_is_waited_for(yard: Yard) -> None:
    """No attempt is used up, however often; 5 to 30 seconds lie in between."""
    number = yard.queue(most_attempts=1)

    def work(_task: Task) -> None:
        raise InUse(folder="shop")

    for _ in range(4):
        ending = yard.do(work)
        assert (ending.state, ending.reason) == ("queued", WAITS)
        assert ending.not_before is not None
        waited = ending.not_before - yard.clock.now()
        assert timedelta(seconds=5) <= waited <= timedelta(seconds=30)
        yard.clock.moment = ending.not_before
    row = yard.row(int(number or 0))
    assert (row["attempts"], row["waits"]) == (0, 4)
    assert yard.do(lambda _task: None).state == "done"


def test_what_waits_is_cancelled_at_once_and_what_runs_at_its_next_point(yard: Yard) -> None:
    """The work sees it at the next stage; one that does not look ends as done."""
    waits, runs = yard.queue(), yard.queue()
    with yard.ledger.writing() as connection:
        assert cancel(connection, int(waits or 0), yard.clock.now()) == "cancelled"
        with pytest.raises(AlreadySettled):
            cancel(connection, int(waits or 0), yard.clock.now())

    def work(task: Task) -> None:
        task.stage("Counting")
        with yard.ledger.writing() as connection:
            assert cancel(connection, int(runs or 0), yard.clock.now()) == "running"
        for _ in range(5_000):
            task.check()
            yard.stopping.wait(0.002)
        pytest.fail("it was not told")

    assert yard.do(work).state == "cancelled"
    assert yard.row(int(runs or 0))["stage"] == "Counting"
    with yard.ledger.reading() as connection:
        assert {job.id: job.state for job in list_jobs(connection, ["cancelled"])} == {
            waits: "cancelled",
            runs: "cancelled",
        }


def test_only_what_has_ended_badly_is_run_again(yard: Yard) -> None:
    """Not what waits or is done, nor beside another of its key; and no number that there is not."""
    number = int(yard.queue(unique_key="k") or 0)
    with yard.ledger.writing() as connection:
        with pytest.raises(NotRetryable):
            retry(connection, number, yard.clock.now())
        with pytest.raises(UnknownJob):
            retry(connection, 999, yard.clock.now())
        cancel(connection, number, yard.clock.now())
    other = yard.queue(unique_key="k")
    with yard.ledger.writing() as connection, pytest.raises(AlreadyQueued) as caught:
        retry(connection, number, yard.clock.now())
    assert caught.value.params == {"number": other}


def test_progress_is_seen_while_the_job_runs(yard: Yard) -> None:
    """Stage, percent, the time that is left at this speed, and the tail of a log that stays short."""
    number, seen = int(yard.queue() or 0), []

    def work(task: Task) -> None:
        task.stage("Reading")
        yard.later(minutes=3)
        for nth in range(LINES + 10):
            task.say("{file} read for {who}", file=f"{nth}.csv", who="a@b.example")
        task.advance(0.25)
        for _ in range(5_000):
            with yard.ledger.reading() as connection:
                job = show(connection, number)
            if job.told.percent is not None:
                break
            yard.stopping.wait(0.002)
        seen.append(job)

    assert yard.do(work).state == "done"
    (job,) = seen
    assert (job.told.stage, job.told.percent, job.remaining) == ("Reading", 25, timedelta(minutes=9))
    assert len(job.told.log) == LINES
    assert job.told.log[-1]["params"] == {"file": "59.csv", "who": "…"}
    with yard.ledger.reading() as connection:
        assert (show(connection, number).told.percent, show(connection, number).remaining) == (100, None)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("138-0013-8000", "…"),
        ("(02) 2345 6789", "(…"),
        ("order 123456", "order 123456"),
        ("2026-03-02T12:00:30", "2026-03-02T12:00:30"),
        ("王@例子.example", "…"),
        ("x" * 500, "x" * 200),
        (1234567890, 1234567890),
        (None, None),
    ],
)
def test_logs_hold_nobody(value: Any, kept: Any) -> None:
    """Addresses and phone numbers are left out of texts; days, short numbers and counts are not."""
    assert without_persons(value) == kept


def test_the_time_left_is_what_it_took_so_far_carried_on() -> None:
    """A quarter in 3 minutes leaves 9; nothing is known at the start."""
    later = NOON + timedelta(minutes=3)
    assert remaining(NOON, later, 25) == timedelta(minutes=9)
    assert remaining(NOON, later, 100) == timedelta(0)
    assert remaining(NOON, later, 0) is None
    assert remaining(NOON, later, None) is None


def test_a_worker_that_ends_hands_its_job_back(yard: Yard) -> None:
    """Another goes on at once, and no attempt was used up."""
    number = int(yard.queue(most_attempts=1) or 0)

    def work(task: Task) -> None:
        yard.stopping.set()
        task.stage("Reading")

    assert yard.do(work).state == "queued"
    assert yard.row(number)["attempts"] == 0
    yard.stopping.clear()
    assert yard.do(lambda _task: None).state == "done"


def test_what_kills_each_of_its_workers_is_given_up(yard: Yard) -> None:
    """Twice taken and twice left behind without a word: not a third time. One that was to end is cancelled."""
    number = int(yard.queue(most_attempts=2) or 0)
    for _ in range(2):
        assert yard.take().id == number
        yard.end_leases()
    unwanted = int(yard.queue(not_before=yard.clock.now() - timedelta(hours=1)) or 0)
    assert yard.take().id == unwanted
    with yard.ledger.writing() as connection:
        cancel(connection, unwanted, yard.clock.now())
    yard.end_leases()

    assert claim(yard.ledger, "w", ["work"], yard.clock.now()) is None
    assert [yard.row(each)["state"] for each in (number, unwanted)] == ["dead", "cancelled"]
    assert yard.row(number)["reason"] == WORKER_DIED

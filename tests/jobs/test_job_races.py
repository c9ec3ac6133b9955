"""Workers against each other: one does the job; who was late can keep nothing of it."""

from __future__ import annotations

import os
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest
from tests.jobs.conftest import EFFECT, NOON, Yard

from evergrove.core import SetClock
from evergrove.jobs import LeaseLost, claim
from evergrove.ledger import open_ledger
from evergrove.testing.kill import kill_points
from evergrove.testing.processes import forked

if TYPE_CHECKING:
    from evergrove.jobs import Hold, Task
    from evergrove.ledger import Ledger

JOBS = 200


def yard_of(ledger: Ledger) -> Yard:
    """The same jobs, for a process of its own."""
    return Yard(open_ledger(ledger.where), SetClock(NOON))


def leave(task: Task, step: str) -> None:
    """Have an effect, under the proof that the job is still ours."""
    with task.ledger.writing() as connection:
        connection.execute(EFFECT.insert().values(job=task.hold.id, token=task.hold.token, step=step))


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
def test_two_workers_never_do_one_job_twice(yard: Yard) -> None:
    """Two processes and 200 jobs: each is done once, and both did some."""
    for _ in range(JOBS):
        yard.queue()

    def work(step: str) -> None:
        mine = yard_of(yard.ledger)
        while hold := claim(mine.ledger, step, ["work"], NOON):
            mine.do(partial(leave, step=step), hold)
        mine.ledger.close()

    children = [forked(partial(work, name)) for name in ("a", "b")]
    assert [child.was_killed() for child in children] == [False, False]

    found = yard.effects()
    assert Counter(job for job, _token, _step in found) == Counter(range(1, JOBS + 1))
    assert {token for _job, token, _step in found} == {1}
    assert {step for _job, _token, step in found} == {"a", "b"}


@pytest.mark.usefixtures("kill_sweep")
def test_a_worker_paused_past_its_lease_loses_and_keeps_nothing(yard: Yard) -> None:
    """Stopped between two effects and woken when another has done the job: its late write is refused."""
    yard.queue()
    ready, told = os.pipe()
    wake, woken = os.pipe()

    def work(task: Task) -> None:
        leave(task, "first of the paused")
        os.write(told, b"ready")
        os.read(wake, 1)
        with pytest.raises(LeaseLost):
            leave(task, "late")
        with pytest.raises(LeaseLost), yard_of(yard.ledger).ledger.writing() as connection:
            task.done(connection)
        task.check()  # what a worker that asks is told
        raise AssertionError

    def paused() -> None:
        mine = yard_of(yard.ledger)
        # No beat before the pause: what the lease covers ends with it.
        ending = mine.do(work, mine.take("paused", lease_s=0.02), beat_s=0.3)
        assert (ending.state, ending.reason) == (None, LeaseLost.code)
        mine.ledger.close()

    child = forked(paused)
    os.read(ready, 5)
    child.stop()
    deadline, successor = time.monotonic() + 30, None
    while successor is None:
        successor = claim(yard.ledger, "successor", ["work"], NOON)
        assert time.monotonic() < deadline
    os.write(woken, b".")
    assert yard.do(lambda task: leave(task, "of the successor"), successor).state == "done"
    child.go_on()

    assert child.was_killed() is False
    assert yard.effects() == [(1, 1, "first of the paused"), (1, 2, "of the successor")]
    row = yard.row(1)
    assert (row["state"], row["token"], row["attempts"]) == ("done", 2, 2)


def test_an_old_token_is_refused_while_the_successor_still_works(yard: Yard) -> None:
    """Neither effect nor end of the first one counts from the moment of the second claim on."""
    yard.queue()
    first = yard.take("first")

    def work(task: Task) -> None:
        yard.end_leases()
        successor = yard.take("second")
        with pytest.raises(LeaseLost):
            leave(task, "late")
        yard.do(lambda mine: leave(mine, "in time"), successor)

    ending = yard.do(work, first, beat_s=60)
    assert ending.state is None
    assert yard.effects() == [(1, 2, "in time")]
    assert yard.row(1)["state"] == "done"


def test_signs_of_life_keep_the_job(yard: Yard) -> None:
    """Longer at work than the lease, and nobody can take it."""
    yard.queue()
    tried: list[Hold | None] = []

    def work(_task: Task) -> None:
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            tried.append(claim(yard.ledger, "other", ["work"], NOON))
            yard.stopping.wait(0.02)

    assert yard.do(work, yard.take(lease_s=0.3), lease_s=0.3, beat_s=0.02).state == "done"
    assert set(tried) == {None}


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
def test_killed_anywhere_a_job_is_taken_again_and_has_its_effect_once(yard: Yard) -> None:
    """At every commit from the claim to the end; the effect and the word that it is done are one transaction."""
    yard.queue()  # of the sequence that the next ones go on with

    def work(task: Task) -> None:
        with task.ledger.writing() as connection:
            values = {"job": task.hold.id, "token": task.hold.token, "step": "once"}
            connection.execute(EFFECT.insert().values(**values))
            task.done(connection, {"rows": 1})

    def run() -> None:
        mine = yard_of(yard.ledger)
        mine.queue(unique_key="k")
        mine.do(work, mine.take(), beat_s=60)

    def prepare() -> None:
        with yard.ledger.writing() as connection:
            connection.exec_driver_sql("delete from job")
            connection.execute(EFFECT.delete())

    def verify() -> None:
        yard.queue(unique_key="k")
        yard.end_leases()
        while hold := claim(yard.ledger, "next", ["work"], NOON):
            yard.do(work, hold)
        first = {job for job, _token, _step in yard.effects()}
        assert len(first) >= 1
        assert Counter(job for job, _token, _step in yard.effects()) == Counter(first)
        for job in first:
            assert yard.row(job)["state"] == "done"

    # Before and behind each commit: of the order, of the claim, of the effect, and the last word after it.
    assert kill_points(run, verify, prepare=prepare) == 8

"""A worker in a workspace: the night is done as by hand, in turn with others, and handed on when the worker ends."""

from __future__ import annotations

import os
import signal
from datetime import UTC, date, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import BEGUN

from evergrove.app import jobs as kinds_here
from evergrove.app import open_workspace
from evergrove.core import SetClock
from evergrove.jobs import Kind, attempt, claim, list_jobs, show, standings
from evergrove.jobs.errors import AlreadyQueued, LeaseLost, UnknownKind
from evergrove.jobs.tables import JOB
from evergrove.ledger import database_now
from evergrove.worker import ends_on_signal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.app import Workspace
    from evergrove.jobs import Ending, Job, Task

NEXT = BEGUN + timedelta(days=1)


class Heard(list[Any]):
    """Everything a worker said."""

    @property
    def listener(self) -> kinds_here.Listener:
        """Who hears it."""
        return kinds_here.Listener(self.append, self.append, lambda _hold, ending: self.append(ending))

    @property
    def ending(self) -> Ending:
        """The last one."""
        found: Ending = self[-1]
        return found


@pytest.fixture
def here(begun_folder: Path) -> Iterator[Workspace]:
    """A workspace whose first night is done, a day later."""
    with open_workspace(begun_folder, SetClock(NEXT)) as workspace:
        yield workspace


def drained(here: Workspace) -> Heard:
    """Do what is due."""
    heard = Heard()
    kinds_here.do_jobs(here, Event(), heard.listener, drain=True)
    return heard


def job_of(here: Workspace, number: int) -> Job:
    """One job."""
    with here.ledger.reading() as connection:
        return show(connection, number)


@pytest.mark.slow
def test_a_queued_night_is_the_run_of_the_last_whole_day(here: Workspace) -> None:
    """Published, told in stages, and not done again by a second job."""
    number = kinds_here.queue_job(here, "night")
    with pytest.raises(AlreadyQueued):
        kinds_here.queue_job(here, "night")
    with pytest.raises(UnknownKind):
        kinds_here.queue_job(here, "day")

    assert drained(here).ending.state == "done"

    job = job_of(here, number)
    newest = here.warehouse.newest("run")
    assert newest is not None
    assert newest.as_of == date(2026, 7, 1)
    assert job.result is not None
    assert (job.result["as_of"], job.result["snapshot"]) == ("2026-07-01", newest.id)
    assert job.told.stage is not None
    again = kinds_here.queue_job(here, "night")
    assert drained(here).ending.state == "done"
    assert (job_of(here, again).result or {})["is_new"] is False


@pytest.mark.slow
def test_a_night_that_finds_the_workspace_taken_waits(here: Workspace) -> None:
    """Put off by seconds, no attempt used; done when the other command has ended."""
    number = kinds_here.queue_job(here, "night")
    with here.alone():
        ending = drained(here).ending
    assert (ending.state, ending.reason) == ("queued", "jobs.waits")
    assert (job_of(here, number).attempts, job_of(here, number).waits) == (0, 1)

    clock = here.clock
    assert isinstance(clock, SetClock)
    clock.moment += timedelta(seconds=30)
    assert drained(here).ending.state == "done"


@pytest.mark.slow
def test_a_night_that_was_taken_over_publishes_nothing(here: Workspace) -> None:
    """Another worker takes the job while the night is computed: what the first one would publish is refused."""
    number = kinds_here.queue_job(here, "night")
    before = here.warehouse.newest()

    def overtaken(task: Task) -> None:
        with here.ledger.writing() as connection:
            passed = database_now(connection)
            connection.execute(JOB.update().where(JOB.c.id == number).values(lease_until=passed))
        assert claim(here.ledger, "other", ["night"], here.clock.now()) is not None
        with kinds_here.held_by(here.folder, here.clock, task) as mine, pytest.raises(LeaseLost) as lost:
            mine.run()
        raise lost.value

    hold = claim(here.ledger, "first", ["night"], here.clock.now())
    assert hold is not None
    ending = attempt(here.ledger, hold, Kind("night", "Night", overtaken), here.clock, lambda: 0.5, beat_s=60)

    assert ending.state is None
    assert here.warehouse.newest() == before
    assert job_of(here, number).claimed_by == "other"


def test_what_is_done_by_itself_follows_the_settings(here: Workspace) -> None:
    """At the shop's own hours; changed while a worker is at work, and kept where the file has a slip."""
    heard = kinds_here.heard(here)
    by_key = {each.key: each for each in heard()}
    assert set(by_key) == {"night", "measure"}
    assert by_key["night"].zone == "Asia/Shanghai"

    file = here.folder / "evergrove.toml"
    usual = file.read_text(encoding="utf-8")
    file.write_text(f'{usual}\n[jobs]\nnight = ""\nsend_minutes = 15\nlate_minutes = 30\n', encoding="utf-8")
    changed = {each.key: each for each in heard()}
    assert set(changed) == {"measure", "send"}
    assert changed["send"].late == timedelta(minutes=30)

    file.write_text(f'{usual}\n[jobs]\nnight = "25:00"\n', encoding="utf-8")
    assert {each.key: each for each in heard()} == changed


@pytest.mark.slow
def test_a_daily_run_comes_by_itself(here: Workspace) -> None:
    """The first worker begins the schedule; at three o'clock in the shop's zone the night is done."""
    assert drained(here) == []
    clock = here.clock
    assert isinstance(clock, SetClock)
    clock.moment = datetime(2026, 7, 2, 19, 1, tzinfo=UTC)  # 03:01 in Shanghai

    drained(here)

    with here.ledger.reading() as connection:
        (job,) = list_jobs(connection)
        coming = {each.schedule.key: each.next_at for each in standings(connection)}
    assert (job.kind, job.origin, job.state) == ("night", "night", "done")
    assert (job.result or {})["as_of"] == "2026-07-02"
    assert coming["night"] == datetime(2026, 7, 3, 19, tzinfo=UTC)


def test_a_backup_goes_where_the_settings_say(here: Workspace, tmp_path: Path) -> None:
    """Without a place it is given up at once, with the way out; with one it is there."""
    number = kinds_here.queue_job(here, "backup")
    assert drained(here).ending.reason == "app.no_backup_folder"
    assert "backup_folder" in (job_of(here, number).detail or {})["hint"]

    place = tmp_path / "backups"
    place.mkdir()
    with (here.folder / "evergrove.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[jobs]\nbackup_folder = "{place}"\nnight = ""\nmeasure = ""\n')
    kinds_here.queue_job(here, "backup")
    assert drained(here).ending.state == "done"
    assert len(list(place.iterdir())) == 1


@pytest.mark.parametrize("heeds", [True, False])
def test_a_worker_that_is_asked_to_end_hands_its_job_on(here: Workspace, *, heeds: bool) -> None:
    """At the next stage, or where none comes, when the grace is over."""
    number = kinds_here.queue_job(here, "tidy")
    hold = claim(here.ledger, "w", ["tidy"], here.clock.now())
    assert hold is not None

    def long(task: Task) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(1_000):
            if heeds:
                task.stage("Counting")
            Event().wait(0.01)
        pytest.fail("it was never asked")

    with ends_on_signal(grace_s=60 if heeds else 0.05) as stopping:
        kind = Kind("tidy", "Tidy", long)
        ending = attempt(here.ledger, hold, kind, here.clock, lambda: 0.5, stopping, beat_s=60)

    assert (ending.state, ending.reason) == ("queued", "jobs.handed_back")
    assert job_of(here, number).attempts == 0


def test_every_kind_that_can_be_queued_asks_for_a_right() -> None:
    """Whoever orders it needs it then, and still when it is done."""
    assert set(kinds_here.BY_NAME) <= set(kinds_here.RIGHTS)

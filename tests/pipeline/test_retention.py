"""What a workspace lets go of: old nights, which others must not need, and rejected rows after a month."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from evergrove.access import HashCost, Passwords, enter
from evergrove.access.tables import login
from evergrove.app.access import invite
from evergrove.app.jobs import cancel_job, queue_job
from evergrove.app.weeks import READ
from evergrove.core import SetClock
from evergrove.jobs import JOB, list_jobs
from evergrove.pipeline import tidy
from evergrove.pipeline.rejects import expire_rejects, expired, rejects_path
from evergrove.pipeline.replay import NoSuchRun
from evergrove.testing.workspaces import silent, write_orders, write_people

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

FIRST = date(2026, 6, 30)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
one_database = pytest.mark.parametrize("begun_workspace", ["sqlite"], indirect=True)
NEW = {f"N{n:02}": 150.0 for n in range(12)}


def night(workspace: Workspace, day: date) -> None:
    """The run of a day, in the night after it."""
    assert isinstance(workspace.clock, SetClock)
    two = datetime(day.year, day.month, day.day, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
    workspace.clock.moment = two + timedelta(days=1, minutes=day.day)  # no night begins to the minute
    workspace.run(day)


@one_database
@pytest.mark.slow
def test_kept_days_are_replayed_after_earlier_ones_have_gone(begun: Workspace, tmp_path: Path) -> None:
    """Five nights, of which two days are kept: these come out the same, doctor finds nothing, older files are gone."""
    shop = replace(
        begun, settings=replace(begun.settings, workspace=replace(begun.settings.workspace, keep_days=1))
    )
    scores = shop.folder / "warehouse" / "scores"
    first = set(scores.iterdir())
    day = FIRST + timedelta(days=1)
    shop.ingest([write_orders(tmp_path / "day.csv", day, NEW)], READ)
    shop.ingest_customers([write_people(tmp_path / "people.csv", dict.fromkeys(NEW, "yes"))], READ)
    for nth in range(1, 5):
        night(shop, FIRST + timedelta(days=nth))

    kept = [run.as_of for run in shop.warehouse.snapshots("run") if run.as_of]
    assert kept == [FIRST + timedelta(days=nth) for nth in (2, 3, 4)]
    for replayed in kept[1:]:
        assert shop.replay(replayed, silent).is_equal
    for gone in (FIRST, kept[0]):  # of the second only what the next one starts from
        with pytest.raises(NoSuchRun, match="2026-07-04"):
            shop.replay(gone, silent)
    notes = {"ledger.unsafe_sqlite", "pipeline.never_backed_up"}
    assert [each.code for each in shop.doctor() if each.code not in notes] == []
    assert not first & set(scores.iterdir())


@one_database
def test_a_dry_run_lets_go_of_nothing(begun: Workspace) -> None:
    """It stores nothing, and so it deletes nothing."""
    old = rejects_path(begun.folder, NOON - timedelta(days=90), 1, "a" * 64)
    old.parent.mkdir(exist_ok=True)
    old.touch()

    begun.run(dry_run=True)
    assert old.exists()

    begun.run()
    assert not old.exists()


def test_rejected_rows_are_deleted_after_a_month(tmp_path: Path) -> None:
    """By the moment in their name: a copy of the folder has new dates; what a killed import left goes too."""
    days = (0, 29, 31, 400)
    paths = [rejects_path(tmp_path, NOON - timedelta(days=n), n, "abcdef" * 11) for n in days]
    part = paths[2].with_name(paths[2].name + ".part")
    older_name, notes = tmp_path / "rejects" / "7-abcdefabcdef.csv", tmp_path / "rejects" / "notes.csv"
    (tmp_path / "rejects").mkdir()
    for path in (*paths, part, older_name, notes):
        path.write_text("file,line,code,reason,raw\n")
    long_ago = (NOON - timedelta(days=60)).timestamp()
    for path in (older_name, notes):
        os.utime(path, (long_ago, long_ago))

    assert set(expired(tmp_path, NOON)) == {*paths[2:], part, older_name}
    assert expire_rejects(tmp_path, NOON) == 4

    assert set((tmp_path / "rejects").iterdir()) == {*paths[:2], notes}
    assert expire_rejects(tmp_path, NOON) == 0
    assert expire_rejects(tmp_path / "nowhere", NOON) == 0


def test_jobs_and_log_ins_that_are_over_go_in_time(begun: Workspace) -> None:
    """Ended jobs after 90 days, but for those that wait for a person; whoever is still signed in stays so."""
    clock = begun.clock
    assert isinstance(clock, SetClock)
    done, dead, waiting = (queue_job(begun, kind) for kind in ("tidy", "backup", "inbox"))
    cancel_job(begun, done)
    ended = {"settled_at": clock.now(), "open_key": None}
    with begun.ledger.writing() as connection:
        connection.execute(JOB.update().where(JOB.c.id == dead).values(state="dead", **ended))
    link = invite(begun, "ada@shop.example", "admin")[1]
    passwords = Passwords(HashCost(1, 8, 1))
    enter(begun.ledger, passwords, link.token, "four words nobody joins", clock)
    passwords.close()

    clock.moment += timedelta(days=89)
    early = tidy(begun)
    clock.moment += timedelta(days=1)
    late = tidy(begun)

    assert (early.jobs, late.jobs) == (0, 1)
    assert early.logins >= 1
    with begun.ledger.reading() as connection:
        assert {job.id for job in list_jobs(connection)} == {dead, waiting}
        assert connection.execute(select(login.c.secret_hash)).all() == []

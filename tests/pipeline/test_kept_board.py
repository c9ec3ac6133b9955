"""Months that the nights keep: they say what counting says, in milliseconds, and outlast their runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from evergrove.app import open_workspace
from evergrove.core import SetClock
from evergrove.measurement.tables import target_month
from evergrove.measurement.targets.kept import UnknownMonth
from evergrove.pipeline import months
from evergrove.pipeline.kept_board import MonthNotKept
from evergrove.segments.tiers.adoption import adopt
from evergrove.segments.tiers.policy import policy_from
from evergrove.settings import Settings
from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.app import Workspace
    from evergrove.segments.tiers.policy import TierPolicy

JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)
FIRST, SECOND = date(2026, 6, 30), date(2026, 7, 9)


@pytest.fixture
def here(begun_on_sqlite: tuple[Path, str], tmp_path: Path) -> Iterator[Workspace]:
    """A workspace after its first night, as of the last day of June, some days later."""
    clock = SetClock(datetime(2026, 7, 20, 2, tzinfo=ZoneInfo("Asia/Shanghai")))
    with open_workspace(copy_of(begun_on_sqlite[0], tmp_path / "workspace"), clock) as opened:
        yield opened


def without_cache(here: Workspace) -> None:
    """Forget what was counted but for what nights keep."""
    (here.folder / "cache" / "targets.json").unlink(missing_ok=True)


@pytest.mark.slow
def test_what_is_kept_is_what_is_counted(here: Workspace) -> None:
    """The finished month by its last run, the running one by the newest; a second time nothing is left to count."""
    assert here.keep_targets() == (JUNE,)
    here.run(SECOND)
    assert here.keep_targets() == (JULY,)
    assert here.keep_targets() == ()

    kept, june = here.kept_targets(past=1).as_json(), here.kept_targets(JUNE, past=0).as_json()

    without_cache(here)
    assert june == here.targets(JUNE, past=0).as_json()
    assert kept == here.targets(past=1).as_json()
    assert (kept["month"], kept["as_of"]) == ("2026-07", "2026-07-09")
    with pytest.raises(MonthNotKept):
        here.kept_targets(date(2026, 5, 31))


@pytest.mark.slow
def test_a_month_outlasts_its_runs(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the snapshots of a month have been let go of, its board is still what the last night of it said."""
    here.keep_targets()
    before = here.kept_targets(JUNE, past=0).as_json()
    here.run(SECOND)
    (first, _second) = here.warehouse.snapshots("run")
    with here.ledger.writing() as connection:
        here.warehouse.retire(connection, [first.id])
    without_cache(here)

    def counted(*_all: Any, **_named: Any) -> Any:
        pytest.fail("a month was counted")

    monkeypatch.setattr(months, "read_measures", counted)
    assert here.targets(JUNE, past=0).as_json() == before
    assert before["basis"] == "published"


@pytest.mark.slow
def test_each_month_says_by_which_policy_it_was_judged(here: Workspace) -> None:
    """A policy that somebody adopts rules from the next run on; the month before keeps its own."""
    here.keep_targets()
    with here.ledger.writing() as connection:
        adopt(connection, stricter(), here.clock.now(), by="test")
    here.run(SECOND)
    here.keep_targets()

    board = here.kept_targets(past=1).as_json()

    assert (board["policy"]["name"], board["policy"]["version"]) == ("stricter", 1)
    (june,) = board["earlier"]
    assert june["policy"]["name"] == "settings"
    assert june["policy"]["sum"] != board["policy"]["sum"]


def stricter() -> TierPolicy:
    """Some policy that nobody has stated in settings."""
    return replace(policy_from(Settings().tiers), name="stricter")


@pytest.mark.slow
def test_a_target_that_is_set_later_has_a_reason_and_no_number(here: Workspace) -> None:
    """Until the next run counts it."""
    here.keep_targets()
    text = (
        'format = "evergrove.own_targets/1"\n[kept]\ndenominator = "tier = \'high\'"\nnumerator = "stage = \'mature\'"\n'
        'at_least = 0.5\nname = "Kept"\n'
    )
    (here.folder / "targets.toml").write_text(text, encoding="utf-8")
    own = here.kept_targets(JUNE, past=0).as_json()["targets"][-1]
    assert (own["key"], own["value"], own["reason"]) == ("kept", None, "measurement.not_counted_then")


@pytest.mark.slow
def test_what_a_later_release_kept_is_refused(here: Workspace) -> None:
    """Rather than read wrongly."""
    here.keep_targets()
    with here.ledger.writing() as connection:
        connection.execute(update(target_month).values(document={"format": "evergrove.target_month/2"}))
    with pytest.raises(UnknownMonth):
        here.kept_targets(JUNE)

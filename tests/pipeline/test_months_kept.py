"""Months that were counted are kept: the same figures without counting, and counted anew when anything changes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from math import inf, nan
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.app import open_workspace
from evergrove.ingest import ReadOptions
from evergrove.measurement.targets import Reading, service
from evergrove.measurement.targets.rules import NO_LINES
from evergrove.pipeline import months, months_kept
from evergrove.pipeline.months_kept import Kept
from evergrove.pipeline.standings import Looking
from evergrove.stats import Estimate
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.app import Workspace

FEBRUARY, JUNE = date(2026, 2, 1), date(2026, 6, 1)
READINGS = {
    "mature_churn": Reading(
        "mature_churn", FEBRUARY, JUNE, 7, Estimate(1 / 3, 0.1, inf, 0.8), "wilson", annual=0.1 + 0.2
    ),
    "cross_sell_share": Reading("cross_sell_share", FEBRUARY, JUNE, 0, reason=NO_LINES),
}


@pytest.fixture
def here(begun_on_sqlite: tuple[Path, str], tmp_path: Path) -> Iterator[Workspace]:
    """A workspace that has begun, open."""
    from evergrove.testing.workspaces import copy_of

    with open_workspace(copy_of(begun_on_sqlite[0], tmp_path / "workspace")) as opened:
        yield opened


@pytest.mark.slow
def test_other_settings_are_another_question(here: Workspace, counted: list[date]) -> None:
    """Of a month that a run published the day before its quarter is still looked back upon by today's settings."""
    board(here, JUNE)
    value = replace(here.settings.value, margin=0.37)
    other = replace(here, settings=replace(here.settings, value=value))
    board(other, JUNE)
    board(other, JUNE)
    assert len(counted) == 2


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """The months whose measures are really counted, by their last days."""
    found: list[date] = []

    def counting(engine: Any, end: date, *arguments: Any, **options: Any) -> Any:
        found.append(end)
        return service.read_measures(engine, end, *arguments, **options)

    monkeypatch.setattr(months, "read_measures", counting)
    return found


def board(here: Workspace, month: date, past: int = 0) -> dict[str, Any]:
    """The document of a month."""
    return here.targets(month, past=past).as_json()


def test_readings_come_back_to_the_last_bit(tmp_path: Path) -> None:
    """Infinity, no estimate and a third among them; under another question there is nothing."""
    kept = Kept(tmp_path)
    kept.keep({"day": JUNE}, READINGS)
    kept.write()
    again = Kept(tmp_path)
    assert again.find({"day": JUNE}) == READINGS
    assert again.find({"day": FEBRUARY}) is None
    kept.keep({"day": 1}, {"x": replace(READINGS["mature_churn"], estimate=Estimate(nan, nan, nan, 0.8))})
    found = kept.find({"day": 1})
    assert found is not None
    assert str(found["mature_churn"].estimate) == str(Estimate(nan, nan, nan, 0.8))


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format": "evergrove.months_kept/0"}', "\x00"])
def test_a_damaged_file_is_as_if_it_were_not_there(tmp_path: Path, damage: str) -> None:
    """And is written anew; nobody is told of an error for what can be counted again."""
    path = tmp_path.joinpath(*months_kept.FILE)
    path.parent.mkdir()
    path.write_text(damage)
    kept = Kept(tmp_path)
    assert kept.find({"day": JUNE}) is None
    kept.keep({"day": JUNE}, READINGS)
    kept.write()
    assert Kept(tmp_path).find({"day": JUNE}) == READINGS
    told = json.loads(path.read_text())
    (entry,) = told["entries"].values()
    del entry["readings"][0]["estimate"]["high"]
    path.write_text(json.dumps(told))
    assert Kept(tmp_path).find({"day": JUNE}) is None


@pytest.mark.parametrize("change", ["figure", "month", "nothing"])
def test_a_figure_that_was_changed_is_counted_anew(tmp_path: Path, change: str) -> None:
    """What somebody wrote over a figure, or moved from one month to another, is not shown as if it were counted."""
    kept = Kept(tmp_path)
    for month in ("2026-05", "2026-06"):
        kept.keep({"month": month}, READINGS)
    kept.write()
    path = tmp_path / "cache" / "targets.json"
    assert path.stat().st_mode & 0o077 == 0
    told = json.loads(path.read_text())
    may, june = told["entries"]
    if change == "figure":
        told["entries"][june]["readings"][0]["customers"] = 8
    elif change == "month":
        told["entries"][june] = told["entries"][may]
    path.write_text(json.dumps(told))

    found = Kept(tmp_path).find({"month": "2026-06"})

    assert found == (READINGS if change == "nothing" else None)


def test_another_version_counts_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A measure may be counted in another way since; so may another format."""
    kept = Kept(tmp_path)
    kept.keep({"day": JUNE}, READINGS)
    kept.write()
    monkeypatch.setattr(months_kept, "__version__", "99")
    assert Kept(tmp_path).find({"day": JUNE}) is None


def test_a_disk_that_refuses_costs_only_time(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "cache").write_text("")
    kept = Kept(tmp_path)
    kept.keep({"day": JUNE}, READINGS)
    kept.write()
    assert kept.find({"day": JUNE}) == READINGS
    assert Kept(tmp_path).find({"day": JUNE}) is None


@pytest.mark.slow
def test_a_month_is_counted_once_and_says_the_same(here: Workspace, counted: list[date]) -> None:
    """A published month and one looked back upon; the second time no model is fitted and nothing counted."""
    first = board(here, JUNE), board(here, FEBRUARY)
    assert counted == [date(2026, 6, 30), date(2026, 2, 28)]
    assert (board(here, JUNE), board(here, FEBRUARY)) == first
    assert len(counted) == 2
    text = here.folder.joinpath(*months_kept.FILE).read_text()
    newest = here.warehouse.newest("run")
    assert newest is not None
    with open_engine(threads=1) as engine:
        here.warehouse.show(engine, newest, "tiers")
        ids = [name for (name,) in engine.run("select customer_id from tiers")]
    assert not [name for name in ids if name in text]


@pytest.mark.slow
def test_whatever_changes_a_month_counts_it_anew(
    here: Workspace, counted: list[date], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Orders of that month that came in late, once a run knows them; and what is served is what counting says.

    The day before the quarter and the month's last are what is spared.
    """
    before = board(here, FEBRUARY)
    late = tmp_path / "late.csv"
    rows = "".join(f"late-{n},L{n},2026-02-1{n},50.00,paid\n" for n in range(5))
    late.write_text("order_id,customer_id,order_date,amount,status\n" + rows, encoding="utf-8")
    here.ingest([late], ReadOptions())
    assert board(here, FEBRUARY) == before  # no run knows of them
    assert len(counted) == 1
    here.run(date(2026, 7, 28))
    after = board(here, FEBRUARY)
    assert len(counted) == 2
    assert after != before
    calls: list[date] = []
    plain = Looking._looked_back

    def looking(self: Looking, day: date, known: Any) -> Any:
        calls.append(day)
        return plain(self, day, known)

    monkeypatch.setattr(Looking, "_looked_back", looking)
    assert board(here, FEBRUARY) == after
    assert calls == []
    here.folder.joinpath(*months_kept.FILE).unlink()
    assert board(here, FEBRUARY) == after
    assert calls == [date(2025, 11, 30), date(2026, 2, 28)]

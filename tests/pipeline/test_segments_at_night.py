"""Segments from night to night in a workspace: members with reasons, and a replay that comes to the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import BEGUN

from evergrove.app import open_workspace
from evergrove.app.weeks import READ
from evergrove.core import SetClock
from evergrove.export.segments import MEMBERS
from evergrove.pipeline.export import NothingGrouped, NothingPublished
from evergrove.pipeline.replay import replay_runs
from evergrove.pipeline.segment_asking import find
from evergrove.pipeline.segment_standings import standings
from evergrove.pipeline.segmented import catalogue_here
from evergrove.segments.language.errors import NoSegment
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.store import define, remove
from evergrove.segments.tiers.adoption import adopt
from evergrove.segments.tiers.documents import read_policy
from evergrove.testing.workspaces import copy_of, silent, write_orders, write_people
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

DAY = date(2026, 7, 1)


class Nights:
    """A workspace on the mornings after its first night."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._day = 0

    def after(self, amounts: dict[str, float], **segments: str) -> list[tuple[Any, ...]]:
        """Define segments ("" removes one), import orders of the next day, run; the members after it."""
        self._day += 1
        with open_workspace(self.folder, SetClock(BEGUN + timedelta(days=self._day))) as here:
            with here.ledger.writing() as connection:
                for key, text in segments.items():
                    if text:
                        define(connection, key, parse(text), here.clock.now())
                    else:
                        remove(connection, key, here.clock.now())
            day = DAY + timedelta(days=self._day - 1)
            if amounts:
                here.ingest([write_orders(self.folder.parent / f"{day}.csv", day, amounts)], READ)
            here.run()
            return members(here)


def members(here: Workspace) -> list[tuple[Any, ...]]:
    """Of the newest run, without versions."""
    seen = here.warehouse.newest("run")
    assert seen is not None
    with open_engine() as engine:
        if not here.warehouse.show(engine, seen, MEMBERS):
            return []
        return engine.run(
            f"select segment, customer_id, entered_on, exited_on, entry_reason, exit_reason from {MEMBERS}"
            " order by segment, customer_id, entered_on"
        )


@pytest.fixture
def nights(begun_on_sqlite: tuple[Path, str], tmp_path: Path) -> Nights:
    """A copy of a workspace that has begun."""
    return Nights(copy_of(begun_on_sqlite[0], tmp_path / "workspace"))


@pytest.mark.slow
def test_nights_tell_who_came_and_went_and_replays_come_to_the_same(nights: Nights) -> None:
    """Two new customers enter; a second order takes one out; a changed and a removed segment say so."""
    one = "customer_id in ('N1', 'N2', 'N3') and orders = 1"
    first = nights.after(
        {"N1": 150.0, "N2": 90.0}, fresh=one, both="in_segment('fresh') and orders_within(1) >= 1"
    )
    second = nights.after({"N2": 90.0, "N3": 20.0})
    third = nights.after({}, fresh="customer_id = 'N2'")
    last = nights.after({}, both="", fresh="customer_id = 'N3'")

    days = [DAY + timedelta(days=n) for n in range(4)]
    assert [row for row in first if row[0] == "fresh"] == [
        ("fresh", "N1", days[0], None, "definition", None),
        ("fresh", "N2", days[0], None, "definition", None),
    ]
    assert [row[1:] for row in second if row[0] == "fresh"] == [
        ("N1", days[0], None, "definition", None),
        ("N2", days[0], days[1], "definition", "data"),
        ("N3", days[1], None, "data", None),
    ]
    assert [row[1] for row in second if row[0] == "both" and row[3] is None] == ["N3"]
    assert ("fresh", "N2", days[2], None, "definition", None) in third
    assert {row[5] for row in last if row[0] == "both"} == {"data"}
    assert ("fresh", "N3", days[3], None, "definition", None) in last
    with open_workspace(nights.folder, SetClock(BEGUN + timedelta(days=5))) as here:
        replays = list(replay_runs(here.ledger, here.warehouse, here.settings, silent))
    assert [MEMBERS in each.published for each in replays] == [False, True, True, True, True]
    assert all(each.is_equal for each in replays)


@pytest.mark.slow
def test_consent_is_asked_as_of_the_run_and_a_joined_person_is_one(nights: Nights, tmp_path: Path) -> None:
    """A yes that comes later enters later; who is joined leaves for that reason; replays know both as of then."""
    asked = {"yes": "consent('marketing', 'email') = 'granted' and customer_id in ('N1', 'N2')"}
    nights.after({"N1": 150.0, "N2": 90.0}, **asked)
    with open_workspace(nights.folder, SetClock(BEGUN + timedelta(days=1, hours=5))) as here:
        here.ingest_customers([write_people(tmp_path / "people.csv", {"N1": "yes", "N2": "yes"})], READ)
    entered = nights.after({})
    with open_workspace(nights.folder, SetClock(BEGUN + timedelta(days=2, hours=5))) as here:
        here.merge("N1", "N2")
    joined = nights.after({})

    assert [row[1:] for row in entered] == [
        ("N1", DAY + timedelta(days=1), None, "data", None),
        ("N2", DAY + timedelta(days=1), None, "data", None),
    ]
    assert [row[5] for row in joined if row[3] is not None] == ["identity"]
    assert len([row for row in joined if row[3] is None]) == 1
    with open_workspace(nights.folder, SetClock(BEGUN + timedelta(days=9))) as here:
        assert all(each.is_equal for each in replay_runs(here.ledger, here.warehouse, here.settings, silent))


OWN = {
    "format": "evergrove.tier_policy/1",
    "name": "club",
    "tiers": [{"key": "guest"}, {"key": "gold"}],
    "criteria": {"spend": [100]},
    "combine": "all",
}


@pytest.mark.slow
def test_a_segment_of_own_tiers_outlives_its_policy(nights: Nights) -> None:
    """Its members are those of the tier; who had one under a policy that is over leaves, and replays still know it."""
    with open_workspace(nights.folder, SetClock(BEGUN + timedelta(hours=5))) as here:
        with here.ledger.writing() as connection:
            adopt(connection, read_policy(OWN), here.clock.now())
        with here.ledger.reading() as connection:
            words = catalogue_here(connection)
        with here.ledger.writing() as connection:
            define(connection, "golden", parse("own_tier = 'gold'", words), here.clock.now())
    entered = nights.after({"N1": 150.0, "N2": 90.0})
    over = SetClock(BEGUN + timedelta(days=1, hours=5))
    with open_workspace(nights.folder, over) as here, here.ledger.writing() as connection:
        adopt(connection, None, over.now())
    left = nights.after({})

    assert ("golden", "N1", DAY, None, "definition", None) in entered
    assert "N2" not in {row[1] for row in entered}
    assert {row[3] for row in left} == {DAY + timedelta(days=1)}
    assert len(left) == len(entered)
    with open_workspace(nights.folder, SetClock(BEGUN + timedelta(days=9))) as here:
        assert all(each.is_equal for each in replay_runs(here.ledger, here.warehouse, here.settings, silent))


@pytest.mark.slow
def test_asking_now_finds_whom_the_night_found(nights: Nights) -> None:
    """Batch and asking share one statement: a stored condition asked now has the members that were published."""
    text = "tier in ('high', 'potential') or events('visit', 30) >= 1 or paid_within(60) > 100"
    stored = nights.after({"N1": 150.0}, some=text, rest="not in_segment('some')")

    with open_workspace(nights.folder, SetClock(BEGUN + timedelta(days=1))) as here:
        for key in ("some", "rest"):
            found = find(here, parse(f"in_segment('{key}')"))
            assert found.members["customer_id"].to_pylist() == [row[1] for row in stored if row[0] == key]
            assert found.as_of == DAY
        assert (
            find(here, parse("in_segment('some') or in_segment('rest')")).members.num_rows == found.customers
        )
        _seen, standing = standings(here)
        assert standing["some"].members + standing["rest"].members == found.customers
        assert standing["some"].entered == {"definition": standing["some"].members}
        with pytest.raises(NoSegment):
            find(here, parse("in_segment('none')"))


@pytest.mark.slow
def test_a_run_with_nothing_new_does_nothing_but_a_new_segment_is_news(nights: Nights) -> None:
    """The same day again: only where a segment was defined in between is there anything to do."""
    with open_workspace(nights.folder, SetClock(BEGUN)) as here, pytest.raises(NothingGrouped):
        here.export(MEMBERS, nights.folder / "members.csv")
    nights.after({"N1": 150.0}, one="orders = 1")
    with open_workspace(nights.folder, SetClock(BEGUN + timedelta(days=1, hours=1))) as here:
        assert not here.run().is_new
        with here.ledger.writing() as connection:
            define(connection, "two", parse("orders = 2"), here.clock.now())
        assert here.run().is_new
        assert {row[0] for row in members(here)} == {"one", "two"}
        assert here.export(MEMBERS, nights.folder / "members.csv") == len(members(here))


def test_before_the_first_night_nobody_can_be_counted(tmp_path: Path) -> None:
    """It is said, and nothing is guessed."""
    from evergrove.app import create_workspace

    clock = SetClock(BEGUN)
    create_workspace(tmp_path / "shop", chosen={}, key_file=tmp_path / "key", clock=clock)
    with open_workspace(tmp_path / "shop", clock) as here, pytest.raises(NothingPublished):
        find(here, parse("orders = 1"))

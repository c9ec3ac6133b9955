"""A tier policy that somebody adopts rules the next night, says so, and is there when the night is replayed."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from evergrove.core import SetClock
from evergrove.pipeline.tier_preview import preview_policy
from evergrove.segments import read_placement
from evergrove.segments.tiers.adoption import adopt, adopted_policy, adoptions, policy_named
from evergrove.segments.tiers.documents import SETTINGS
from evergrove.warehouse import identifier, open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

DAY = date(2026, 7, 1)
NEXT_NIGHT = datetime(2026, 7, 2, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
OWN = """
format = "evergrove.tier_policy/1"
name = "club"
combine = "all"
[[tiers]]
key = "guest"
like = "low"
[[tiers]]
key = "member"
like = "medium"
[[tiers]]
key = "gold"
like = "high"
[criteria]
spend = [50, 500]
orders = [1, 3]
"""
one_database = pytest.mark.parametrize("begun_workspace", ["sqlite"], indirect=True)


def set_clock(workspace: Workspace, moment: datetime) -> None:
    """The next night."""
    assert isinstance(workspace.clock, SetClock)
    workspace.clock.moment = moment


def adopted(workspace: Workspace, wanted: str) -> tuple[str, int]:
    """Adopt a policy; its name and version."""
    with workspace.ledger.writing() as connection:
        found = adopt(connection, policy_named(wanted), workspace.clock.now())
    return found.name, found.version


def published(workspace: Workspace, column: str) -> set[str]:
    """What stands in a column of the newest tiers, NULL left out."""
    run = workspace.warehouse.newest("run")
    assert run is not None
    with open_engine() as engine:
        workspace.warehouse.show(engine, run, "tiers", "tiers")
        found = engine.run(
            f"select distinct {identifier(column)} from tiers where {identifier(column)} is not null"
        )
        return {str(value) for (value,) in found}


def counted(workspace: Workspace, column: str) -> Counter[str]:
    """How many customers of the newest run stand in each tier."""
    run = workspace.warehouse.newest("run")
    assert run is not None
    with open_engine() as engine:
        workspace.warehouse.show(engine, run, "tiers", "tiers")
        name = identifier(column)
        found = engine.run(f"select {name}, count(*) from tiers where {name} is not null group by 1")
        return Counter({str(tier): int(count) for tier, count in found})


def test_an_adopted_policy_rules_the_next_night_and_its_replay(begun: Workspace, tmp_path: Path) -> None:
    """Moves say that it was our doing, the night's document holds the policy, and the replay needs no ledger of it."""
    path = tmp_path / "club.toml"
    path.write_text(OWN)
    assert adopted(begun, str(path)) == ("club", 1)
    set_clock(begun, NEXT_NIGHT)

    outcome = begun.run()

    assert published(begun, "own_tier") == {"guest", "member", "gold"}
    assert published(begun, "tier") == {"low", "medium", "high"}
    assert published(begun, "spend_band") == {"guest", "member", "gold"}
    assert published(begun, "average_order_band") == set()
    by_tier = {cause for (axis, _before, _after, cause) in outcome.moves if axis == "tier"}
    assert by_tier <= {"policy", "evidence", "clock"}
    assert "policy" in by_tier
    run = begun.warehouse.newest("run")
    assert run is not None
    rules = read_placement(run.details["placement"]).policy.rules
    assert (rules.name, rules.version) == ("club", 1)
    adopted(begun, SETTINGS)  # the replay goes by what the night has noted
    assert begun.replay(DAY).is_equal


@one_database
def test_versions_count_adoptions_and_the_same_twice_is_one(begun: Workspace) -> None:
    """Going back to the settings is an adoption too."""
    assert adopted(begun, "three_tiers") == ("three_tiers", 1)
    assert adopted(begun, "three_tiers") == ("three_tiers", 1)
    assert adopted(begun, SETTINGS) == (SETTINGS, 1)
    assert adopted(begun, "three_tiers") == ("three_tiers", 2)
    with begun.ledger.reading() as connection:
        found = adopted_policy(connection)
    assert found is not None
    assert (found.name, found.version, found.keys) == ("three_tiers", 2, ("low", "medium", "high"))


@one_database
def test_a_run_of_the_same_day_under_another_policy_is_a_new_one(begun: Workspace) -> None:
    """What was published under the old one does not stand any more."""
    set_clock(begun, NEXT_NIGHT)
    begun.run()
    assert not begun.run().is_new
    adopted(begun, "three_tiers")

    assert begun.run().is_new


@one_database
@pytest.mark.parametrize("policy", ["three_tiers", "settings", "own"])
def test_a_preview_says_what_the_night_under_the_policy_does(
    begun: Workspace, tmp_path: Path, policy: str
) -> None:
    """Counts by tier are those of a run of the same day after the adoption; the preview itself stores nothing."""
    if policy == "own":
        (tmp_path / "club.toml").write_text(OWN)
        policy = str(tmp_path / "club.toml")
    said = preview_policy(begun.warehouse, begun.settings, policy_named(policy))
    with begun.ledger.reading() as connection:
        assert adoptions(connection) == ()
    adopted(begun, policy)
    begun.run()

    foretold: Counter[str] = Counter()
    for (_before, after), (count, _value) in said.flows.items():
        foretold[after] += count
    column = "own_tier" if "club" in policy else "tier"
    assert +foretold == counted(begun, column)
    assert said.customers == sum(foretold.values())
    assert all(before != after for _who, before, after, _value in said.movers)


def test_bounds_that_equalise_put_as_many_into_each_tier(begun: Workspace) -> None:
    """By spend alone, and by value: where figures are not alike, shares are."""
    said = preview_policy(begun.warehouse, begun.settings, policy_named("three_tiers"))

    low, high = said.bounds["spend"]["equal_customers"]
    assert 0 < low < high
    with open_engine() as engine:
        run = begun.warehouse.newest("run")
        assert run is not None
        begun.warehouse.show(engine, run, "scores", "scores")
        shares = engine.arrays(
            "select avg(cast(spend_12m < $low as double)) as low, avg(cast(spend_12m >= $high as double)) as high "
            "from scores where orders_12m is not null",
            low=low,
            high=high,
        )
    assert shares["low"][0] == pytest.approx(1 / 3, abs=0.02)
    assert shares["high"][0] == pytest.approx(1 / 3, abs=0.02)

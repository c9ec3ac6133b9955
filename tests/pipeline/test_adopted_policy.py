"""A tier policy that somebody adopts rules the next night, says so, and is there when the night is replayed."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from evergrove.core import SetClock
from evergrove.segments import read_placement
from evergrove.segments.tiers.adoption import SETTINGS, adopt, adopted_policy, policy_named
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

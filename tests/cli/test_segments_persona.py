"""``evergrove segments persona`` in a real workspace."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from evergrove.app import open_workspace
from evergrove.cli.segments_persona import persona
from evergrove.segments.tiers.adoption import adopt
from evergrove.segments.tiers.documents import read_policy
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result


def run(folder: Path, *arguments: str) -> Result:
    """The command by itself."""
    command = typer.Typer(pretty_exceptions_enable=False)
    command.command("persona")(persona)
    return CliRunner().invoke(command, [*arguments, "-w", str(folder)])


@pytest.mark.slow
def test_a_persona_speaks_of_everybody_in_the_group(begun_folder: Path) -> None:
    """The group has as many customers as the newest run placed in it, and what makes the group is not told of it."""
    result = run(begun_folder, "stage=churned", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    with open_workspace(begun_folder) as here, open_engine() as engine:
        newest = here.warehouse.newest("run")
        assert newest is not None
        here.warehouse.show(engine, newest, "tiers")
        churned = engine.value("select count(*) from tiers where stage = 'churned'")
    assert (found["format"], found["axis"], found["value"]) == ("evergrove.persona/1", "stage", "churned")
    assert found["customers"] == churned
    told = {each["name"] for each in (*found["attributes"], *found["shifts"])}
    assert not told & {"stage", "silence", "tier", "spend_12m"}


@pytest.mark.slow
@pytest.mark.parametrize("group", ["tier=gold", "colour=red", "tier", "segment=nobody"])
def test_a_group_that_nobody_can_be_in_is_refused(begun_folder: Path, group: str) -> None:
    """With what may be written instead."""
    result = run(begun_folder, group)
    assert result.exit_code == 2
    assert "pipeline.no_such_group" in result.output


@pytest.mark.slow
def test_a_policys_own_tier_is_a_group(begun_folder: Path) -> None:
    """By its own key: as many customers as stand in it, and the usual names are refused with what there is."""
    own = {
        "format": "evergrove.tier_policy/1",
        "name": "club",
        "tiers": [{"key": "guest"}, {"key": "gold"}],
        "criteria": {"spend": [500]},
    }
    with open_workspace(begun_folder) as here:
        with here.ledger.writing() as connection:
            adopt(connection, read_policy(own), here.clock.now())
        here.run(date(2026, 7, 2))
        newest = here.warehouse.newest("run")
        with open_engine() as engine:
            assert newest is not None
            here.warehouse.show(engine, newest, "tiers")
            gold = engine.value("select count(*) from tiers where own_tier = 'gold'")

    result = run(begun_folder, "tier=gold", "--json")
    refused = run(begun_folder, "tier=high")

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["customers"] == gold > 0
    assert refused.exit_code == 2
    assert "tier=guest, tier=gold" in refused.output

"""``evergrove targets`` in a real workspace: as published, looked back upon, and refused."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from evergrove.app import open_workspace
from evergrove.cli.main import cli

if TYPE_CHECKING:
    from pathlib import Path

OWN = 'format = "evergrove.own_targets/1"\n[loyal]\nmeasure = "mature_churn"\nat_most = 0.9\nname = "Loyal ones"\n'


def run(folder: Path, *arguments: str) -> str:
    """What the command prints."""
    result = CliRunner().invoke(cli, ["targets", "-w", str(folder), "--past", "0", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.slow
def test_the_board_of_the_month_of_the_run_is_the_published_one(begun_folder: Path) -> None:
    """The states of the run count at the month's end; a target of the shop's own stands below the six."""
    (begun_folder / "targets.toml").write_text(OWN, encoding="utf-8")
    board = json.loads(run(begun_folder, "--json"))
    assert board["format"] == "evergrove.targets/1"
    assert (board["month"], board["as_of"], board["basis"]) == ("2026-06", "2026-06-30", "published")
    by_key = {each["key"]: each for each in board["targets"]}
    assert len(by_key) == 7
    with open_workspace(begun_folder) as here:
        path = begun_folder / "tiers.csv"
        here.export("tiers", path)
    rows = [line.split(",") for line in path.read_text(encoding="utf-8-sig").splitlines()]
    stages = [row[rows[0].index("stage")] for row in rows[1:]]
    assert by_key["mature_churn"]["customers"] <= len(stages)
    assert by_key["loyal"]["value"] == by_key["mature_churn"]["value"]
    assert by_key["loyal"]["bound"] == 0.9


@pytest.mark.slow
def test_a_month_before_the_first_run_is_looked_back_upon(begun_folder: Path) -> None:
    """By orders until then alone: a later import of later orders changes nothing; and it is said in words."""
    said = run(begun_folder, "--month", "2026-02", "--lang", "zh-Hant")
    assert "2026年2月28日" in said
    assert "以今天所知" in said
    with open_workspace(begun_folder) as here:
        board = here.targets(date(2026, 2, 1), past=0)
    assert board.month.basis == "looked_back"
    assert board.month.as_of == date(2026, 2, 28)


@pytest.mark.slow
def test_months_of_which_nothing_can_be_known_are_refused(begun_folder: Path) -> None:
    """One to come, one before the first order, and one that is no month."""
    for month, code in (
        ("2026-07", "pipeline.month_to_come"),
        ("1999-01", "pipeline.month_too_early"),
        ("May", "cli.invalid_option"),
    ):
        result = CliRunner().invoke(cli, ["targets", "-w", str(begun_folder), "--month", month])
        assert result.exit_code == 2
        assert code in result.output

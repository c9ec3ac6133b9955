"""``evergrove run`` says in one line what the night did to the stored segments."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from evergrove.app import open_workspace
from evergrove.cli.main import cli
from evergrove.pipeline.segment_standings import tonight
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.store import define, remove

if TYPE_CHECKING:
    from pathlib import Path


def night(folder: Path, day: str, *options: str) -> str:
    """What a run of a day prints."""
    result = CliRunner().invoke(cli, ["run", "-w", str(folder), "--as-of", day, *options])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.slow
def test_a_run_says_who_entered_and_who_left(begun_folder: Path) -> None:
    """The segments that changed most; those over are told once; where none is stored there is no line."""
    with open_workspace(begun_folder) as here:
        newest = here.warehouse.newest("run")
        assert newest is not None
        assert newest.as_of is not None
        days = [str(newest.as_of + timedelta(days=n)) for n in (1, 2, 3)]
        customers = len(_scored(begun_folder))
        assert "Segments" not in night(begun_folder, days[0])
        with here.ledger.writing() as connection:
            for nth in range(6):
                define(connection, f"all_{nth}", parse("customer_id is not unknown"), here.clock.now())
            define(connection, "a_few", parse("orders > 100000"), here.clock.now())
        said = night(begun_folder, days[1])
        (line,) = [each for each in said.splitlines() if each.startswith("Segments")]
        assert line == (
            "Segments, with who entered and who left: "
            + ", ".join(f"all_{nth} {customers:,} (+{customers:,} -0)" for nth in range(5))
            + ", 2 more."
        )
        with here.ledger.writing() as connection:
            remove(connection, "all_0", here.clock.now())
        found = json.loads(night(begun_folder, days[2], "--json"))["segments"]
        assert found["all_0"] == {"members": 0, "entered": 0, "left": customers}
        assert found["all_1"] == {"members": customers, "entered": 0, "left": 0}
        assert found["a_few"] == {"members": 0, "entered": 0, "left": 0}
        assert found == tonight(here)


def _scored(folder: Path) -> list[str]:
    """Everybody who may be in a segment."""
    with open_workspace(folder) as here:
        path = folder / "scores.csv"
        here.export("scores", path)
        return path.read_text(encoding="utf-8-sig").splitlines()[1:]

"""``evergrove segments due`` in a real workspace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from evergrove.cli.segments import segments

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.parametrize("begun_workspace", ["sqlite"], indirect=True)


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and what was printed."""
    result = CliRunner().invoke(segments, ["due", *arguments, "-w", str(folder)])
    return result.exit_code, result.output


@pytest.mark.slow
def test_the_days_ahead_are_told_to_people_and_machines(begun_folder: Path) -> None:
    """The same count in a sentence and in JSON; every day of it lies after the run's."""
    code, output = run(begun_folder, "--json")
    assert code == 0
    found = json.loads(output)

    assert found["due"] == sum(found["because"].values())
    assert found["due"] == sum(sum(day["because"].values()) for day in found["days"])
    assert all(day["day"] > found["as_of"] for day in found["days"])
    code, output = run(begun_folder)
    assert code == 0
    assert f"{found['due']} of {found['customers']} customers may move within 30 days" in " ".join(
        output.split()
    )
    assert "silence means churned" in output or "silence means decline" in output or "churned" in output


@pytest.mark.slow
@pytest.mark.parametrize(("language", "word"), [("zh-Hans", "位客户"), ("zh-Hant", "位顧客")])
def test_it_is_told_in_chinese(begun_folder: Path, language: str, word: str) -> None:
    """No English word of what may happen is left."""
    code, output = run(begun_folder, "--lang", language)

    assert code == 0
    assert word in output
    assert "silence" not in output
    assert "band" not in output


@pytest.mark.slow
def test_a_day_that_nobody_looked_ahead_to_is_refused(begun_folder: Path) -> None:
    """With the day of the newest run, and how far it looked."""
    code, output = run(begun_folder, "--as-of", "2031-01-01")

    assert code == 2
    assert "365 days ahead" in " ".join(output.split())
    assert run(begun_folder, "--as-of", "soon")[0] == 2

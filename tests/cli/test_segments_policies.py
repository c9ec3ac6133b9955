"""``evergrove segments policies``, ``preview`` and ``adopt`` in a real workspace."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from evergrove.cli.segments import segments

if TYPE_CHECKING:
    from pathlib import Path


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and what was printed."""
    result = CliRunner().invoke(segments, [*arguments, "-w", str(folder)])
    return result.exit_code, result.output


def told(folder: Path, *arguments: str) -> dict[str, Any]:
    """The answer for machines."""
    code, output = run(folder, *arguments, "--json")
    assert code == 0, output
    found: dict[str, Any] = json.loads(output)
    return found


@pytest.mark.slow
def test_a_policy_is_seen_tried_out_and_adopted(begun_folder: Path) -> None:
    """Nothing rules before somebody says so; every customer stands in one flow."""
    assert told(begun_folder, "policies")["ruling"] == "settings"

    found = told(begun_folder, "preview", "three_tiers")

    assert sum(flow["customers"] for flow in found["flows"]) == found["customers"]
    assert sum(flow["customers"] for flow in found["flows"] if flow["from"] != flow["to"]) == found["moved"]
    assert told(begun_folder, "policies")["ruling"] == "settings"
    assert told(begun_folder, "adopt", "three_tiers")["version"] == 1
    assert told(begun_folder, "policies")["ruling"] == "three_tiers"


@pytest.mark.slow
def test_people_read_who_would_move(begun_folder: Path) -> None:
    """In words, with the way on; a policy that is nowhere is refused with what there is."""
    code, output = run(begun_folder, "preview", "three_tiers")
    assert code == 0
    assert "would move" in output
    assert "evergrove segments adopt three_tiers -w " in output

    code, output = run(begun_folder, "preview", "nowhere.toml")
    assert code == 2
    assert "three_tiers" in output


@pytest.mark.slow
def test_a_shipped_policy_is_printed_to_start_from(begun_folder: Path) -> None:
    """As a file that is read again."""
    code, output = run(begun_folder, "policies", "--write", "three_tiers")

    assert code == 0
    assert tomllib.loads(output)["name"] == "three_tiers"

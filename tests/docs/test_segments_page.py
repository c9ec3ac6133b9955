"""The pages about stages and health: their tables are those that were printed, and every rule stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evergrove.segments.codes import STAGES, StageRule
from evergrove.segments.sentences.templates import STAGE_SENTENCES
from evergrove.segments.stages.rules import STAGE_OF

ROOT = Path(__file__).resolve().parents[2]
SEGMENTS = (ROOT / "docs" / "segments.md").read_text(encoding="utf-8")
HEALTH = (ROOT / "docs" / "health.md").read_text(encoding="utf-8")


def table_rows(text: str) -> list[str]:
    """Lines of tables."""
    return [line for line in text.splitlines() if line.startswith("| ")]


@pytest.mark.parametrize(("page", "name"), [(SEGMENTS, "stage_cuts"), (HEALTH, "early_warning")])
def test_a_table_is_the_one_that_was_printed(page: str, name: str) -> None:
    """Row by row, one after the other, as the benchmark wrote them."""
    printed = (ROOT / "benchmarks" / "results" / f"{name}.md").read_text(encoding="utf-8")

    assert len(table_rows(printed)) > 10
    assert "\n".join(table_rows(printed)) in "\n".join(table_rows(page))


def test_every_rule_stands_in_the_page_with_its_stage() -> None:
    """Each code once, and none that is not one."""
    said = dict(re.findall(r"^\| `(stage_\w+)` \| ([\w ]+) \|", SEGMENTS, re.MULTILINE))
    codes = {STAGE_SENTENCES[rule][0].removeprefix("segments."): STAGE_OF[rule] for rule in StageRule}

    assert {code: stage.replace(" ", "_") for code, stage in said.items()} == {
        code: STAGES[stage] for code, stage in codes.items()
    }


def test_what_the_page_promises_of_churned_is_what_was_printed() -> None:
    """Under 20 % in the shops that it names; it says of the other that the promise is not held."""
    churned = re.findall(
        r"^\| (\w[\w ]+) \| \d{4}-\S+ \| (\d+) \|[^|]+\| ([\d.]+)% of", SEGMENTS, re.MULTILINE
    )

    kept = {shop for shop, _days, share in churned if float(share) < 20}
    assert kept == {"CDNOW", "Simulated shop"}
    assert {shop for shop, _days, _share in churned} - kept == {"Online Retail"}
    assert "Under 20 % of the churned came back in CDNOW and in the simulated shop." in SEGMENTS

"""The page on uplift shows what its benchmark printed, and names what the package has."""

from __future__ import annotations

import json
import re
from pathlib import Path

from evergrove.models import uplift
from evergrove.models.uplift.off_policy import NEEDED

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "uplift.md").read_text(encoding="utf-8")
RESULTS = ROOT / "benchmarks" / "results"


def test_the_tables_are_those_that_were_printed() -> None:
    """Row by row what benchmarks/results/uplift.md holds."""
    printed = (RESULTS / "uplift.md").read_text(encoding="utf-8")
    rows = [line for line in printed.splitlines() if line.startswith(("| ", "- "))]

    shown = PAGE.split("## A real campaign, as printed")[1].splitlines()

    assert len(rows) > 30
    assert [line for line in shown if line.startswith(("| ", "- "))] == rows


def test_what_the_page_says_of_the_campaign_is_what_was_measured() -> None:
    """Learned orders are proven on womens and on mens not one is; an order by visits is the other way round."""
    rows = json.loads((RESULTS / "uplift.json").read_text(encoding="utf-8"))["rankings"]

    proven = {(row["mail"], row["ranking"]) for row in rows if row["proven"]}
    both = {
        each
        for each in proven
        if sum((row["mail"], row["ranking"]) == each and row["proven"] for row in rows) == 2
    }
    assert both == {
        ("Womens", "scores, ridge"),
        ("Womens", "scores, boosted trees"),
        ("Womens", "two models, ridge"),
        ("Womens", "two models, boosted trees"),
        ("Mens", "by expected visits"),
    }


def test_the_names_of_the_page_are_there() -> None:
    """Whatever it imports is public, and its threshold is the one that is kept."""
    names = re.findall(r"^from evergrove\.models\.uplift import (.+)$", PAGE, flags=re.MULTILINE)

    assert {name.strip() for line in names for name in line.split(",")} <= set(uplift.__all__)
    assert f"under {NEEDED} it refuses" in PAGE

"""The page about models: every "yes" of ours leads to tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "models.md"
CLAIMS = re.findall(r"^\| (.+?) \| \[yes\]\((.+?)\)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_page_makes_claims() -> None:
    """Otherwise the next test would say nothing."""
    assert len(CLAIMS) >= 25


@pytest.mark.parametrize(("claim", "link"), CLAIMS)
def test_every_claim_has_its_tests(claim: str, link: str) -> None:
    """A link to a file of tests, with tests in it."""
    path = (PAGE.parent / link).resolve()

    assert path.is_file(), claim
    assert re.search(r"^def test_", path.read_text(encoding="utf-8"), re.MULTILINE), claim


def test_every_row_says_something_of_every_peer() -> None:
    """Eight cells a row."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if "[yes](" in line]

    assert {row.count("|") for row in rows} == {9}


def test_every_row_without_ours_says_why() -> None:
    """What is not built is named again below the table, with its reason and the figures that stay unmet for it."""
    text = PAGE.read_text(encoding="utf-8")
    reasons = text.split("What is not built, and why:")[1].split("\n## ")[0]
    refused = re.findall(r"^\| (.+?) \| no, see below \|", text, re.MULTILINE)

    assert len(refused) == 3
    for models in refused:
        for model in re.split(r", | that ", models):
            assert model.split(" ")[0].lower() in reasons.lower(), model
    for figure in ("F11", "F50", "F65", "F67 to F75", "F85, F86"):
        assert figure in reasons, figure
    assert "not yet" not in text


def test_the_back_test_table_is_the_one_that_was_printed() -> None:
    """Row by row and sentence by sentence what benchmarks/results/back_tests.md holds."""
    printed = (PAGE.parents[1] / "benchmarks" / "results" / "back_tests.md").read_text(encoding="utf-8")
    rows = [line for line in printed.splitlines() if line.startswith(("| ", "- **"))]

    shown = PAGE.read_text(encoding="utf-8").split("## Back-tests as printed")[1].splitlines()

    assert len(rows) > 60
    assert [line for line in shown if line.startswith(("| ", "- **"))] == rows


def test_the_table_of_fits_and_bands_is_the_one_that_was_printed() -> None:
    """Row by row what benchmarks/results/models_against_peers.md holds."""
    printed = (PAGE.parents[1] / "benchmarks" / "results" / "models_against_peers.md").read_text("utf-8")
    rows = [line for line in printed.splitlines() if line.startswith("| ")]

    section = PAGE.read_text(encoding="utf-8").split("## Fits and bands beside three libraries")[1]

    assert len(rows) > 10
    assert [line for line in section.split("\n## ")[0].splitlines() if line.startswith("| ")] == rows

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

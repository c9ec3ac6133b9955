"""The page on choices: its tables are what is measured, and leave no reason out."""

from __future__ import annotations

import re
from pathlib import Path

from evergrove.decisions.choice.words import REASON_WORDS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "choice.md").read_text(encoding="utf-8")


def test_the_page_shows_the_benchmark_as_it_was_written() -> None:
    """Both tables, to the last digit."""
    assert (ROOT / "benchmarks" / "results" / "choice.md").read_text(encoding="utf-8") in PAGE


def test_the_page_explains_every_reason_and_no_other() -> None:
    """The codes of the table are those that are stored."""
    assert set(re.findall(r"^\| `(decisions\.choice_\w+)` \|", PAGE, re.MULTILINE)) == set(REASON_WORDS)

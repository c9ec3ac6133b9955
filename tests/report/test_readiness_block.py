"""The checklist on the report: every line with its figure and threshold, and what suffers where it is not met."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergrove.report.checklist_block import checklist_block
from evergrove.scoring.checklist import CHECKLIST, Check
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.report.types import Figures
    from evergrove.text import Language

FIGURES = {
    "buyers": 1234.0,
    "history": 200.0,
    "last_order": 45.0,
    "loyal": 12.0,
    "contactable": None,
    "anonymous": 0.25,
}


def lines() -> list[Figures]:
    """As summary.json holds them."""
    return [Check(name, figure).as_json() for name, figure in FIGURES.items()]


def test_a_valuation_of_files_knows_all_lines_but_addresses(figures: Figures) -> None:
    """summary.json carries the checklist in its order; the simulated shop names a customer on every order."""
    found = {each["name"]: each for each in figures["readiness"]}

    assert list(found) == list(CHECKLIST)
    assert found["buyers"]["figure"] == figures["customers"]
    assert (found["contactable"]["figure"], found["contactable"]["met"]) == (None, None)
    assert (found["anonymous"]["figure"], found["anonymous"]["met"]) == (0, True)


def test_what_suffers_stands_beside_lines_that_are_not_met() -> None:
    """45 days of silence and a quarter of anonymous revenue; what is not known is no fault."""
    block = checklist_block({"readiness": lines()}, {}, Formats("en"))

    assert block is not None
    assert block.table is not None
    rows = {row[0]: row[1:] for row in block.table.rows}
    assert block.answer.startswith("2 of 6 lines are not met")
    assert rows["Customers who have bought"] == ("1,234", "at least 500", "")
    assert rows["Days since the newest order"][:2] == ("45", "at most 30")
    assert rows["Revenue of orders without a customer"][:2] == ("25%", "at most 10%")
    assert rows["Customers with an address that may be written to"] == ("not known here", "at least 50%", "")
    assert sum(bool(row[-1]) for row in rows.values()) == 2


def test_figures_of_before_have_no_checklist() -> None:
    """An older summary.json is shown without."""
    assert checklist_block({}, {}, Formats("en")) is None


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_it_is_said_in_chinese(language: Language) -> None:
    """No English word is left."""
    block = checklist_block({"readiness": lines()}, {}, Formats(language))

    assert block is not None
    assert block.table is not None
    words = " ".join([block.question, block.answer, *block.table.columns, *sum(block.table.rows, ())])
    assert not [letter for letter in words if letter.isascii() and letter.isalpha()]

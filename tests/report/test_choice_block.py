"""Which champion is used for what, said with its evidence; nothing is said without a back-test."""

from __future__ import annotations

from typing import Any

import pytest

from evergrove.report.choice_block import choice_block
from evergrove.report.words import names
from evergrove.text import LANGUAGES, Formats, Language


def purpose(name: str, champion: str, loss: float, **given: Any) -> dict[str, Any]:
    """One purpose as summary.json holds it."""
    return {
        "purpose": name,
        "name": champion,
        "parts": None,
        "loss": loss,
        "naive": {"name": "last_period", "loss": 0.5},
        "replaced": True,
        "gain": 0.06,
        "standard_error": 0.02,
        "used": "pareto-nbd",
        "used_loss": loss,
    } | given


def figures(**choice: Any) -> dict[str, Any]:
    """A model with its champions: learned for ranking, a rule for totals, a stack for who leaves."""
    found = {
        "as_of": "2026-03-31",
        "window_days": 90,
        "origins": 4,
        "page": "../evergrove-backtest/back-test.html",
        "deciding": "ranking",
        "money_judged": True,
        "total_factor": 1.0,
        "decile_factors": [],
        "purposes": [
            purpose("ranking", "learned", 0.25, used_loss=0.3),
            purpose("totals", "last_period", 0.0488, replaced=False),
            purpose("next_date", "mbg-nbd", 19.5, naive=None, gain=None, standard_error=None, used="mbg-nbd"),
            purpose("churn", "stack", 0.25, parts=["pareto-nbd", "recency"], used_loss=None),
        ],
    }
    return {"model": {"name": "pareto-nbd", "champions": found | choice}}


def rows(language: Language = "en", **choice: Any) -> tuple[str, Any]:
    """The block's answer, and its table with note and link."""
    formats = Formats(language, "CNY")
    block = choice_block(figures(**choice), names(formats), formats)
    assert block is not None
    return block.answer, block


def test_every_purpose_names_its_champion_its_evidence_and_who_is_used() -> None:
    """A gain in standard errors; a rule that stays; a mixture by both parts; the closed form in use by its own figure."""
    answer, block = rows()

    assert block.table is not None
    said = {row[0]: row[1:] for row in block.table.rows}
    assert said["Ranking customers"] == (
        "The learned model (Gini 0.750) against the same as last period (Gini 0.500); the gain is 3.0 standard errors",
        "Pareto/NBD (Gini 0.700)",
    )
    assert said["Totals"][0] == "The same as last period (off by 5.0%); no model is reliably better"
    assert said["Dates of next orders"] == (
        "MBG/NBD (off by 19.5 days); no rule of thumb to compare with",
        "MBG/NBD (off by 19.5 days)",
    )
    assert said["Who leaves"][0].startswith(
        "Pareto/NBD and the length of the silence together (log loss 0.250)"
    )
    assert said["Who leaves"][1] == "Pareto/NBD"
    assert answer.startswith("Pareto/NBD speaks here: over 4 windows of 90 days")
    assert block.link == ("../evergrove-backtest/back-test.html", "The whole back-test")


def test_what_was_done_to_money_is_said() -> None:
    """Nothing, one factor, or one by where a customer stands."""
    assert "no factor on it would have helped" in rows()[1].note
    assert "too little of a year" in rows(money_judged=False)[1].note
    assert "multiplied by 0.870" in rows(total_factor=0.87)[1].note
    assert "multiplied by 0.50 to 1.10" in rows(decile_factors=[1.1] * 9 + [0.5])[1].note


def test_where_a_rule_stays_the_page_says_that_the_model_was_chosen_without() -> None:
    """And there is no link without a page."""
    answer, block = rows(deciding=None, page=None)

    assert answer.startswith("Over 4 windows of 90 days no model was reliably better than a rule of thumb")
    assert answer.endswith("chosen as without a back-test.")
    assert block.link is None


def test_without_champions_there_is_no_block() -> None:
    """As before there was any back-test."""
    formats = Formats("en", "CNY")

    assert choice_block({"model": {"name": "pareto-nbd", "champions": None}}, names(formats), formats) is None
    assert choice_block({"model": {"name": "pareto-nbd"}}, names(formats), formats) is None


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_every_language_says_it(language: Language) -> None:
    """No English word is left but the names of models and measures."""
    answer, block = rows(language)
    assert block.table is not None
    whole = " ".join((answer, block.question, block.note, *block.table.columns, *sum(block.table.rows, ())))

    for word in ("window", "against", "gain", "rule", "champion", "best", "Money", "Used", "learned", "days"):
        assert word not in whole
    for figure in ("0.750", "0.500", "3.0", "19.5", "0.250", "Pareto/NBD"):
        assert figure in whole

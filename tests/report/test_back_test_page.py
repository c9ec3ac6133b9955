"""The page of a back-test: made from the document alone, in the reader's language, loading nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.charts import echarts_source
from evergrove.report.back_test import write_back_test
from evergrove.report.back_test.blocks import blocks_of
from evergrove.report.back_test.champions import champion_cards
from evergrove.report.back_test.write import rendered
from evergrove.testing.browser import opened
from evergrove.text import LANGUAGES, Formats, Language

if TYPE_CHECKING:
    from evergrove.report.page import Block

GOLDEN = Path(__file__).resolve().parents[1] / "scoring" / "golden" / "backtest_1.json"


@pytest.fixture
def figures() -> dict[str, Any]:
    """A document as the first version wrote it."""
    found: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return found


def block(figures: dict[str, Any], key: str) -> Block:
    """One block of the page, in English."""
    return next(each for each in blocks_of(figures, Formats("en", "CNY")) if each.key == key)


def test_every_purpose_has_its_champion_and_evidence(figures: dict[str, Any]) -> None:
    """A gain is said in standard errors; a rule that stays says so; a stack names both parts."""
    ranking, totals, dates, churn = champion_cards(figures, Formats("en", "CNY"))

    assert (ranking.name, ranking.value) == ("Pareto/NBD", "Gini 0.700")
    assert "The gain of 0.100 is 5.0 standard errors." in ranking.evidence
    assert "rule of thumb stays" in totals.evidence
    assert totals.value == "off by 5.1%"
    assert (dates.value, "no rule of thumb" in dates.evidence) == ("off by 19.5 days", True)
    assert churn.name == "Pareto/NBD and the average rate so far together"


def test_what_nobody_said_is_left_out(figures: dict[str, Any]) -> None:
    """No interval was drawn by anybody here: the page has no empty chart of intervals."""
    for each in figures["contenders"]:
        if each["pooled"]:
            each["pooled"] |= {"coverage": None, "coverage_likely": None, "pit": None, "reliability": None}

    keys = {each.key for each in blocks_of(figures, Formats("en", "CNY"))}

    assert not keys & {"coverage", "pit", "reliability"}
    assert {"ranking_table", "totals", "cost"} <= keys


def test_spend_is_held_to_its_interval_window_by_window(figures: dict[str, Any]) -> None:
    """A document of before knows nothing of it; a newer one has a bar a window, and a row a contender."""
    assert "spend_inside" not in {each.key for each in blocks_of(figures, Formats("en", "CNY"))}
    pareto = next(each for each in figures["contenders"] if each["name"] == "pareto-nbd")
    for turn, share in zip(pareto["turns"], (0.76, 0.83), strict=True):
        turn["measures"]["spend_inside"] = share
    pareto["pooled"]["spend_inside"] = 0.795

    said = block(figures, "spend_inside")

    assert said.answer.startswith("Window by window, 76%, 83% of what was spent fell within")
    assert said.table is not None
    assert said.table.rows == (("Pareto/NBD", "76.0%", "83.0%", "79.5%"),)
    assert said.chart is not None


def test_totals_are_those_of_the_champion(figures: dict[str, Any]) -> None:
    """The sum over its windows, beside what came in the same windows."""
    figures["amounts"] = False
    rate = next(each for each in figures["contenders"] if each["name"] == "average_rate")
    said = block(figures, "totals")

    turns = [turn["measures"] for turn in rate["turns"] if turn["measures"]]
    assert f"{sum(turn['purchases'] for turn in turns):,.0f}" in said.answer
    assert f"{sum(turn['actual_purchases'] for turn in turns):,.0f}" in said.answer
    assert said.table
    assert len(said.table.rows) == len(turns)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_loads_nothing_and_speaks_the_readers_language(
    figures: dict[str, Any], language: Language
) -> None:
    """The document's own sentences are in it as they stand; everything else is translated."""
    page = rendered(figures, language).replace(echarts_source(), "")

    assert not re.search(r"<(?:script|link|img|iframe)[^>]*\b(?:src|href)=\"(?!data:)", page)
    assert (language == "en") == ("How good was everybody?" in page)
    assert figures["verdict"]["says"].split(",")[0] in page


@pytest.mark.browser
@pytest.mark.slow
def test_the_page_draws_its_charts(browser: str, figures: dict[str, Any], tmp_path: Path) -> None:
    """An SVG in every chart, and not a word on the console."""
    page = tmp_path / "back-test.html"
    write_back_test(figures, page, "en")

    document, logged = opened(browser, page, "--dump-dom")

    drawn = re.search(r'data-drawn="(\d+)"', document)
    charts = [each for each in blocks_of(figures, Formats("en", "CNY")) if each.chart is not None]
    assert drawn
    assert int(drawn[1]) == len(charts) > 0
    assert document.count("<svg") >= len(charts)
    assert "CONSOLE" not in logged

"""Where a score came from, when a back-test had its say: dates by another model, money recalibrated."""

from __future__ import annotations

from typing import Any

import pytest

from evergrove.pipeline.origins import ORIGINS, score_origins
from evergrove.text import translator

FIT = {"name": "pareto-nbd", "parameters": {"r": 0.5}}


def said(language: Any = "en", **heard: Any) -> dict[str, str]:
    """Every origin in words."""
    choice = {"total_factor": heard.pop("total", 1.0), "decile_factors": heard.pop("deciles", [])}
    run = {
        "purchases": FIT,
        "spend": FIT,
        "unit": "week",
        "active_days": 180,
        "margin": 1.0,
        "discount_rate": 0.1,
        "champions": choice,
    }
    found = score_origins(ORIGINS, run | heard, "revenue")
    return {name: sentence.said(translator(language)) for name, sentence in found.items()}


@pytest.mark.parametrize("heard", [{"total": 0.9}, {"deciles": [1.0] * 9 + [0.8]}])
def test_money_that_was_recalibrated_says_so_and_nothing_else_does(heard: dict[str, Any]) -> None:
    """Value of 12 months with its bounds, and without an end; what follows from them adds up as before."""
    before, after = said(), said(**heard)

    changed = {name for name in ORIGINS if before[name] != after[name]}
    assert changed == {"clv_12m", "clv_12m_low", "clv_12m_high", "clv"}
    assert all(after[name].startswith(before[name]) for name in changed)
    assert "back-test" in after["clv"]


def test_dates_name_the_model_that_is_better_at_them() -> None:
    """The others are still of "the same model"."""
    before, after = said(), said(dates="mbg-nbd")

    assert {name for name in ORIGINS if before[name] != after[name]} == {"next_order_date"}
    assert after["next_order_date"].startswith("mbg-nbd")


def test_results_of_before_there_were_champions_are_explained_as_they_were() -> None:
    """Their summary knows nothing of it."""
    assert said(champions=None) == said()


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_every_language_says_it(language: str) -> None:
    """No English word is left."""
    found = said(language, total=0.9, dates="mbg-nbd")

    for word in ("times", "better", "dates", "half", "windows", "money"):
        assert word not in found["clv"] + found["next_order_date"]

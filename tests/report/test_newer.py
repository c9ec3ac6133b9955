"""The block on newer and older customers: its figures, its answers, and what it says where it cannot answer."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.charts import newer_customers
from evergrove.models import ParetoNbd, Summary
from evergrove.models.pooled import fit_cohorts
from evergrove.report.newer_block import newer_answer, newer_block
from evergrove.report.newer_figures import newer_figures
from evergrove.report.windows import windows
from evergrove.scoring.acquisition import Acquisition
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.report import Figures

WINDOWS = windows(date(2024, 1, 1), date(2025, 12, 31), 180, None)
EN = Formats("en")


def row(start: str, value: float, low: float, high: float) -> dict[str, Any]:
    """One group, without a fit of its own."""
    together = {"value": value, "low": low, "high": high}
    return {"start": start, "customers": 40, "weight": 0.3, "alone": None, "together": together}


def section(*rows: dict[str, Any], low: float = 0.1) -> dict[str, Any]:
    """A section with these groups."""
    return {
        "period": "quarter",
        "level": 0.8,
        "earlier_customers": 0,
        "reason": None,
        "pooled": {"value": 2.0, "low": 1.9, "high": 2.1},
        "spread": {"sd": 0.2, "low": low, "high": 0.3},
        "rows": list(rows),
    }


OLD = row("2025-01-01", 3.0, 2.8, 3.2)


@pytest.mark.parametrize(
    ("newest", "low", "said"),
    [
        (row("2025-04-01", 2.0, 1.8, 2.2), 0.1, "No, they order less: whoever came in Q2 2025"),
        (row("2025-04-01", 4.0, 3.6, 4.4), 0.1, "No, they order more: whoever came in Q2 2025"),
        (row("2025-04-01", 2.5, 2.0, 3.0), 0.1, "Groups differ, from 2.5 to 3.0 further orders"),
        (row("2025-04-01", 2.5, 2.0, 3.0), 0.0, "As far as these data tell, yes: about 2.0 further orders"),
    ],
)
def test_the_answer_follows_the_intervals(newest: dict[str, Any], low: float, said: str) -> None:
    """A difference is said where intervals lie apart, and no sameness where groups differ."""
    assert newer_answer(section(OLD, newest, low=low), EN).startswith(said)


def acquisition(names: tuple[date, ...], customers: int) -> Acquisition:
    """Groups of simulated customers."""
    random = np.random.default_rng(2)
    cohorts = {}
    for name in names:
        T = random.integers(200, 300, customers) / 7
        x = random.poisson(random.gamma(0.6, 0.1, customers) * T).astype(float)
        t_x = np.where(x > 0, T * random.uniform(size=customers) ** (1 / np.maximum(x, 1)), 0.0)
        cohorts[name.isoformat()] = Summary(frequency=x, recency=t_x, T=T)
    fit = fit_cohorts(ParetoNbd, cohorts)
    why = None if fit.identified else fit.warnings[-1]
    return Acquisition("month", names, np.full(len(names), customers), 7, fit, why)


def test_figures_are_those_of_the_models() -> None:
    """By the ordinary question of each group's model; the window is all history."""
    found = acquisition(tuple(date(2024, month, 1) for month in (1, 2, 3)), 200)

    figures = newer_figures(found, WINDOWS)

    assert figures is not None
    assert found.fit is not None
    assert figures["window"] == WINDOWS["history"]
    assert figures["earlier_customers"] == 7
    for given, cohort in zip(figures["rows"], found.fit.cohorts.values(), strict=True):
        assert given["start"] == cohort.name
        assert given["together"]["value"] == pytest.approx(
            cohort.model.expected_purchases_new("12 months"), abs=1e-4
        )
        assert given["together"]["low"] <= given["together"]["value"] <= given["together"]["high"]
        assert given["alone"]["low"] < given["alone"]["high"]


@pytest.mark.filterwarnings("ignore::evergrove.models.pooled.FewCohorts")
def test_too_few_groups_leave_a_reason_and_no_rows(golden: Figures) -> None:
    """The block says the reason in place of a chart."""
    found = newer_figures(acquisition((date(2024, 1, 1), date(2024, 2, 1)), 60), WINDOWS)
    assert found is not None

    block = newer_block(golden | {"newer_customers": found}, {}, EN)

    assert found["rows"] == []
    assert found["reason"]["code"] == "models.few_cohorts"
    assert block.chart is None
    assert block.missing.startswith("2 cohorts have some history, and it takes 3")


def test_a_summary_from_before_the_block_still_makes_one(golden: Figures) -> None:
    """Without the section the block says that it cannot be given."""
    del golden["newer_customers"]

    assert newer_block(golden, {}, EN).missing
    assert newer_figures(None, WINDOWS) is None


def test_the_chart_holds_every_interval() -> None:
    """Its axis ends at a round number beyond the longest; who has no fit alone has no diamond."""
    alone = row("2025-04-01", 2.5, 2.0, 3.33) | {"alone": {"value": 9.0, "low": 1.0, "high": 81.0}}

    option = newer_customers(section(OLD, alone), EN, "Answer.")

    assert option["xAxis"]["max"] == 4
    together, diamonds, alike = option["series"]
    assert [len(each) for each in together["markLine"]["data"]] == [2, 2]
    assert option["yAxis"]["data"] == ["Q2 2025", "Q1 2025"]
    assert [point["value"] for point in diamonds["data"]] == [[9.0, 0]]
    assert alike["markLine"]["data"] == [{"xAxis": 2.0}]
    assert {each["name"] for each in option["legend"]["data"]} == {each["name"] for each in option["series"]}

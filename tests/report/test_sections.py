"""Sections of the figures against hand-worked cases."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from evergrove.core import fill
from evergrove.customers.cohorts import CohortTable
from evergrove.models import BgNbd, Nbd, ParetoNbd
from evergrove.report.accounting import notes, reason_for
from evergrove.report.alive import alive_grid
from evergrove.report.cohort_figures import cohort_figures
from evergrove.report.concentration import spread
from evergrove.report.judgement import tracking
from evergrove.report.methods import agreement
from evergrove.report.numbers import realised, rounded, total, worded
from evergrove.report.seen_figures import matrix_figures
from evergrove.report.windows import windows
from evergrove.scoring.errors import NoAmounts, NoRepeat
from evergrove.scoring.types import Limit, Readiness, Tracking

NAN = float("nan")
WINDOWS = windows(date(2024, 1, 1), date(2025, 12, 31), 180, date(2025, 6, 30))


# -- concentration


def test_equal_values_lie_on_the_diagonal() -> None:
    """Everybody alike: a tenth brings a tenth, half of all bring half, the coefficient is 0."""
    curve = spread(np.full(10, 7.0))

    assert curve is not None
    assert curve["top_share"] == pytest.approx(0.1)
    assert curve["half_from"] == 0.5
    assert curve["gini"] == pytest.approx(0, abs=1e-6)
    assert curve["points"][50] == [0.5, 0.5]


def test_one_customer_with_everything() -> None:
    """Gini of n values of which one holds all is (n - 1) / n."""
    curve = spread(np.array([0.0, 0.0, 8.0, 0.0]))

    assert curve is not None
    assert curve["gini"] == pytest.approx(0.75)
    assert curve["half_from"] == 0.25
    # A tenth of four customers is four tenths of the first one.
    assert curve["top_share"] == pytest.approx(0.4)


def test_a_hand_worked_curve() -> None:
    """4, 3, 2, 1: cumulative .4, .7, .9, 1; Gini 0.25."""
    curve = spread(np.array([1.0, 4.0, 2.0, 3.0, NAN]))

    assert curve is not None
    assert [curve["points"][k][1] for k in (25, 50, 75, 100)] == pytest.approx([0.4, 0.7, 0.9, 1.0])
    assert curve["gini"] == pytest.approx(0.25)


def test_refunds_above_purchases_count_as_nothing() -> None:
    """A negative value brings nothing; without any value there is no curve."""
    curve = spread(np.array([-5.0, 10.0]))

    assert curve is not None
    assert curve["points"][50] == [0.5, 1.0]
    assert spread(np.array([-5.0, 0.0, NAN])) is None
    assert spread(np.zeros(0)) is None


# -- methods


def test_agreement_is_the_share_of_the_best_tenth_found_by_both() -> None:
    """Of 20 customers the best two count; one of them is shared."""
    one = np.arange(20.0)
    other = one.copy()
    other[[18, 3]] = other[[3, 18]]

    assert agreement(one, one) == 1.0
    assert agreement(one, other) == 0.5
    assert np.isnan(agreement(one[:9], other[:9]))


# -- cohorts


def cohort_table(*, last_is_partial: bool) -> CohortTable:
    """Two cohorts of 10 and 30 customers, two and one months old."""
    return CohortTable(
        period="month",
        starts=(date(2025, 10, 1), date(2025, 11, 1), date(2025, 12, 1)),
        customers=np.array([10, 30, 5]),
        active=np.array([[10, 4, 2], [30, 6, NAN], [5, NAN, NAN]]),
        value=np.array([[100.0, 150.0, 160.0], [80.0, 100.0, NAN], [50.0, NAN, NAN]]),
        last_is_partial=last_is_partial,
        earlier_customers=0,
    )


def test_means_over_cohorts_are_weighted_and_values_add_up_increments() -> None:
    """Month 1: (4 + 6) / 40; value: (100*10 + 80*30 + 50*5)/45, then + (50*10 + 20*30)/40, then + 10."""
    section = cohort_figures(cohort_table(last_is_partial=False), WINDOWS)

    assert section is not None
    assert [row["retention"] for row in section["rows"]] == [[1.0, 0.4, 0.2], [1.0, 0.2], [1.0]]
    assert section["mean_retention"] == [1.0, 0.25, 0.2]
    assert section["mean_value"] == pytest.approx([81.11, 108.61, 118.61])


def test_a_month_that_has_not_ended_is_left_out() -> None:
    """The last known figure of each row is not final; the newest cohort has then nothing at all."""
    section = cohort_figures(cohort_table(last_is_partial=True), WINDOWS)

    assert section is not None
    assert [row["retention"] for row in section["rows"]] == [[1.0, 0.4], [1.0]]
    assert section["mean_retention"] == [1.0, 0.4]


def test_no_cohort_with_a_later_month_is_no_section() -> None:
    """One month of data says nothing about coming back."""
    table = CohortTable(
        period="month",
        starts=(date(2025, 12, 1),),
        customers=np.array([5]),
        active=np.array([[5.0]]),
        value=np.array([[9.0]]),
        last_is_partial=False,
        earlier_customers=0,
    )

    assert cohort_figures(table, WINDOWS) is None
    assert cohort_figures(None, WINDOWS) is None


# -- P(alive)


def sources(model: Any, T: list[int], frequency: list[int]) -> Any:
    """As much of the stations' outputs as the grid reads."""
    base = SimpleNamespace(T=np.array(T), frequency=np.array(frequency))
    fit = None if model is None else SimpleNamespace(model=model)

    class Base(SimpleNamespace):
        def __len__(self) -> int:
            return len(self.T)

    return SimpleNamespace(base=Base(**vars(base)), valuation=SimpleNamespace(process=fit))


def test_the_grid_is_the_models_own_p_alive() -> None:
    """CDNOW's Pareto/NBD: two years old, 5 orders, silent for 6 months: x = 4, t_x = T - 6 months."""
    model = ParetoNbd(r=0.553, alpha=10.578, s=0.606, beta=11.669, unit="week")
    section = alive_grid(sources(model, [730] * 10, [11] * 10), WINDOWS)

    assert section is not None
    assert section["age_days"] == 730
    row, month = section["orders"].index(5), section["silence_months"].index(6)
    expected = model.probability_alive([4], [(730 - 6 * 365.25 / 12) / 7], [730 / 7])[0]
    assert section["p_alive"][row][month] == pytest.approx(expected, abs=1e-6)


def test_with_one_order_silence_is_the_whole_age() -> None:
    """Under Pareto/NBD P(alive | 0, 0, 0) = 1; under BG/NBD nobody leaves before a repeat purchase."""
    pareto = ParetoNbd(r=0.553, alpha=10.578, s=0.606, beta=11.669, unit="week")
    bg = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")

    first = {
        model.name: alive_grid(sources(model, [365] * 10, [6] * 10), WINDOWS)["p_alive"][0]  # type: ignore[index]
        for model in (pareto, bg)
    }

    assert first["pareto-nbd"][0] == pytest.approx(1.0)
    assert first["pareto-nbd"] == sorted(first["pareto-nbd"], reverse=True)
    assert set(first["bg-nbd"]) == {1.0}


def test_no_model_no_grid() -> None:
    """Without a model nothing is said of silence."""
    assert alive_grid(sources(None, [365], [2]), WINDOWS) is None


def test_models_in_which_nobody_leaves_have_no_matrix() -> None:
    """Under NBD silence says nothing: one colour is no picture."""

    def found(model: Any) -> Any:
        return matrix_figures(sources(model, [365] * 10, [6] * 10), WINDOWS)

    assert found(Nbd(r=0.385, alpha=12.07)) is None
    assert found(None) is None
    assert found(ParetoNbd(r=0.553, alpha=10.578, s=0.606, beta=11.669)) is not None


# -- the rest


def test_weeks_are_dated_from_the_first_order_day() -> None:
    """Day 6 of 1 January ends on the 7th; what is not known is None."""
    found = Tracking(
        week_end=np.array([6, 13]),
        expected=np.array([1.234, 2.0]),
        actual=np.array([3.0, NAN]),
        first_day=date(2025, 1, 1),
        holdout_start=date(2025, 1, 8),
    )

    section = tracking(found, WINDOWS)

    assert section is not None
    assert section["weeks"] == [
        {"week_end": "2025-01-07", "expected": 1.23, "actual": 3.0},
        {"week_end": "2025-01-14", "expected": 2.0, "actual": None},
    ]
    assert section["holdout_start"] == "2025-01-08"


def test_the_first_limit_that_concerns_a_figure_is_its_reason() -> None:
    """A figure without a limit has no reason."""
    ready = Readiness(
        limits=(
            Limit(NoRepeat(customers=5), missing=("clv_12m", "clv")),
            Limit(NoAmounts(), missing=("clv",)),
        ),
        process=False,
        spend=False,
        amounts=False,
        holdout_days=0,
    )

    assert reason_for(ready, "clv") == "scoring.no_repeat"
    assert reason_for(ready, "historic_value") is None


def test_a_warning_can_be_said_again_in_any_language() -> None:
    """Code, template and parameters travel; the English sentence stands beside them. Each once."""
    warning = NoRepeat(customers=1500)
    spoken = worded(warning)

    assert spoken["code"] == "scoring.no_repeat"
    assert spoken["params"] == {"customers": 1500}
    assert fill(str(spoken["message"]), {"customers": 1500}) in spoken["text"]
    assert len(notes((warning,), (NoRepeat(customers=1500), NoAmounts()))) == 2


def test_numbers_are_finite_or_none() -> None:
    """Not-a-number and infinity are None; minus nought is nought."""
    assert rounded(NAN, 2) is None
    assert rounded(float("inf"), 2) is None
    assert str(rounded(-0.0001, 2)) == "0.0"
    assert realised(0.1 + 0.2) == "0.30"
    assert realised(NAN) is None
    assert np.isnan(total(np.array([NAN, NAN])))
    assert total(np.array([NAN, 2.0])) == 2.0

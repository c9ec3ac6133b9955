"""The published hold-out figures of CDNOW come out of the back-test that the product runs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.scoring.back_test import back_test, forecast_purchases, judge, rolling_origins
from evergrove.scoring.choose import fit_model
from evergrove.scoring.sample import Past
from evergrove.scoring.spend import expected_spend, fit_spend
from evergrove.scoring.splits import Histories

if TYPE_CHECKING:
    from evergrove.customers import CustomerBase
    from evergrove.scoring.types import BackTest, Judged, Split

ORIGIN, UNTIL = date(1997, 9, 30), date(1998, 6, 30)
MODELS = ("pareto-nbd", "bg-nbd", "nbd")


@pytest.fixture(scope="module")
def split(cdnow: CustomerBase) -> Split:
    """Calibration to 30 September 1997, hold-out of 39 weeks."""
    return Histories(cdnow, Past(cdnow.split), "week").split(ORIGIN, UNTIL)


@pytest.fixture(scope="module")
def tested(split: Split) -> BackTest:
    """All published models at the published origin."""
    fits = {name: fit_model(name, split.fitted) for name in MODELS}
    return back_test("pareto-nbd", split, (), fits, {})


@pytest.fixture(scope="module")
def judged(tested: BackTest) -> dict[str, Judged]:
    """By name."""
    return {each.name: each for each in tested.judged}


def test_the_hold_out_is_the_published_one(tested: BackTest) -> None:
    """2,357 customers, 1,882 purchase days; sizes and means of the bins (F31)."""
    assert (tested.customers, tested.purchases) == (2357, 1882)
    assert tested.bin_customers == (1411, 439, 214, 100, 62, 38, 29, 64)
    published = (0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359)
    assert tested.bin_actual == pytest.approx(published, abs=5e-4)


@pytest.mark.parametrize(
    ("model", "published"),
    [
        ("pareto-nbd", (0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403)),  # F31
        ("bg-nbd", (0.2251, 0.5231, 1.0441, 1.5203, 2.1638, 2.6538, 3.5040, 6.1570)),  # F32
    ],
)
def test_expected_purchases_by_past_frequency(
    judged: dict[str, Judged], model: str, published: tuple[float, ...]
) -> None:
    """As the packages print them."""
    assert judged[model].by_frequency == pytest.approx(published, abs=2e-3)


@pytest.mark.parametrize(
    ("model", "total", "mae", "rmse"),
    [
        ("nbd", 2929.8, 1.0410, 1.8595),
        ("pareto-nbd", 1665.5, 0.7545, 1.6028),
        ("bg-nbd", 1653.4, 0.7855, 1.6080),
    ],
)
def test_cohort_forecasts_and_errors(
    judged: dict[str, Judged], model: str, total: float, mae: float, rmse: float
) -> None:
    """F34: totals over the cohort, errors per customer."""
    found = judged[model]

    assert found.purchases == pytest.approx(total, rel=2e-3)
    assert found.mae == pytest.approx(mae, rel=2e-3)
    assert found.rmse == pytest.approx(rmse, rel=2e-3)
    assert found.bias == pytest.approx(total / 1882 - 1, abs=2e-3)


def test_mean_chances_of_being_alive(split: Split) -> None:
    """F36: 0.4463 under Pareto/NBD, 0.8134 under BG/NBD, whose one-time buyers never leave."""
    at = split.calibration
    for name, published in (("pareto-nbd", 0.4463), ("bg-nbd", 0.8134)):
        model = fit_model(name, split.fitted).model
        alive = model.probability_alive(at.frequency, at.recency, at.T)
        assert alive.mean() == pytest.approx(published, rel=2e-3)


def test_spend_is_ranked_better_than_by_past_spend(tested: BackTest, judged: dict[str, Judged]) -> None:
    """F37: all purchase days in the spend model beat ranking by past spend."""
    found = judged["pareto-nbd"]

    assert tested.spend == pytest.approx(70_976, abs=0.5)
    assert found.spend == pytest.approx(59_784, rel=2e-3)
    assert found.gini == pytest.approx(0.6928, abs=2e-3)
    assert found.spend_rmse == pytest.approx(72.86, rel=2e-3)
    assert tested.past_spend_gini == pytest.approx(0.6800, abs=2e-3)
    assert found.gini is not None
    assert tested.past_spend_gini is not None
    assert found.gini > tested.past_spend_gini


def test_the_papers_convention_ranks_worse(split: Split) -> None:
    """F37: repeat days only."""
    fit = fit_model("pareto-nbd", split.fitted)
    spend_fit, _ = fit_spend(split.fitted, "repeat_days")
    per_day = expected_spend(spend_fit, split.calibration, "repeat_days")
    assert per_day is not None
    purchases = forecast_purchases(fit, split)

    found = judge("pareto-nbd", split, purchases, purchases * per_day)

    assert found.spend == pytest.approx(60_449, rel=2e-3)
    assert found.gini == pytest.approx(0.6593, abs=2e-3)


def test_the_naive_rules_are_counted_by_hand(split: Split, judged: dict[str, Judged]) -> None:
    """Same as last period: the 2,457 repeat purchases so far; average rate: x / T times 39 weeks."""
    at = split.calibration

    assert judged["last_period"].purchases == 2457
    assert judged["average_rate"].purchases == pytest.approx((at.frequency / at.T * 39).sum())
    assert at.monetary_value is not None
    repeat_spend = (at.frequency * np.nan_to_num(at.monetary_value)).sum()
    assert judged["last_period"].spend == pytest.approx(repeat_spend)


def test_the_chosen_model_comes_first_and_the_naive_rules_last(tested: BackTest) -> None:
    """A page shows them in this order."""
    names = [each.name for each in tested.judged]

    assert names[0] == "pareto-nbd"
    assert names[-2:] == ["last_period", "average_rate"]


def test_a_total_is_judged_at_up_to_three_origins() -> None:
    """Each a window before the last, with 13 weeks of history at least."""
    first, as_of = date(2024, 1, 1), date(2026, 1, 31)

    assert rolling_origins(first, as_of, 182) == tuple(as_of - timedelta(days=182 * k) for k in (1, 2, 3))
    assert len(rolling_origins(first, as_of, 253)) == 2
    assert rolling_origins(first, as_of, 0) == ()


def test_the_spread_is_that_of_the_log_ratios(split: Split, cdnow: CustomerBase) -> None:
    """Root mean square of log(actual / forecast), of spend."""
    histories = Histories(cdnow, Past(cdnow.split), "week")
    earlier = histories.split(date(1997, 6, 30), date(1998, 3, 30))
    found = back_test("bg-nbd", split, (earlier,), {"bg-nbd": fit_model("bg-nbd", split.fitted)}, {})

    ratios = [np.log(each.actual / each.forecast) for each in found.origins]
    assert [each.origin for each in found.origins] == [ORIGIN, date(1997, 6, 30)]
    assert found.log_spread == pytest.approx(np.sqrt(np.mean(np.square(ratios))))

"""BG/NBD against its published figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.models import BgNbd, FlatRidge

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.models.conftest import Holdout

    from evergrove.models import Fit, Summary

ROUNDED = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)  # as the paper prints them
TOLERANCE = {"r": 1e-3, "alpha": 1e-3, "a": 5e-3, "b": 5e-3}


def assert_fitted(fit: Fit[BgNbd], log_likelihood: float, **published: float) -> None:
    """The tolerances of all published fits."""
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=0.01)
    for name, value in published.items():
        assert getattr(fit.model, name) == pytest.approx(value, rel=TOLERANCE[name]), name


@pytest.fixture(scope="module")
def on_cdnow(cdnow: Summary) -> Fit[BgNbd]:
    """BG/NBD on CDNOW."""
    return BgNbd.fit(cdnow)


def test_cdnow_estimates_are_the_published_ones(on_cdnow: Fit[BgNbd]) -> None:
    """F04, here to six digits: CLVTools prints .2425945, 4.4136019, .7929199, 2.4258881."""
    assert_fitted(on_cdnow, -9582.429, r=0.2425945, alpha=4.4136019, a=0.7929199, b=2.4258881)
    estimates = [on_cdnow.model.r, on_cdnow.model.alpha, on_cdnow.model.a, on_cdnow.model.b]
    np.testing.assert_allclose(estimates, [0.2425945, 4.4136019, 0.7929199, 2.4258881], rtol=1e-5)
    assert on_cdnow.warnings == ()


def test_grocery_estimates_are_the_published_ones(grocery: Summary) -> None:
    """F44, BG part."""
    assert_fitted(BgNbd.fit(grocery), -15836.566, r=0.34865, alpha=2.58167, a=0.50385, b=3.64439)


def test_apparel_estimates_are_the_published_ones(apparel: Callable[[int], Summary]) -> None:
    """F64, BG part."""
    assert_fitted(BgNbd.fit(apparel(104)), -5857.020, r=0.60731, alpha=20.9568, a=1.27556, b=8.8610)


def test_one_year_of_apparel_is_called_flat(apparel: Callable[[int], Summary]) -> None:
    """F61, BG part: a and b run to infinity with a / (a + b) = .1018, and that is said, not hidden."""
    with pytest.warns(FlatRidge, match=r"BG/NBD: the data do not pin down a, b;") as caught:
        fit = BgNbd.fit(apparel(52))
    assert caught[0].filename == __file__
    assert fit.log_likelihood == pytest.approx(-3480.4349, abs=0.01)
    assert fit.model.a / (fit.model.a + fit.model.b) == pytest.approx(0.1018, abs=5e-5)
    assert fit.warnings[0].params["parameters"] == "a, b"


def test_best_customer_of_cdnow(on_cdnow: Fit[BgNbd]) -> None:
    """F13: customer 1516, alive with .968852 and expected to buy 25.757 times in 52 weeks."""
    history = (26, 30.857, 31)
    assert on_cdnow.model.probability_alive(*history)[0] == pytest.approx(0.968852, rel=2e-3)
    assert on_cdnow.model.expected_purchases(52, *history)[0] == pytest.approx(25.757, rel=2e-3)


def test_expected_purchases_of_a_new_customer(on_cdnow: Fit[BgNbd]) -> None:
    """F14 and F19: E[X(t)] from a day to a year and a half, as the paper's sheet prints it."""
    assert on_cdnow.model.expected_purchases_new("52 weeks") == pytest.approx(1.444004, rel=2e-3)
    times = [0.1429, 1, 3, 31.8571, 32, 78]
    expected = [on_cdnow.model.expected_purchases_new(t) for t in times]
    np.testing.assert_allclose(expected, [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576], atol=5e-4)
    assert expected[-1] == pytest.approx(1.85796, abs=1e-5)


def test_more_purchases_long_ago_mean_fewer_to_come(on_cdnow: Fit[BgNbd]) -> None:
    """F16: x = 10, 15, 20, 25 by week 20, seen at week 39: expected in the next 52."""
    expected = on_cdnow.model.expected_purchases(52, [10, 15, 20, 25], 20, 39)
    np.testing.assert_allclose(expected, [0.34746, 0.042834, 0.0041590, 0.00035837], rtol=2e-3)


def test_first_customer_of_cdnow(on_cdnow: Fit[BgNbd]) -> None:
    """F18."""
    expected = on_cdnow.model.expected_purchases("39 weeks", 2, 30.43, 38.86)[0]
    assert expected == pytest.approx(1.22591, rel=2e-3)


def test_probabilities_of_counts() -> None:
    """F21: BTYD's manual."""
    assert ROUNDED.probability_of_purchases(10, 2)[0] == pytest.approx(1.07869e-7, rel=5e-6)
    assert ROUNDED.probability_of_purchases(0, 39)[0] == pytest.approx(0.5737864, abs=5e-8)
    published = [
        0.0019995214, 0.0015170236, 0.0011633150, 0.0009003148, 0.0007023638,
        0.0005517902, 0.0004361913, 0.0003467171, 0.0002769613, 0.0002222260,
    ]  # fmt: skip
    np.testing.assert_allclose(ROUNDED.probability_of_purchases(range(11, 21), 30), published, rtol=1e-6)


def test_probability_alive_of_a_frequent_buyer() -> None:
    """F23."""
    assert ROUNDED.probability_alive(23, 39, 39)[0] == pytest.approx(0.968555, rel=1e-6)


def test_cdnow_holdout_by_past_frequency(
    on_cdnow: Fit[BgNbd], cdnow: Summary, cdnow_holdout: Holdout
) -> None:
    """F31 (actual) and F32 (expected): the next 39 weeks by repeat purchases so far, 0..6 and more."""
    bins = np.minimum(cdnow.frequency, 7).astype(int)
    customers = np.bincount(bins)
    assert customers.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    actual = np.bincount(bins, cdnow_holdout.purchases) / customers
    np.testing.assert_allclose(actual, [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359], atol=5e-4)
    forecast = on_cdnow.model.expected_purchases(39, cdnow.frequency, cdnow.recency, cdnow.T)
    expected = np.bincount(bins, forecast) / customers
    published = [0.2251, 0.5231, 1.0441, 1.5203, 2.1638, 2.6538, 3.5040, 6.1570]
    np.testing.assert_allclose(expected, published, atol=2e-3)


def test_cdnow_forecast_errors(on_cdnow: Fit[BgNbd], cdnow: Summary, cdnow_holdout: Holdout) -> None:
    """F34 and F36: the cohort's total, the errors per customer, and a mean P(alive) that is too high."""
    history = (cdnow.frequency, cdnow.recency, cdnow.T)
    forecast = on_cdnow.model.expected_purchases(39, *history)
    assert forecast.sum() == pytest.approx(1653.4, rel=2e-3)
    error = forecast - cdnow_holdout.purchases
    assert np.abs(error).mean() == pytest.approx(0.7855, rel=2e-3)
    assert np.sqrt((error**2).mean()) == pytest.approx(1.6080, rel=2e-3)
    assert on_cdnow.model.probability_alive(*history).mean() == pytest.approx(0.8134, rel=2e-3)


def test_log_likelihood_of_single_customers() -> None:
    """F87: note 27, a one-time buyer and one with 200 purchases."""
    model = BgNbd(r=0.25, alpha=4, a=0.8, b=2.5)
    rows = model.row_log_likelihood(np.array([0.0, 200.0]), np.array([0.0, 38.0]), np.array([40.0, 40.0]))
    np.testing.assert_allclose(rows, [-0.59947382, 100.79569], atol=1e-5)


def test_probability_alive_never_overflows(on_cdnow: Fit[BgNbd]) -> None:
    """F91: a thousand purchases and then silence is 0, tiny scales and huge powers stay in [0, 1]."""
    assert on_cdnow.model.probability_alive(1000, 10, 100)[0] == 0.0
    p = BgNbd(10.465, 0.00798565, 3.0516, 2.82).probability_alive([40, 50, 50], [5, 1, 4], [6, 37, 37])
    assert np.isfinite(p).all()
    assert ((p >= 0) & (p <= 1)).all()


def test_one_time_buyers_are_alive_for_ever() -> None:
    """Definitions 3: BG/NBD at x = 0 says 1, whatever the silence."""
    np.testing.assert_array_equal(ROUNDED.probability_alive(0, 0, [0, 1, 1000]), 1.0)

"""Pareto/NBD against the figures that papers, packages and recomputations give for three data sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.core import DAYS_PER
from evergrove.models.estimate import FlatRidge
from evergrove.models.gamma_gamma import GammaGamma
from evergrove.models.pareto_nbd import ParetoNbd

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.models.conftest import Holdout

    from evergrove.models.types import Fit, Floats, Summary

YEAR_WEEKS = DAYS_PER["year"] / 7
APPAREL_HOLDOUT_WEEKS = 207.142857  # as CLVTools counts 2007-01-01 to 2010-12-20


@pytest.fixture(scope="module")
def on_cdnow(cdnow: Summary) -> Fit[ParetoNbd]:
    """Pareto/NBD on CDNOW."""
    return ParetoNbd.fit(cdnow)


@pytest.fixture(scope="module")
def on_grocery(grocery: Summary) -> Fit[ParetoNbd]:
    """Pareto/NBD on grocery."""
    return ParetoNbd.fit(grocery)


@pytest.fixture(scope="module")
def on_apparel(apparel: Callable[[int], Summary]) -> Fit[ParetoNbd]:
    """Pareto/NBD on 104 weeks of apparel."""
    return ParetoNbd.fit(apparel(104))


def annual(weekly_delta: float) -> float:
    """The effective annual rate of a continuous weekly one, in which the figures are stated."""
    return float(np.expm1(YEAR_WEEKS * weekly_delta))


def assert_estimates(fit: Fit[ParetoNbd], r: float, alpha: float, s: float, beta: float, ll: float) -> None:
    """The tolerances of all published fits."""
    assert (fit.model.r, fit.model.alpha) == pytest.approx((r, alpha), rel=1e-3)
    assert (fit.model.s, fit.model.beta) == pytest.approx((s, beta), rel=5e-3)
    assert fit.log_likelihood == pytest.approx(ll, abs=0.01)
    assert fit.gradient_norm < 1e-9


def test_cdnow_estimates_are_the_published_ones(on_cdnow: Fit[ParetoNbd]) -> None:
    """F02: Fader and Hardie's, BTYD's and CLVTools' estimates, here also to all five digits recomputed."""
    assert_estimates(on_cdnow, 0.553, 10.578, 0.606, 11.669, -9594.976)
    full = (0.55328, 10.57768, 0.60624, 11.66873)
    assert tuple(on_cdnow.model.as_dict().values()) == pytest.approx(full, rel=1e-5)
    assert on_cdnow.warnings == ()


def test_grocery_estimates_are_the_published_ones(on_grocery: Fit[ParetoNbd]) -> None:
    """F43."""
    assert_estimates(on_grocery, 0.78644, 5.67904, 0.38624, 5.71779, -15782.392)


def test_apparel_estimates_and_errors_are_those_of_clvtools(on_apparel: Fit[ParetoNbd]) -> None:
    """F54, with AIC, BIC and standard errors from the observed information."""
    assert_estimates(on_apparel, 1.4489768, 48.6360845, 0.5612598, 46.8843633, -5848.0978)
    assert 2 * 4 - 2 * on_apparel.log_likelihood == pytest.approx(11704.1957, abs=0.01)
    assert 4 * np.log(600) - 2 * on_apparel.log_likelihood == pytest.approx(11721.7834, abs=0.01)
    errors = [on_apparel.standard_errors[name] for name in ParetoNbd.parameters]
    assert errors == pytest.approx([0.2434, 7.4892, 0.2710, 35.6114], rel=1e-3)


def test_one_year_of_apparel_is_fitted_and_its_lifetimes_are_doubted(
    apparel: Callable[[int], Summary],
) -> None:
    """F61, Pareto part: the published maximum; s and beta are known to a factor of ten only, and that is said."""
    with pytest.warns(FlatRidge, match="s, beta"):
        fit = ParetoNbd.fit(apparel(52))
    assert_estimates(fit, 1.3080, 46.335, 0.4794, 70.229, -3481.9782)


def test_best_customer_of_cdnow(on_cdnow: Fit[ParetoNbd]) -> None:
    """F13: customer 1516."""
    assert on_cdnow.model.probability_alive(26, 30.857, 31)[0] == pytest.approx(0.997874, rel=2e-3)
    assert on_cdnow.model.expected_purchases(52, 26, 30.857, 31)[0] == pytest.approx(25.456, rel=2e-3)


def test_expectation_of_a_new_customer(on_cdnow: Fit[ParetoNbd]) -> None:
    """F14 after a fit; F20 at the rounded parameters of BTYD's manual, to all digits printed."""
    assert on_cdnow.model.expected_purchases_new(52) == pytest.approx(1.473434, rel=1e-6)
    manual = ParetoNbd(r=0.55, alpha=10.56, s=0.61, beta=11.64)
    expected = [manual.expected_purchases_new(weeks) for weeks in range(1, 10)]
    printed = [0.05078, 0.09916, 0.14543, 0.18980, 0.23247, 0.27361, 0.31335, 0.35181, 0.38909]
    np.testing.assert_allclose(expected, printed, atol=5e-6)


def test_probability_alive_of_one_time_buyers(on_cdnow: Fit[ParetoNbd]) -> None:
    """F17: BTYD prints .29416, from where its search stopped; the maximum gives .29428."""
    p = on_cdnow.model.probability_alive(0, 0, 39)[0]
    assert p == pytest.approx(0.29416, abs=2e-4)
    assert p == pytest.approx(0.29428, abs=5e-6)


def test_residual_transactions_of_cdnow(on_cdnow: Fit[ParetoNbd], cdnow: Summary) -> None:
    """F28: DERT at 15 % a year of 52 weeks."""
    dert = on_cdnow.model.discounted_expected_residual_transactions(
        annual(np.log(1.15) / 52), cdnow.frequency, cdnow.recency, cdnow.T
    )
    np.testing.assert_allclose(dert[[0, 1, 2, 1515]], [6.50035, 0.76436, 0.47828, 86.2576], rtol=1e-3)
    assert dert.sum() == pytest.approx(7205.55, rel=1e-3)


def test_residual_transactions_at_published_parameters() -> None:
    """F30: more purchases at the same recency are soon a sign of having left; to all digits printed."""
    model = ParetoNbd(r=0.5629966, alpha=12.559037, s=0.4081095, beta=10.5148048)
    rate = annual(0.0027)
    assert model.discounted_expected_residual_transactions(rate, 7, 35, 77.86)[0] == pytest.approx(
        1.86418, abs=5e-6
    )
    by_frequency = model.discounted_expected_residual_transactions(rate, np.arange(1, 11), 30, 77.86)
    printed = [2.1992, 2.8435, 2.8671, 2.4454, 1.8405, 1.2624, 0.8096, 0.4948, 0.2920, 0.1679]
    np.testing.assert_allclose(by_frequency, printed, atol=5e-5)


def test_cdnow_holdout_by_past_frequency(
    on_cdnow: Fit[ParetoNbd], cdnow: Summary, cdnow_holdout: Holdout
) -> None:
    """F31: expected and actual purchases of the next 39 weeks, by repeat purchases so far."""
    expected = on_cdnow.model.expected_purchases(39, cdnow.frequency, cdnow.recency, cdnow.T)
    of = np.minimum(cdnow.frequency, 7).astype(int)
    sizes = np.bincount(of)

    def mean(values: Floats) -> Floats:
        return np.asarray(np.bincount(of, values) / sizes)

    assert sizes.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    actual = [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359]
    np.testing.assert_allclose(mean(cdnow_holdout.purchases), actual, atol=5e-4)
    published = [0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403]
    np.testing.assert_allclose(mean(expected), published, atol=2e-3)


def test_cdnow_forecast_errors(on_cdnow: Fit[ParetoNbd], cdnow: Summary, cdnow_holdout: Holdout) -> None:
    """F34 and F36: the cohort's total, the errors per customer, and the mean P(alive)."""
    model = on_cdnow.model
    expected = model.expected_purchases("39 weeks", cdnow.frequency, cdnow.recency, cdnow.T)
    error = expected - cdnow_holdout.purchases
    assert expected.sum() == pytest.approx(1665.5, rel=2e-3)
    assert expected.sum() / cdnow_holdout.purchases.sum() - 1 == pytest.approx(-0.115, abs=5e-4)
    assert np.abs(error).mean() == pytest.approx(0.7545, rel=2e-3)
    assert np.sqrt((error**2).mean()) == pytest.approx(1.6028, rel=2e-3)
    p_alive = model.probability_alive(cdnow.frequency, cdnow.recency, cdnow.T)
    assert p_alive.mean() == pytest.approx(0.4463, rel=2e-3)


def test_grocery_customers_and_total(on_grocery: Fit[ParetoNbd], grocery: Summary) -> None:
    """F48 and the total of F49."""
    model, x = on_grocery.model, np.arange(1, 6)
    p_alive = [0.318573, 0.165203, 0.072765, 0.028816, 0.010721]
    expected = [0.44841, 0.36270, 0.21709, 0.10867, 0.04888]
    np.testing.assert_allclose(model.probability_alive(x, 12, 52), p_alive, rtol=2e-3)
    np.testing.assert_allclose(model.expected_purchases(52, x, 12, 52), expected, rtol=2e-3)
    total = model.expected_purchases("52 weeks", grocery.frequency, grocery.recency, grocery.T).sum()
    assert total == pytest.approx(3990.7, rel=2e-3)


def test_apparel_customers(on_apparel: Fit[ParetoNbd], apparel: Callable[[int], Summary]) -> None:
    """F56 and F57: customers 1, 10 and 100 as CLVTools prints them."""
    summary, model = apparel(104), on_apparel.model
    rows = tuple(values[[0, 9, 99]] for values in (summary.frequency, summary.recency, summary.T))
    np.testing.assert_allclose(model.probability_alive(*rows), [0.9468478, 0.9825606, 0.2784686], rtol=1e-4)
    np.testing.assert_allclose(
        model.expected_purchases(APPAREL_HOLDOUT_WEEKS, *rows),
        [7.3256573, 3.5198114, 0.4190901],
        rtol=1e-4,
    )
    for weekly_delta, printed in (
        (np.log(1.1), [0.46765602, 0.22469806, 0.02675392]),
        (np.log(1.1) / 52, [13.3014, 6.3910, 0.76093]),
    ):
        dert = model.discounted_expected_residual_transactions(annual(weekly_delta), *rows)
        np.testing.assert_allclose(dert, printed, rtol=1e-4)


def test_apparel_customers_in_money(on_apparel: Fit[ParetoNbd], apparel: Callable[[int], Summary]) -> None:
    """F56 and F57 with the spend on repeat days: customers 1, 10 and 100 as CLVTools prints them."""
    summary, three = apparel(104), [0, 9, 99]
    spend_model = GammaGamma.fit(summary, convention="repeat_days").model
    assert summary.monetary_value is not None
    spend = spend_model.expected_spend(summary.frequency[three], summary.monetary_value[three])
    np.testing.assert_allclose(spend, [88.64634, 41.21027, 37.62791], rtol=1e-4)
    dert = on_apparel.model.discounted_expected_residual_transactions(
        annual(np.log(1.1)), summary.frequency[three], summary.recency[three], summary.T[three]
    )
    np.testing.assert_allclose(dert * spend, [41.456, 9.2599, 1.0067], rtol=1e-4)

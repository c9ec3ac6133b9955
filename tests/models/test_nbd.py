"""NBD against published estimates, quadrature and identities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.models.gamma_rate import counted, rising, waiting
from evergrove.models.nbd import Nbd
from evergrove.models.process import Divergent

if TYPE_CHECKING:
    from tests.models.conftest import Holdout

    from evergrove.models.types import Fit, Floats, Summary

YEAR_WEEKS = 365.25 / 7


@pytest.fixture(scope="module")
def fitted(cdnow: Summary) -> Fit[Nbd]:
    """NBD on CDNOW."""
    return Nbd.fit(cdnow)


def test_cdnow_estimates_are_the_published_ones(fitted: Fit[Nbd]) -> None:
    """F01."""
    assert fitted.model.r == pytest.approx(0.38477, rel=1e-3)
    assert fitted.model.alpha == pytest.approx(12.0720, rel=1e-3)
    assert fitted.log_likelihood == pytest.approx(-9763.658, abs=0.01)
    assert fitted.warnings == ()


def test_grocery_estimates_are_the_published_ones(grocery: Summary) -> None:
    """F43, NBD part."""
    fit = Nbd.fit(grocery)
    assert fit.model.r == pytest.approx(0.42032, rel=1e-3)
    assert fit.model.alpha == pytest.approx(5.24512, rel=1e-3)
    assert fit.log_likelihood == pytest.approx(-16376.864, abs=0.01)


def test_cdnow_forecast_misses_by_as_much_as_published(
    fitted: Fit[Nbd], cdnow: Summary, cdnow_holdout: Holdout
) -> None:
    """F34, NBD part: without dropout the holdout is overstated by half."""
    expected = fitted.model.expected_purchases("39 weeks", cdnow.frequency, cdnow.recency, cdnow.T)
    error = expected - cdnow_holdout.purchases
    assert expected.sum() == pytest.approx(2929.8, rel=2e-3)
    assert np.abs(error).mean() == pytest.approx(1.0410, rel=2e-3)
    assert np.sqrt((error**2).mean()) == pytest.approx(1.8595, rel=2e-3)


def test_unit_changes_the_parameters_and_nothing_else(fitted: Fit[Nbd], cdnow: Summary) -> None:
    """Identity 2 for NBD: alpha grows by 7, the log-likelihood falls by (sum of x) ln 7."""
    days = Nbd.fit(cdnow.in_unit("day"))
    assert days.model.r == pytest.approx(fitted.model.r, rel=1e-10)
    assert days.model.alpha == pytest.approx(7 * fitted.model.alpha, rel=1e-10)
    assert days.log_likelihood == pytest.approx(fitted.log_likelihood - 2457 * np.log(7), abs=1e-6)
    weekly = fitted.model.expected_purchases("12 months", cdnow.frequency, cdnow.recency, cdnow.T)
    daily = days.model.expected_purchases("12 months", cdnow.frequency, 7 * cdnow.recency, 7 * cdnow.T)
    np.testing.assert_allclose(daily, weekly, rtol=1e-10)


def test_row_likelihood_is_the_mean_over_purchase_rates() -> None:
    """Against brute force: the trapezoidal rule over ln lambda, exact for such integrands."""
    model = Nbd(r=0.4, alpha=12.0)
    x, T = np.array([0.0, 2.0, 30.0]), np.array([10.0, 0.5, 40.0])
    log_rate = np.arange(-120, 12, 0.02)[:, None]
    rate = np.exp(log_rate)
    density = model.r * np.log(model.alpha) + model.r * log_rate - model.alpha * rate
    likelihood = np.exp(density + x * log_rate - rate * T).sum(axis=0) * 0.02 / 2.218159543757688  # Gamma(.4)
    found = model.row_log_likelihood(x, np.zeros(3), T)
    np.testing.assert_allclose(found, np.log(likelihood), rtol=1e-12)


def test_fresh_customer_adds_nothing_to_the_likelihood() -> None:
    """A customer of age 0 has had no time to say anything."""
    zero = np.zeros(1)
    assert Nbd(r=0.4, alpha=12.0).row_log_likelihood(zero, zero, zero)[0] == 0


def test_dert_is_the_mean_rate_over_the_discount_rate() -> None:
    """Identity 3, NBD: (r + x) / ((alpha + T) delta)."""
    model = Nbd(r=0.4, alpha=12.0)
    delta = np.log(1.1) / YEAR_WEEKS
    dert = model.discounted_expected_residual_transactions(0.1, [0, 5], [0, 20], [39, 39])
    np.testing.assert_allclose(dert, np.array([0.4, 5.4]) / (51 * delta), rtol=1e-14)
    year = model.discounted_purchases("12 months", 0.1, [0, 5], [0, 20], [39, 39])
    np.testing.assert_allclose(year, dert * (1 - 1 / 1.1), rtol=1e-14)
    undiscounted = model.discounted_purchases(52, 0.0, [0, 5], [0, 20], [39, 39])
    np.testing.assert_allclose(undiscounted, model.expected_purchases(52, [0, 5], [0, 20], [39, 39]))
    with pytest.raises(Divergent):
        model.discounted_expected_residual_transactions(0.0, 0, 0, 39)


def test_counts_add_up_to_one_and_to_the_expectation() -> None:
    """Identity 5: sum of pmf = 1, sum of n pmf = E[X(t)], P(active) = 1 - pmf(0)."""
    model = Nbd(r=0.4, alpha=12.0)
    n = np.arange(2000.0)
    pmf = model.probability_of_purchases(n, 52)
    assert pmf.sum() == pytest.approx(1, abs=1e-12)
    assert n @ pmf == pytest.approx(model.expected_purchases_new(52), rel=1e-10)
    assert model.probability_active(52, 0, 0, 0)[0] == pytest.approx(1 - pmf[0], rel=1e-12)
    assert model.probability_of_purchases([0, 1], 0).tolist() == pytest.approx([1, 0], abs=1e-14)


def test_next_purchase_quantile_solves_for_the_time() -> None:
    """At the q-quantile, q of those who buy within the horizon have bought."""
    model = Nbd(r=0.4, alpha=12.0)
    x, T = np.array([0.0, 7.0]), np.array([39.0, 39.0])
    time = model.next_purchase_quantile_if_alive(0.5, 52, x, T)
    reached = model.active_if_alive(time, x, T) / model.active_if_alive(52, x, T)
    np.testing.assert_allclose(reached, 0.5, rtol=1e-13)


def test_nobody_leaves() -> None:
    """P(alive) is 1 after any silence, and stays 1."""
    model = Nbd(r=0.4, alpha=12.0)
    assert model.probability_alive([0, 3], [0, 1], [100, 100]).tolist() == [1, 1]
    assert model.survival_if_alive(np.array([[1.0], [9.0]]), np.zeros(3), np.zeros(3)).shape == (2, 3)
    rates = model.rate_if_alive(np.array([[1.0], [9.0]]), np.zeros(3), np.zeros(3))
    np.testing.assert_allclose(rates, np.full((2, 3), 0.4 / 12))


def test_derivatives_agree_with_differences(cdnow: Summary) -> None:
    """Gradient and Hessian against central differences of value and gradient, far from the maximum."""
    objective = Nbd.surface(cdnow.counts(), 31.0)
    theta, h = np.array([0.3, -0.6]), 1e-5

    def along(k: int) -> tuple[tuple[float, Floats, Floats], tuple[float, Floats, Floats]]:
        step = h * np.eye(2)[k]
        return objective(theta + step), objective(theta - step)

    _value, gradient, hessian = objective(theta)
    for k in range(2):
        up, down = along(k)
        assert (up[0] - down[0]) / (2 * h) == pytest.approx(gradient[k], rel=1e-7)
        np.testing.assert_allclose((up[1] - down[1]) / (2 * h), hessian[k], rtol=1e-7)


def test_population_sums_equal_the_sum_over_customers() -> None:
    """The histograms say what the rows say, gamma functions and waiting apart."""
    x, T, weight = (
        np.array([0.0, 3.0, 3.0, 9.0]),
        np.array([1.0, 4.0, 9.0, 9.0]),
        np.array([5.0, 1.0, 2.0, 1.0]),
    )
    log_gammas, _first, _second = rising(0.7, counted(x, weight))
    value, _gradient, _hessian = waiting(0.7, 3.0, T, weight, weight * x)
    rows = Nbd(r=0.7, alpha=3.0).row_log_likelihood(x, np.zeros(4), T)
    assert log_gammas + value == pytest.approx(float(weight @ rows), rel=1e-14)

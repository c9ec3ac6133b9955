"""The return rate against scipy's beta-binomial, quadrature and customers whose rates are known."""

from __future__ import annotations

import os

import numpy as np
import pytest
from scipy import integrate, special, stats

from evergrove.models import FlatRidge
from evergrove.models.spend import ReturnRate, weighted_returns
from evergrove.models.spend.returns import InvalidReturns, NoReturnRate, ReturnedBeyondPurchase
from evergrove.models.spend.returns_likelihood import Surface
from evergrove.models.types import InvalidParameter

PROVE = os.environ.get("EVERGROVE_PROVE") == "1"
TRUTH = ReturnRate(a=0.8, b=6.0)


def test_likelihood_is_that_of_the_beta_binomial() -> None:
    """Scipy's, less the number of orders in which y of n come back."""
    for y, n, a, b in ((0, 3, 0.8, 6.0), (2, 5, 30.0, 4.0), (40, 41, 0.01, 900.0)):
        value = Surface(np.array([float(y)]), np.array([float(n - y)]), np.array([2.0]))(np.log([a, b]))[0]
        orders = np.log(special.comb(n, y))
        assert value == pytest.approx(2 * (stats.betabinom.logpmf(y, n, a, b) - orders), rel=1e-9)


def test_derivatives_are_exact() -> None:
    """Gradient and Hessian against central differences of the level below."""
    random = np.random.default_rng(3)
    n = random.integers(1, 9, 50).astype(float)
    y = random.uniform(0, n)
    surface = Surface(y, n - y, np.ones(50))
    for point in ((0.5, 4.0), (20.0, 90.0), (3.0, 0.2)):
        theta = np.log(point)
        _value, gradient, hessian = surface(theta)
        for i in range(2):
            h = 1e-4 * np.eye(2)[i]
            up, down = surface(theta + h), surface(theta - h)
            assert gradient[i] == pytest.approx((up[0] - down[0]) / 2e-4, rel=1e-6, abs=1e-6)
            np.testing.assert_allclose(hessian[i], (up[1] - down[1]) / 2e-4, rtol=1e-6, atol=1e-6)


def test_expected_rate_is_the_posterior_mean() -> None:
    """By quadrature over a customer's own rate; of whom nothing is known, the population's."""
    for y, n in ((0.0, 2.0), (3.0, 4.0), (1.6, 2.9)):

        def density(rate: float, y: float = y, n: float = n) -> float:
            return float(stats.beta.pdf(rate, 0.8, 6.0) * rate**y * (1 - rate) ** (n - y))

        whole = integrate.quad(density, 0, 1, epsrel=1e-11)[0]
        mean = integrate.quad(lambda rate: rate * density(rate), 0, 1, epsrel=1e-11)[0] / whole
        assert TRUTH.expected_rate(y, n)[()] == pytest.approx(mean, rel=1e-7)
    unknown = TRUTH.expected_rate([0.0, np.nan, 0.0], [0.0, 3.0, np.nan])
    np.testing.assert_allclose(unknown, 0.8 / 6.8, rtol=1e-14)
    assert TRUTH.population_rate == pytest.approx(0.8 / 6.8, rel=1e-14)
    np.testing.assert_allclose(TRUTH.expected_net(100.0, [3.0], [4.0]), 100 * (1 - 3.8 / 10.8), rtol=1e-14)


def customers(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Purchases, returns among them, and each customer's true rate."""
    random = np.random.default_rng(seed)
    n = 1 + random.negative_binomial(0.7, 0.2, count)
    rate = random.beta(TRUTH.a, TRUTH.b, count)
    return n, random.binomial(n, rate), rate


def test_fit_recovers_what_was_simulated() -> None:
    """Within four standard errors; true rates are foretold without bias whatever came back so far."""
    n, y, rate = customers(20_000, seed=1)
    fit = ReturnRate.fit(y, n)
    off = np.log([fit.model.a / TRUTH.a, fit.model.b / TRUTH.b])
    assert (np.abs(off) < 4 * np.sqrt(np.diag(fit.log_covariance))).all()
    error = rate - TRUTH.expected_rate(y, n)
    for some in (y == 0, y == n, y > 1, n > 5):
        assert abs(error[some].mean()) < 4 * error[some].std() / np.sqrt(some.sum())


@pytest.mark.slow
def test_intervals_cover_the_parameters_that_made_the_data() -> None:
    """95 % Wald intervals on ln a and ln b cover 91-98 % of 300 data sets; fewer sets by default."""
    sets = 300 if PROVE else 60
    covered = np.zeros((sets, 2))
    for seed in range(sets):
        n, y, _rate = customers(2000, seed=100 + seed)
        fit = ReturnRate.fit(y, n)
        off = np.log([fit.model.a / TRUTH.a, fit.model.b / TRUTH.b])
        covered[seed] = np.abs(off) < 1.96 * np.sqrt(np.diag(fit.log_covariance))
    shares = covered.mean(axis=0)
    if PROVE:
        assert ((shares >= 0.91) & (shares <= 0.98)).all()
    else:
        assert (shares >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / sets)).all()


def test_net_spend_of_shoppers_who_return_is_foretold() -> None:
    """Gross spend a day times what is expected to stay: unbiased for the net spend of later days."""
    random = np.random.default_rng(8)
    n, y, rate = customers(30_000, seed=9)
    gross = random.gamma(3.0, 20.0, len(n))
    later = random.binomial(5, rate)
    net = gross * (5 - later)
    fit = ReturnRate.fit(y, n)
    difference = net - 5 * fit.model.expected_net(gross, y, n)
    assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(len(n))
    assert (net - 5 * gross).mean() < -4 * difference.std() / np.sqrt(len(n))  # gross alone is too high


def test_amounts_count_as_equal_purchases() -> None:
    """Equal orders are their number; one large among small ones counts little more than one."""
    y, n = weighted_returns([40.0, 100.0, 0.0], [400.0, 9010.0, 0.0], [10.0, 90.0, 0.0])
    np.testing.assert_allclose(n, [4.0, 100**2 / 9010, 0.0], rtol=1e-14)
    np.testing.assert_allclose(y, [1.0, 0.9 * 100**2 / 9010, 0.0], rtol=1e-14)
    with pytest.warns(ReturnedBeyondPurchase, match="1 of 2 customers") as caught:
        y, n = weighted_returns([10.0, 10.0], [100.0, 50.0], [12.0, 5.0])
    np.testing.assert_allclose(y, [1.0, 1.0])
    assert caught[0].filename == __file__


def test_what_tells_no_rate_is_said() -> None:
    """Nothing back, all back, negative amounts; one purchase each says nothing of how customers differ."""
    with pytest.raises(NoReturnRate, match="0 of 12 purchases"):
        ReturnRate.fit([0, 0], [5, 7])
    with pytest.raises(NoReturnRate, match="12 of 12 purchases"):
        ReturnRate.fit([5, 7, 0], [5, 7, 0])
    with pytest.raises(InvalidReturns, match="1 of 2 customers"):
        ReturnRate.fit([-1, 1], [5, 7])
    with pytest.raises(InvalidReturns):
        weighted_returns([10.0], [100.0], [-5.0])
    with pytest.raises(InvalidParameter):
        ReturnRate(a=0.0, b=1.0)
    with pytest.warns(FlatRidge, match="Return rate"):
        fit = ReturnRate.fit(np.arange(100) % 10 == 0, np.ones(100))
    assert fit.model.population_rate == pytest.approx(0.1, rel=1e-6)
    assert fit.model.as_dict().keys() == {"a", "b"}

"""The margin model against the normal distribution it is, and customers whose margins are known."""

from __future__ import annotations

import os

import numpy as np
import pytest
from scipy import stats

from evergrove.models import FlatRidge
from evergrove.models.spend import MarginShare, expected_margin
from evergrove.models.spend.margin import NoMargins
from evergrove.models.spend.margin_likelihood import Surface
from evergrove.models.types import InvalidParameter

PROVE = os.environ.get("EVERGROVE_PROVE") == "1"
TRUTH = MarginShare(mean=0.42, between=0.08, within=0.15)
DAYS = (np.array([0.3, 0.5, 0.45]), np.array([0.2]), np.array([0.6, 0.7]))


def test_likelihood_is_that_of_correlated_normals() -> None:
    """Each customer's days are jointly normal: tau^2 between any two, sigma^2 more with themselves."""
    n, m = np.array([3.0, 1.0, 2.0]), np.array([each.mean() for each in DAYS])
    squares = np.array([((each - each.mean()) ** 2).sum() for each in DAYS])
    value = Surface(n, m, squares)(np.array([0.42, np.log(0.08), np.log(0.15)]))[0]
    direct = sum(
        stats.multivariate_normal.logpdf(
            each, np.full(len(each), 0.42), 0.08**2 + 0.15**2 * np.eye(len(each))
        )
        for each in DAYS
    )
    assert value == pytest.approx(direct, rel=1e-12)


def test_derivatives_are_exact() -> None:
    """Gradient and Hessian against central differences of the level below."""
    random = np.random.default_rng(2)
    n = random.integers(1, 6, 30).astype(float)
    surface = Surface(n, random.normal(0.4, 0.2, 30), random.uniform(0, 0.1, 30) * (n - 1))
    for theta in (np.array([0.4, -2.0, -2.0]), np.array([0.1, -4.0, -1.0]), np.array([0.5, 0.0, -3.0])):
        _value, gradient, hessian = surface(theta)
        for i in range(3):
            h = 1e-5 * np.eye(3)[i]
            up, down = surface(theta + h), surface(theta - h)
            assert gradient[i] == pytest.approx((up[0] - down[0]) / 2e-5, rel=1e-6, abs=1e-4)
            np.testing.assert_allclose(hessian[i], (up[1] - down[1]) / 2e-5, rtol=1e-6, atol=1e-2)


def test_expected_share_is_the_regression_on_what_was_seen() -> None:
    """The mean of a further day given three, from the joint normal distribution of all four."""
    seen, joint = np.array([0.3, 0.5, 0.45]), 0.08**2 + 0.15**2 * np.eye(3)
    mean = 0.42 + np.full(3, 0.08**2) @ np.linalg.solve(joint, seen - 0.42)
    assert TRUTH.expected_share(3, seen.mean()) == pytest.approx(mean, rel=1e-12)
    np.testing.assert_allclose(TRUTH.expected_share([0, 4], [0.9, np.nan]), 0.42, rtol=1e-14)


def customers(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Days with costs, their mean share, squares around it, and each customer's true share."""
    random = np.random.default_rng(seed)
    n = 1.0 + random.poisson(2.0, count)
    own = random.normal(TRUTH.mean, TRUTH.between, count)
    mean = own + random.normal(0, 1, count) * TRUTH.within / np.sqrt(n)
    squares = TRUTH.within**2 * np.where(n > 1, random.chisquare(np.maximum(n - 1, 1)), 0.0)
    return n, mean, squares, own


def test_fit_recovers_what_was_simulated() -> None:
    """Within four standard errors; true shares are foretold without bias at both ends."""
    n, mean, squares, own = customers(20_000, seed=1)
    fit = MarginShare.fit(n, mean, squares)
    model, errors = fit.model, np.sqrt(np.diag(fit.log_covariance))
    off = np.array([model.mean - 0.42, *np.log([model.between / 0.08, model.within / 0.15])])
    assert (np.abs(off) < 4 * errors).all()
    error = own - model.expected_share(n, mean)
    for some in (mean < 0.3, mean > 0.55, n == 1, n > 4):
        assert abs(error[some].mean()) < 4 * error[some].std() / np.sqrt(some.sum())


def test_intervals_cover_the_parameters_that_made_the_data() -> None:
    """95 % Wald intervals cover 91-98 % of 300 data sets; fewer sets by default."""
    sets = 300 if PROVE else 60
    covered = np.zeros((sets, 3))
    for seed in range(sets):
        fit = MarginShare.fit(*customers(500, seed=100 + seed)[:3])
        model = fit.model
        off = np.array([model.mean - 0.42, *np.log([model.between / 0.08, model.within / 0.15])])
        covered[seed] = np.abs(off) < 1.96 * np.sqrt(np.diag(fit.log_covariance))
    shares = covered.mean(axis=0)
    if PROVE:
        assert ((shares >= 0.91) & (shares <= 0.98)).all()
    else:
        assert (shares >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / sets)).all()


def test_without_known_costs_the_setting_holds() -> None:
    """The model where there is one, else the shop's margin, else all of the spend."""
    days, share = np.array([2.0, 0.0]), np.array([0.5, np.nan])
    np.testing.assert_array_equal(expected_margin(TRUTH, 0.3, days, share), TRUTH.expected_share(days, share))
    np.testing.assert_array_equal(expected_margin(None, 0.3, days, share), [0.3, 0.3])
    np.testing.assert_array_equal(expected_margin(None, None, days, share), [1.0, 1.0])


def test_what_tells_no_margin_is_said() -> None:
    """Nine customers, or one day each, are refused; customers who do not differ are called flat."""
    n, mean, squares, _own = customers(9, seed=1)
    with pytest.raises(NoMargins, match="9 customers"):
        MarginShare.fit(n, mean, squares)
    with pytest.raises(NoMargins, match="0 further days"):
        MarginShare.fit(np.ones(50), np.linspace(0, 1, 50), np.zeros(50))
    with pytest.raises(InvalidParameter, match="between"):
        MarginShare(mean=0.4, between=0.0, within=0.1)
    with pytest.raises(InvalidParameter, match="mean"):
        MarginShare(mean=np.nan, between=0.1, within=0.1)
    random = np.random.default_rng(5)
    days = random.normal(0.4, 0.1, (200, 4))
    alike = days - days.mean(axis=1, keepdims=True) + 0.4
    with pytest.warns(FlatRidge, match="between"):
        fit = MarginShare.fit(np.full(200, 4.0), alike.mean(axis=1), alike.var(axis=1) * 4)
    assert fit.model.expected_share(4, 0.9) == pytest.approx(0.4, abs=1e-3)
    assert set(fit.model.as_dict()) == {"mean", "between", "within"}

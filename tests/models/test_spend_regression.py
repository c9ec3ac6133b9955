"""The spend regression: Gamma-Gamma without slopes, by quadrature, by simulation, and on held-out spend."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import integrate, stats

from evergrove.models import FlatRidge, GammaGamma, Summary, days_and_means
from evergrove.models.covariates import likelihood_ratio
from evergrove.models.covariates.errors import (
    CovariateConstant,
    CovariateMissing,
    CovariateNotFinite,
    CovariateRows,
    CovariatesCollinear,
    CovariateUnknown,
    InvalidSlope,
    NotNested,
)
from evergrove.models.gamma_gamma import InfiniteMeanSpend
from evergrove.models.gamma_gamma_rows import NoSpend, SpendLeftOut, SpendRows, first_day_share
from evergrove.models.spend import (
    FREQUENCY,
    SpendRegression,
    covariates_of,
    given_slopes,
)
from evergrove.models.spend.design import SpendCovariateName
from evergrove.models.spend.regression_likelihood import Surface
from evergrove.models.types import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.models import Floats

PROVE = os.environ.get("EVERGROVE_PROVE") == "1"
TRUTH = SpendRegression(p=3.9, q=4.5, gamma=27.0, slopes={FREQUENCY: 0.14, "gift": -0.3})


@dataclass(frozen=True)
class Spenders:
    """Simulated customers: what a model may see, their covariates, and their true mean spend a day."""

    summary: Summary
    covariates: dict[str, Floats]
    true_mean: Floats


def simulate(model: SpendRegression, customers: int, seed: int) -> Spenders:
    """Draw frequencies, covariates, scales, and each first day beside the sum of the others."""
    random = np.random.default_rng(seed)
    x = random.negative_binomial(0.5, 0.25, customers).astype(float)
    gift = random.integers(0, 2, customers).astype(float)
    z = {name: values for name, values in ((FREQUENCY, np.log1p(x)), ("gift", gift)) if name in model.slopes}
    nu = random.gamma(model.q, 1, customers) / (model.scale(z) if z else model.gamma)
    first, others = random.gamma(model.p, size=customers) / nu, random.gamma(model.p * x) / nu
    repeat_mean = np.divide(others, x, out=np.full(customers, np.nan), where=x > 0)
    summary = Summary(
        frequency=x,
        recency=np.minimum(x, 1),
        T=x + 1,
        monetary_value=repeat_mean,
        mean_day_spend=(first + others) / (x + 1),
    )
    return Spenders(summary, {"gift": gift}, model.p / nu)


def quietly(fit: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A fit whose count of customers left out is not what is tested."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpendLeftOut)
        return fit(*args, **kwargs)


@pytest.fixture(scope="module")
def spenders() -> Spenders:
    """20,000 customers whose spend falls with gifts and rises with frequency."""
    return simulate(TRUTH, 20_000, seed=11)


@pytest.mark.parametrize("first_day", [False, True])
def test_without_slopes_it_is_gamma_gamma(cdnow: Summary, first_day: bool) -> None:  # noqa: FBT001 -- a parameter of pytest's
    """Beta = 0: the same estimates, errors, likelihood and expectations, to rounding."""
    plain = quietly(GammaGamma.fit, cdnow, first_day=first_day)
    fit = quietly(SpendRegression.fit, cdnow, frequency=False, first_day=first_day)
    assert fit.customers == plain.customers
    assert fit.parameters == plain.parameters
    assert fit.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-8)
    assert fit.model.as_dict() == pytest.approx(plain.model.as_dict(), rel=1e-8)
    assert fit.standard_errors == pytest.approx(plain.standard_errors, rel=1e-6)
    same = SpendRegression(**plain.model.as_dict(), slopes={FREQUENCY: 0.0})
    n, m = days_and_means(cdnow, "all_days")
    z = covariates_of(cdnow)
    np.testing.assert_allclose(same.expected_spend(n, m, z), plain.model.expected_spend(n, m), rtol=1e-14)
    np.testing.assert_allclose(same.expected_spend_new(z), plain.model.population_mean, rtol=1e-14)
    assert same.log_likelihood(cdnow, z, first_day=first_day) == pytest.approx(
        plain.model.log_likelihood(cdnow, first_day=first_day), abs=1e-8
    )


def test_expectations_and_density_by_quadrature() -> None:
    """E(p / nu | first day, others) and their density, integrated over the customer's scale by brute force."""
    for n, m, share, gift in ((1, 12.0, 0.0, 1.0), (4, 35.5, 0.6, 0.0), (30, 80.0, 0.02, 1.0)):
        z = {FREQUENCY: np.array([np.log(n)]), "gift": np.array([gift])}
        gamma_i = 27.0 * np.exp(0.14 * np.log(n) - 0.3 * gift)
        first, others = (n * m * share, n * m * (1 - share)) if n > 1 else (m, 0.0)

        def density(
            nu: float, g: float = gamma_i, n: int = n, first: float = first, others: float = others
        ) -> Any:
            seen = stats.gamma.pdf(first, 3.9, scale=1 / nu)
            if n > 1:
                seen = seen * stats.gamma.pdf(others, 3.9 * (n - 1), scale=1 / nu)
            return seen * stats.gamma.pdf(nu, 4.5, scale=1 / g)

        around = 3.9 / m
        bounds = {"epsabs": 0, "epsrel": 1e-11, "limit": 400, "points": [around / 2, around, 2 * around]}
        whole = integrate.quad(density, 0, 30 * around, **bounds)[0]
        mean = integrate.quad(lambda nu: 3.9 / nu * density(nu), 1e-12, 30 * around, **bounds)[0] / whole
        assert TRUTH.expected_spend(n, m, z)[0] == pytest.approx(mean, rel=1e-8)
        x = np.array([[1.0, np.log(n), gift]])
        row = Surface.over(np.array([float(n)]), np.array([m]), x, np.ones(1), np.array([share or np.nan]))
        value = row(np.array([*np.log([3.9, 4.5, 27.0]), 0.14, -0.3]))[0]
        per_mean_and_share = whole * (n * m * n if n > 1 else 1.0)
        assert value == pytest.approx(np.log(per_mean_and_share), rel=1e-8)


def test_held_out_density_is_the_ratio_of_two_likelihoods() -> None:
    """f(later | seen) = f(seen and later) / f(seen): by the mean over scales that fit what was seen."""
    z = {FREQUENCY: [np.log(4)], "gift": [1.0]}
    shape, rate = 4.5 + 3.9 * 4, TRUTH.scale(z)[0] + 4 * 35.0
    density = integrate.quad(
        lambda nu: stats.gamma.pdf(50.0, 3.9 * 2, scale=1 / (2 * nu)) * stats.gamma.pdf(nu, shape, scale=1 / rate),
        0, 1, epsrel=1e-11, points=[shape / rate],
    )[0]  # fmt: skip
    assert TRUTH.log_predictive(4, 35.0, 2, 50.0, z)[0] == pytest.approx(np.log(density), rel=1e-9)
    plain = GammaGamma(p=3.9, q=4.5, gamma=TRUTH.scale(z)[0])
    assert plain.log_predictive(4, 35.0, 2, 50.0)[0] == pytest.approx(np.log(density), rel=1e-9)


def test_derivatives_are_exact(cdnow: Summary) -> None:
    """Gradient and Hessian against central differences of the level below."""
    rows = quietly(SpendRows.of, cdnow, "all_days", first_day=True)
    x = np.column_stack([np.ones(len(rows.n)), np.log(rows.n), rows.n % 2])
    surface = Surface.over(rows.n, rows.m, x, rows.weight, rows.share)
    for point in ((6.0, 4.0, 15.0, 0.1, -0.2), (0.8, 1.5, 40.0, -0.5, 0.0), (60.0, 9.0, 2.0, 1.0, 0.5)):
        theta = np.array([*np.log(point[:3]), *point[3:]])
        _value, gradient, hessian = surface(theta)
        for i in range(5):
            h = 1e-4 * np.eye(5)[i]
            up, down = surface(theta + h), surface(theta - h)
            assert gradient[i] == pytest.approx((up[0] - down[0]) / 2e-4, rel=1e-6, abs=1e-3)
            np.testing.assert_allclose(hessian[i], (up[1] - down[1]) / 2e-4, rtol=1e-6, atol=1e-2)


def test_fit_recovers_what_was_simulated(spenders: Spenders) -> None:
    """Within four standard errors, on 20,000 customers; their true means are foretold without bias."""
    fit = SpendRegression.fit(spenders.summary, spenders.covariates)
    off = np.array([*np.log([fit.model.p / 3.9, fit.model.q / 4.5, fit.model.gamma / 27.0]),
                    fit.model.slopes[FREQUENCY] - 0.14, fit.model.slopes["gift"] + 0.3])  # fmt: skip
    assert (np.abs(off) < 4 * np.sqrt(np.diag(fit.log_covariance))).all()
    n, m = days_and_means(spenders.summary, "all_days")
    error = spenders.true_mean - TRUTH.expected_spend(
        n, m, covariates_of(spenders.summary, spenders.covariates)
    )
    for some in (n == 1, n > 1, n > 4, spenders.covariates["gift"] > 0):
        assert abs(error[some].mean()) < 4 * error[some].std() / np.sqrt(some.sum())


def test_given_its_slopes_it_is_gamma_gamma_of_relative_spend(spenders: Spenders) -> None:
    """Means over exp(beta' z), fitted by Gamma-Gamma: the same letters, with the errors given the slopes."""
    fit = SpendRegression.fit(spenders.summary, spenders.covariates)
    relative = fit.model.scale(covariates_of(spenders.summary, spenders.covariates)) / fit.model.gamma
    of_all, of_repeats = spenders.summary.mean_day_spend, spenders.summary.monetary_value
    assert of_all is not None
    assert of_repeats is not None
    plain = GammaGamma.fit(
        replace(spenders.summary, mean_day_spend=of_all / relative, monetary_value=of_repeats / relative),
        first_day=True,
    )
    given = given_slopes(fit)
    assert given.model.as_dict() == pytest.approx(plain.model.as_dict(), rel=1e-7)
    np.testing.assert_allclose(given.log_covariance, plain.log_covariance, rtol=1e-5)
    np.testing.assert_allclose(given.covariance, plain.covariance, rtol=1e-5)
    assert given.standard_errors == pytest.approx(plain.standard_errors, rel=1e-5)
    assert given_slopes(plain) is plain


@pytest.mark.slow
def test_intervals_cover_the_parameters_that_made_the_data() -> None:
    """Identity 7 for spend: 95 % Wald intervals on ln p, ln q, ln gamma and the slopes cover 91-98 %."""
    sets = 300 if PROVE else 60
    theta = np.array([*np.log([3.9, 4.5, 27.0]), 0.14, -0.3])
    covered = np.zeros((sets, 5))
    for seed in range(sets):
        made = simulate(TRUTH, 1000, seed=500 + seed)
        fit = SpendRegression.fit(made.summary, made.covariates)
        model = fit.model
        found = np.array([*np.log([model.p, model.q, model.gamma]), *model.slopes.values()])
        covered[seed] = np.abs(found - theta) < 1.96 * np.sqrt(np.diag(fit.log_covariance))
    shares = covered.mean(axis=0)
    if PROVE:
        assert ((shares >= 0.91) & (shares <= 0.98)).all()
    else:
        assert (shares >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / sets)).all()


@pytest.mark.slow
def test_the_likelihood_ratio_errs_as_often_as_it_says() -> None:
    """Without any dependence 5 of 100 tests find one at 5 %, within four standard errors."""
    sets = 400 if PROVE else 100
    none = SpendRegression(p=3.9, q=4.5, gamma=27.0)
    found = 0
    for seed in range(sets):
        made = simulate(none, 500, seed=9000 + seed)
        fit = SpendRegression.fit(made.summary)
        plain = GammaGamma.fit(made.summary, first_day=True)
        found += likelihood_ratio(plain, fit).p_value < 0.05
    assert abs(found / sets - 0.05) < 4 * np.sqrt(0.05 * 0.95 / sets)


def test_the_likelihood_ratio_on_cdnow(cdnow: Summary) -> None:
    """Twice 9366.138 - 9340.064 for one slope; fits of other customers are refused."""
    fit = quietly(SpendRegression.fit, cdnow)
    plain = quietly(GammaGamma.fit, cdnow, first_day=True)
    test = likelihood_ratio(plain, fit)
    assert test.statistic == pytest.approx(52.148, abs=0.01)
    assert test.df == 1
    assert test.p_value == pytest.approx(stats.chi2.sf(test.statistic, 1), rel=1e-10)
    with pytest.raises(NotNested, match="special case"):
        likelihood_ratio(plain, quietly(SpendRegression.fit, cdnow, frequency=False))
    with pytest.raises(NotNested, match="different customers"):
        likelihood_ratio(plain, replace(fit, customers=946))


def test_covariates_units_do_not_matter(spenders: Spenders) -> None:
    """A covariate in other units has another slope; spend and likelihood stay; a shift moves gamma alone."""
    here = SpendRegression.fit(spenders.summary, spenders.covariates)
    far = SpendRegression.fit(spenders.summary, {"gift": 5000 + 1000 * spenders.covariates["gift"]})
    assert far.model.slopes["gift"] == pytest.approx(here.model.slopes["gift"] / 1000, rel=1e-8)
    assert far.standard_errors["gift"] == pytest.approx(here.standard_errors["gift"] / 1000, rel=1e-6)
    assert far.log_likelihood == pytest.approx(here.log_likelihood, abs=1e-6)
    assert np.log(far.model.gamma) == pytest.approx(
        np.log(here.model.gamma) - 5 * here.model.slopes["gift"], rel=1e-8
    )


def test_who_has_not_spent_is_given_what_his_like_spend(spenders: Spenders) -> None:
    """NaN, nought and a refunded mean give p gamma_i / (q - 1) by covariates; negative amounts are counted."""
    z = {FREQUENCY: [0.0, 0.0, np.log(3), 0.0], "gift": [0.0, 1.0, 1.0, 0.0]}
    spend = TRUTH.expected_spend([0, 1, 3, 2], [np.nan, np.nan, 0.0, -5.0], z)
    means = 3.9 * 27 / 3.5 * np.exp(0.14 * np.array(z[FREQUENCY]) - 0.3 * np.array(z["gift"]))
    np.testing.assert_allclose(spend, means, rtol=1e-14)
    np.testing.assert_allclose(TRUTH.expected_spend_new(z), means, rtol=1e-14)
    made = spenders.summary
    assert made.mean_day_spend is not None
    changed = made.mean_day_spend.copy()
    changed[:3] = [-5.0, 0.0, np.nan]
    broken = Summary(made.frequency, made.recency, made.T, mean_day_spend=changed)
    with pytest.warns(SpendLeftOut, match="3 of 20,000 customers") as caught:
        fit = SpendRegression.fit(broken, spenders.covariates)
    assert fit.customers == 19_997
    assert caught[0].filename == __file__


def test_a_first_day_without_money_says_nothing_of_the_rest() -> None:
    """The share is known for who came back and spent on the first day and later; nought is not rounding."""
    summary = Summary(
        frequency=np.array([0.0, 3.0, 3.0, 3.0, 3.0]),
        recency=np.array([0.0, 1.0, 1.0, 1.0, 1.0]),
        T=np.ones(5),
        monetary_value=np.array([np.nan, 10.0, 0.1 + 0.2, 0.0, -1.0]),
        mean_day_spend=np.array([5.0, 10.0, (0.1 + 0.2) * 3 / 4, 2.0, 3.0]),
    )
    np.testing.assert_allclose(first_day_share(summary), [np.nan, 0.25, np.nan, np.nan, np.nan], rtol=1e-12)


def test_what_cannot_be_a_covariate_is_refused(spenders: Spenders) -> None:
    """Missing, not finite, of another length, constant, a sum of others, or called like a letter."""
    summary, gift = spenders.summary, spenders.covariates["gift"]
    for wrong, error, words in (
        ({"gift": np.where(gift > 0, np.nan, 1.0)}, CovariateNotFinite, "of 20,000 rows"),
        ({"gift": gift[:7]}, CovariateRows, "rows"),
        ({"gift": np.ones(len(gift))}, CovariateConstant, "gift is 1 for every customer"),
        ({"gift": gift, "other": 1 - gift}, CovariatesCollinear, "gift, other"),
        ({"gamma": gift}, SpendCovariateName, "gamma"),
        ({FREQUENCY: gift}, SpendCovariateName, FREQUENCY),
    ):
        with pytest.raises(error, match=words):
            SpendRegression.fit(summary, wrong)
    with pytest.raises(CovariateMissing, match="gift"):
        TRUTH.expected_spend(1, 10.0, {FREQUENCY: 0.7})
    with pytest.raises(CovariateUnknown, match="hat"):
        TRUTH.expected_spend(1, 10.0, {FREQUENCY: 0.7, "gift": 0.0, "hat": 1.0})
    with pytest.raises(CovariateRows):
        TRUTH.expected_spend([1, 2, 3], 10.0, {FREQUENCY: [0.7, 0.7], "gift": [0.0, 0.0]})
    with pytest.raises(InfiniteMeanSpend):
        SpendRegression(p=2.0, q=1.0, gamma=3.0)
    with pytest.raises(InvalidSlope, match="gift = nan"):
        SpendRegression(p=2.0, q=2.0, gamma=3.0, slopes={"gift": np.nan})
    with pytest.raises(InvalidParameter, match="gamma"):
        SpendRegression(p=2.0, q=2.0, gamma=-3.0)
    with pytest.raises(SpendCovariateName):
        SpendRegression(p=2.0, q=2.0, gamma=3.0, slopes={"q": 0.1})


def test_infinite_mean_spend_is_refused() -> None:
    """Q fitted at or below 1 is an error that says what to look for."""
    random = np.random.default_rng(3)
    n = random.integers(1, 5, 4000).astype(float)
    m = random.gamma(5 * n) / n / random.gamma(0.5, 1.0, len(n))
    summary = Summary(frequency=n - 1, recency=np.minimum(n - 1, 1), T=n, mean_day_spend=m)
    with pytest.raises(InfiniteMeanSpend):
        SpendRegression.fit(summary)
    with pytest.raises(NoSpend, match="9 customers"):
        SpendRegression.fit(Summary(np.zeros(9), np.zeros(9), np.ones(9), mean_day_spend=np.ones(9)))


def test_spend_that_does_not_differ_is_called_flat() -> None:
    """Where everybody spends the same on every day, p and q run to infinity, and it is said."""
    x = np.arange(40.0) % 5
    thirty = np.full(40, 30.0)
    with pytest.warns(FlatRidge, match="Spend regression"):
        fit = SpendRegression.fit(Summary(x, np.minimum(x, 1), x + 1, mean_day_spend=thirty))
    z = covariates_of(Summary(x, np.minimum(x, 1), x + 1))
    np.testing.assert_allclose(fit.model.expected_spend(x + 1, thirty, z), 30.0, rtol=1e-4)

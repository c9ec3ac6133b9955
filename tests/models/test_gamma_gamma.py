"""Gamma-Gamma against its published figures, and what all days change."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import integrate, stats

from evergrove.models import FlatRidge, GammaGamma, ParetoNbd, Summary, days_and_means
from evergrove.models.gamma_gamma import InfiniteMeanSpend
from evergrove.models.gamma_gamma_likelihood import Surface
from evergrove.models.gamma_gamma_rows import NoSpend, SpendLeftOut
from evergrove.models.maximise import TOLERANCE as ARRIVED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.models.conftest import Holdout

    from evergrove.models import Fit
    from evergrove.models.types import Floats

PUBLISHED = GammaGamma(p=6.25, q=3.74, gamma=15.44)
TOLERANCE = 1e-3


@pytest.fixture(scope="module")
def on_all_days(cdnow: Summary) -> Fit[GammaGamma]:
    """Gamma-Gamma on all days of CDNOW."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpendLeftOut)
        return GammaGamma.fit(cdnow)


def test_cdnow_estimates_are_the_published_ones(cdnow: Summary) -> None:
    """F09: 946 repeaters, means of repeat days."""
    fit = GammaGamma.fit(cdnow, "repeat_days")
    assert fit.customers == 946
    assert fit.log_likelihood == pytest.approx(-4055.918, abs=0.01)
    estimates = [fit.model.p, fit.model.q, fit.model.gamma]
    np.testing.assert_allclose(estimates, [6.2496, 3.7442, 15.4435], rtol=TOLERANCE)
    assert fit.warnings == ()


def test_apparel_estimates_are_the_published_ones(apparel: Callable[[int], Summary]) -> None:
    """F63."""
    fit = GammaGamma.fit(apparel(104), "repeat_days")
    assert fit.log_likelihood == pytest.approx(-1670.663, abs=0.01)
    estimates = [fit.model.p, fit.model.q, fit.model.gamma]
    np.testing.assert_allclose(estimates, [3.0990, 5.6537, 56.5042], rtol=TOLERANCE)


def test_first_ten_customers_at_published_parameters(cdnow_rounded: Summary) -> None:
    """F24: the paper's sheet."""
    spend = PUBLISHED.expected_spend(*days_and_means(cdnow_rounded, "repeat_days"))[:10]
    published = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    np.testing.assert_allclose(spend, published, atol=0.1)


def test_expected_spend_after_a_fit_on_the_rounded_summary(cdnow_rounded: Summary) -> None:
    """F25: lifetimes' documentation."""
    model = GammaGamma.fit(cdnow_rounded, "repeat_days").model
    spend = model.expected_spend(*days_and_means(cdnow_rounded, "repeat_days"))
    published = [24.658619, 18.911489, 35.170981, 71.462843, 27.282408]
    np.testing.assert_allclose(spend[[0, 1, 2, 5, 8]], published, rtol=1e-4)
    assert spend.mean() == pytest.approx(35.252959, rel=1e-4)


def test_all_days_count_those_left_out(cdnow: Summary) -> None:
    """Identity 9: 2,349 customers of CDNOW have a positive mean, 8 have not, and a warning says so."""
    with pytest.warns(SpendLeftOut, match="8 of 2,357 customers") as caught:
        fit = GammaGamma.fit(cdnow)
    assert fit.customers == 2349
    assert caught[0].filename == __file__


def normalised_gini(actual: Floats, score: Floats) -> float:
    """
    Area between ranking by score and chance, over that of ranking by the truth itself.

    Ties share what their members spent, so that the order of the file does not matter.
    """

    def area(by: Floats) -> float:
        levels, of = np.unique(-by, return_inverse=True)
        spent, people = np.bincount(of, actual), np.bincount(of)
        x = np.concatenate(([0.0], np.cumsum(people) / len(by)))
        y = np.concatenate(([0.0], np.cumsum(spent) / actual.sum()))
        assert len(levels) == len(spent)
        return float(np.trapezoid(y, x)) - 0.5

    return area(score) / area(actual)


def test_all_days_rank_better_than_past_spend(
    cdnow: Summary, cdnow_holdout: Holdout, on_all_days: Fit[GammaGamma]
) -> None:
    """F37: spend in CDNOW's holdout by Pareto/NBD and Gamma-Gamma in both conventions, and by past spend."""
    actual = cdnow_holdout.spend
    assert actual.sum() == pytest.approx(70_976, abs=0.5)
    purchases = ParetoNbd.fit(cdnow).model.expected_purchases(39, cdnow.frequency, cdnow.recency, cdnow.T)
    repeat_days = GammaGamma.fit(cdnow, "repeat_days").model
    by_repeat_days = purchases * repeat_days.expected_spend(*days_and_means(cdnow, "repeat_days"))
    by_all_days = purchases * on_all_days.model.expected_spend(*days_and_means(cdnow, "all_days"))
    days, means = days_and_means(cdnow, "all_days")
    assert by_repeat_days.sum() == pytest.approx(60_449, rel=2e-3)
    assert by_all_days.sum() == pytest.approx(59_784, rel=2e-3)
    assert normalised_gini(actual, by_repeat_days) == pytest.approx(0.6593, abs=2e-3)
    assert normalised_gini(actual, days * means) == pytest.approx(0.6800, abs=2e-3)
    assert normalised_gini(actual, by_all_days) == pytest.approx(0.6928, abs=2e-3)
    assert np.sqrt(((by_all_days - actual) ** 2).mean()) == pytest.approx(72.86, rel=2e-3)


def test_without_a_mean_the_population_s_is_expected() -> None:
    """NaN, nought and a refunded mean all give p gamma / (q - 1); so does no day at all."""
    spend = PUBLISHED.expected_spend([0, 1, 2, 3], [np.nan, np.nan, 0.0, -5.0])
    np.testing.assert_allclose(spend, 6.25 * 15.44 / 2.74, rtol=1e-14)
    assert PUBLISHED.population_mean == pytest.approx(6.25 * 15.44 / 2.74, rel=1e-14)
    assert PUBLISHED.expected_spend(0, 99.0)[0] == pytest.approx(PUBLISHED.population_mean, rel=1e-14)


def test_likelihood_is_the_mean_over_customers_scales() -> None:
    """A mean of n Gamma(p, nu) days, integrated over nu ~ Gamma(q, gamma) by brute force."""
    p, q, gamma = 6.25, 3.74, 15.44
    for n, m in ((1, 12.0), (4, 35.5), (30, 80.0)):
        density, _error = integrate.quad(
            lambda nu, n=n, m=m: stats.gamma.pdf(m, p * n, scale=1 / (n * nu))
            * stats.gamma.pdf(nu, q, scale=1 / gamma),
            0, 3, epsabs=0, epsrel=1e-11, limit=400, points=[p / m],
        )  # fmt: skip
        value = Surface.over(np.array([float(n)]), np.array([m]), np.ones(1))(np.log([p, q, gamma]))[0]
        assert value == pytest.approx(np.log(density), rel=1e-9)


def test_derivatives_are_exact(cdnow: Summary) -> None:
    """Gradient and Hessian against central differences of the level below."""
    n, m = days_and_means(cdnow, "repeat_days")
    surface = Surface.over(n[n > 0], m[n > 0], np.ones(int((n > 0).sum())))
    for point in ((6.0, 4.0, 15.0), (0.8, 1.5, 40.0), (60.0, 9.0, 2.0)):
        theta = np.log(point)
        _value, gradient, hessian = surface(theta)
        for i in range(3):
            h = 1e-4 * np.eye(3)[i]
            up, down = surface(theta + h), surface(theta - h)
            assert gradient[i] == pytest.approx((up[0] - down[0]) / 2e-4, rel=1e-6, abs=1e-3)
            np.testing.assert_allclose(hessian[i], (up[1] - down[1]) / 2e-4, rtol=1e-6, atol=1e-3)


def test_currency_changes_gamma_and_nothing_else(cdnow: Summary) -> None:
    """In cents, gamma is a hundred times larger and the log-likelihood lower by ln 100 a customer."""
    dollars = GammaGamma.fit(cdnow, "repeat_days")
    assert cdnow.monetary_value is not None
    cents = GammaGamma.fit(replace(cdnow, monetary_value=cdnow.monetary_value * 100), "repeat_days")
    arrived = 2 * ARRIVED * np.sqrt(946 * np.diag(dollars.log_covariance))  # of two climbs
    assert abs(np.log(cents.model.p / dollars.model.p)) < arrived[0]
    assert abs(np.log(cents.model.gamma / dollars.model.gamma / 100)) < arrived[2]
    assert cents.log_likelihood == pytest.approx(dollars.log_likelihood - 946 * np.log(100), abs=1e-6)
    assert cents.model.log_likelihood(cdnow, "repeat_days") < dollars.log_likelihood


def test_fit_recovers_the_spend_that_was_simulated() -> None:
    """Identity 7 for spend: within four standard errors, on 20,000 customers."""
    random = np.random.default_rng(5)
    n = random.integers(1, 8, 20_000).astype(float)
    m = random.gamma(6.25 * n) / n / random.gamma(3.74, 1 / 15.44, len(n))
    summary = Summary(frequency=n - 1, recency=np.minimum(n - 1, 1), T=n, mean_day_spend=m)
    fit = GammaGamma.fit(summary)
    off = np.log([fit.model.p, fit.model.q, fit.model.gamma]) - np.log([6.25, 3.74, 15.44])
    assert (np.abs(off) < 4 * np.sqrt(np.diag(fit.log_covariance))).all()


@pytest.mark.slow
def test_no_data_set_is_left_without_an_answer() -> None:
    """Ten customers or a thousand, one day each or many: fitted, called flat, or infinite and refused."""
    random = np.random.default_rng(1)
    infinite = 0
    for _set in range(60):
        customers = int(random.choice([10, 15, 40, 200, 1000]))
        n = (1 + random.poisson(10 ** random.uniform(-1, 1.5), customers)).astype(np.float64)
        p, q = 10 ** random.uniform(-1, 2), 10 ** random.uniform(0.2, 1.5)
        m = 100 * random.gamma(p * n) / n / random.gamma(q, 1.0, customers)
        summary = Summary(frequency=n - 1, recency=np.minimum(n - 1, 1), T=n, mean_day_spend=m)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FlatRidge)
            try:
                fit = GammaGamma.fit(summary)
            except InfiniteMeanSpend:
                infinite += 1
                continue
        assert fit.warnings or max(np.diag(fit.log_covariance)) < 4
    assert infinite < 6


def test_spend_that_does_not_differ_is_called_flat() -> None:
    """Where everybody spends the same, p and q run to infinity and that amount is expected of all."""
    x = np.arange(40.0) % 5
    thirty = np.full(40, 30.0)
    with pytest.warns(FlatRidge):
        fit = GammaGamma.fit(Summary(frequency=x, recency=np.minimum(x, 1), T=x + 1, mean_day_spend=thirty))
    np.testing.assert_allclose(fit.model.expected_spend(x + 1, thirty), 30.0, rtol=1e-4)


def test_infinite_mean_spend_is_refused() -> None:
    """Q at or below 1, given or fitted, is an error that says what to look for."""
    with pytest.raises(InfiniteMeanSpend, match="enormous amounts"):
        GammaGamma(p=2.0, q=1.0, gamma=3.0)
    random = np.random.default_rng(3)
    n = random.integers(1, 5, 4000).astype(float)
    m = random.gamma(5 * n) / n / random.gamma(0.5, 1.0, len(n))
    summary = Summary(frequency=n - 1, recency=np.minimum(n - 1, 1), T=n, mean_day_spend=m)
    with pytest.raises(InfiniteMeanSpend):
        GammaGamma.fit(summary)


def test_a_summary_without_amounts_is_refused(grocery: Summary) -> None:
    """Grocery has no spend; nine customers are too few."""
    with pytest.raises(NoSpend, match="0 customers"):
        GammaGamma.fit(replace(grocery, mean_day_spend=None))
    nine = Summary(frequency=np.zeros(9), recency=np.zeros(9), T=np.ones(9), mean_day_spend=np.ones(9))
    with pytest.raises(NoSpend, match="9 customers"):
        GammaGamma.fit(nine)

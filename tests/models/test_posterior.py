"""Draws of parameters against direct integration, the theory of their weights, and a walk over the same surface."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from evergrove.core import EvergroveWarning
from evergrove.models import BgNbd, FlatRidge, GammaGamma, MbgNbd, Nbd, ParetoNbd, Summary
from evergrove.models.posterior import NoDraws, NotItsSummary, OpenDirection, Posterior, draws
from evergrove.models.posterior.expansion import Expansion
from evergrove.models.posterior.target import target_of
from evergrove.models.posterior.weights import effective_size, resampled
from evergrove.models.regular import BgCnbd, MbgCnbd

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.models.posterior.target import Target
    from evergrove.models.types import Fit, Floats

PROVE = os.environ.get("EVERGROVE_PROVE") == "1"
SHOP = BgNbd(r=0.82, alpha=6.2, a=0.57, b=3.85)
YEAR = 52.18


def seeded(seed: int = 1) -> np.random.Generator:
    """A generator of its own for each call."""
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def shop(simulate: Any) -> Callable[[int], Summary]:
    """Customers of BG/NBD as the benchmarks have them: 69 to 104 weeks old, in whole days, with spend."""

    def of(customers: int) -> Summary:
        rng = seeded(5)
        days = rng.integers(480, 728, customers).astype(float)
        truth = simulate(SHOP, days / 7, 0.0, 7)
        t_x = np.minimum(np.ceil(truth.t_x * 7), days)
        spent = rng.gamma(6 * (truth.x + 1)) / rng.gamma(3.75, 1 / 16.2, customers) / (truth.x + 1)
        return Summary(frequency=truth.x, recency=t_x / 7, T=days / 7, mean_day_spend=spent)

    return of


def quietly(fit: Fit[Any], summary: Summary, n: int = 200, seed: int = 1) -> Posterior:
    """Draws whose warnings are left to their attribute."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OpenDirection)
        return draws(fit, summary, n, rng=seeded(seed))


def fitted(model: Any, summary: Summary) -> Fit[Any]:
    """A fit, whatever it has to say."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvergroveWarning)
        found: Fit[Any] = model.fit(summary)
    return found


def flat(model: Any, summary: Summary) -> Fit[Any]:
    """A fit that warns of a ridge."""
    with pytest.warns(FlatRidge):
        found: Fit[Any] = model.fit(summary)
    return found


# -- what the draws are worth ---------------------------------------------------------------------


def share_where_normal(k: int, degrees: float = 8.0) -> float:
    """Effective share of a t's draws of a normal posterior in k dimensions: 1 / E[weight^2], by quadrature."""

    def squared(radius: float) -> float:
        surface = stats.chi.pdf(radius, k)
        normal = stats.multivariate_normal(np.zeros(k)).pdf(np.eye(k)[0] * radius)
        return float(
            surface * normal / stats.multivariate_t(np.zeros(k), df=degrees).pdf(np.eye(k)[0] * radius)
        )

    return float(1 / quad(squared, 0, 12)[0])


@pytest.mark.parametrize("customers", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_two_hundred_draws_are_worth_what_theory_says(customers: int, shop: Callable[[int], Summary]) -> None:
    """
    With many customers the posterior is normal: .922 of a t's draws in four dimensions, 184 of 200.

    The effective share of 2,000 draws has a standard error of .005.
    """
    summary = shop(customers)
    fit = BgNbd.fit(summary)
    expected = share_where_normal(4)

    assert expected == pytest.approx(0.922, abs=0.002)
    assert draws(fit, summary, 2000, rng=seeded()).effective == pytest.approx(2000 * expected, rel=0.03)
    few = draws(fit, summary, 200, rng=seeded())
    assert few.method == "importance"
    assert few.effective == pytest.approx(184, abs=8)


@pytest.mark.parametrize(
    "model", [BgNbd, MbgNbd, pytest.param(ParetoNbd, marks=pytest.mark.slow), Nbd, GammaGamma]
)
def test_the_expansion_is_the_likelihood(model: Any, shop: Callable[[int], Summary]) -> None:
    """
    At draws from the posterior of 10,000 customers, exact and expanded agree to .05 in the logarithm.

    Their weights differ by less than .5 % in all; the quadratic alone is off by more than ten times as much.
    """
    summary = shop(10_000)
    target = target_of(fitted(model, summary), summary)
    curvature, vectors = np.linalg.eigh(-target.at.hessian)
    axes = vectors / np.sqrt(curvature)
    z = seeded(3).standard_normal((60, len(curvature)))
    part = target.surface(target.weights, 1)

    found = Expansion.around(part, target.at.theta, axes, axes.T @ target.at.gradient, 1.0)(z)

    exact = target.values(target.at.theta + z @ axes.T)
    error, plain = np.abs(found - exact), np.abs(-np.square(z).sum(axis=1) / 2 - exact)
    assert error.max() < 0.05
    assert error.mean() < 0.005
    assert plain.mean() > 10 * error.mean()


def test_rows_are_chosen_as_often_as_their_weights_say() -> None:
    """Each n x weight times, rounded up or down; in the mean over many exactly so."""
    weight = np.array([0.5, 0.25, 0.2, 0.05])
    counts = np.array([np.bincount(resampled(weight, 10, seeded(i)), minlength=4) for i in range(500)])

    assert (np.abs(counts - 10 * weight) < 1).all()
    assert counts.mean(axis=0) == pytest.approx(10 * weight, abs=0.1)
    assert effective_size(np.full(8, 1 / 8)) == pytest.approx(8)


# -- what they are draws of -----------------------------------------------------------------------


def test_means_agree_with_direct_integration(cdnow: Summary) -> None:
    """
    NBD has two parameters: the posterior under a flat prior in their logarithms, summed over a fine grid.

    Means and standard deviations of both logarithms, of a customer's expected purchases and of the chance of
    none agree within four standard errors of the draws.
    """
    fit, n = Nbd.fit(cdnow), 4000
    found = draws(fit, cdnow, n, rng=seeded())

    centre, spread = np.log([fit.model.r, fit.model.alpha]), np.sqrt(np.diag(fit.log_covariance))
    grid = np.stack(
        np.meshgrid(*(c + np.linspace(-6, 6, 61) * s for c, s in zip(centre, spread, strict=True)))
    )
    points = grid.reshape(2, -1)
    rows = cdnow.counts()
    histories = rows.frequency, rows.recency, rows.T
    log_density = np.array(
        [rows.weights @ Nbd(*np.exp(point)).row_log_likelihood(*histories) for point in points.T]
    )
    weight = np.exp(log_density - log_density.max())
    weight /= weight.sum()
    r, alpha = np.exp(points)
    figures = {
        "ln r": (points[0], np.log(found.at["r"])),
        "ln alpha": (points[1], np.log(found.at["alpha"])),
        "expected": ((r + 2) / (alpha + 30), (found.at["r"] + 2) / (found.at["alpha"] + 30)),
        "none": (
            (alpha / (alpha + 52)) ** r,
            (found.at["alpha"] / (found.at["alpha"] + 52)) ** found.at["r"],
        ),
    }
    for name, (over_grid, drawn) in figures.items():
        mean = weight @ over_grid
        deviation = np.sqrt(weight @ (over_grid - mean) ** 2)
        worth = found.effective / 2  # resampling costs at most as much again
        assert abs(drawn.mean() - mean) < 4 * deviation / np.sqrt(worth), name
        assert drawn.std() == pytest.approx(deviation, rel=4 / np.sqrt(2 * worth)), name


@pytest.mark.parametrize(
    ("model", "weeks"), [(BgNbd, 52), pytest.param(ParetoNbd, 52, marks=pytest.mark.slow)]
)
def test_a_flat_fit_is_drawn_along_its_profile_and_says_so(
    model: Any, weeks: int, apparel: Callable[[int], Summary]
) -> None:
    """
    F61: BG/NBD runs to a, b -> infinity on apparel after 52 weeks; Pareto/NBD's s and beta are open too.

    The warning names what is open. The letters spread over a factor of ten at least, and what is forecast for
    the cohort hardly moves: that is what flat means.
    """
    summary = apparel(weeks)
    fit = flat(model, summary)
    open_ = fit.model.parameters[2:]

    with pytest.warns(OpenDirection, match=f"draws of {', '.join(open_)} follow the ridge"):
        found = draws(fit, summary, rng=seeded())

    assert found.method == "profile"
    assert found.effective > 100
    for name in open_:
        low, high = found.quantiles(0.1, 0.9)[name]
        assert high > 10 * low
    forecasts = [
        each.expected_purchases(YEAR, summary.frequency, summary.recency, summary.T).sum()
        for each in found.models()
    ]
    assert np.std(np.log(forecasts)) < 0.15


WALKS = ((BgNbd, 104), *(((BgNbd, 52), (MbgNbd, 52), (ParetoNbd, 52)) if PROVE else ()))


@pytest.mark.slow
@pytest.mark.parametrize(("model", "weeks"), WALKS)
def test_draws_of_a_ridge_are_those_of_a_random_walk(
    model: Any, weeks: int, apparel: Callable[[int], Summary]
) -> None:
    """
    BG/NBD on apparel after 104 weeks: skewed far to the right. A Metropolis walk knows nothing of profiles.

    Quantiles of each logarithm agree within four standard errors of both; with EVERGROVE_PROVE=1, where the
    walk is ten times as long, on the flat fits after 52 weeks too.
    """
    summary = apparel(weeks)
    fit = fitted(model, summary)
    target = target_of(fit, summary).weakly_held()
    walk = walked(target, 100_000 if PROVE else 10_000)
    found = quietly(fit, summary, 4000 if PROVE else 1000)
    drawn = np.log(found.letters / target.scales)

    assert found.method == "profile"
    levels = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
    gap = np.quantile(drawn, levels, axis=0) - np.quantile(walk, levels, axis=0)
    # Of a quantile, in standard deviations x sqrt(draws): 1.71 at most if they are normal.
    error = 1.71 * np.sqrt(1 / worth_of(walk) + 2 / found.effective)
    assert error.max() < 0.2
    assert (np.abs(gap) < 4 * error * walk.std(axis=0)).all()


def worth_of(walk: Floats) -> Floats:
    """Independent draws that a walk is worth by parameter, shape (k,): from the spread of fifty batches' means."""
    batches = walk[: len(walk) // 50 * 50].reshape(50, -1, walk.shape[1]).mean(axis=1)
    return np.asarray(50 * walk.var(axis=0) / batches.var(axis=0, ddof=1))


def walked(target: Target, steps: int) -> Floats:
    """A random walk over the density, its step learned from the first fifth, which is left out."""
    rng, k = seeded(3), len(target.names)
    path: Floats = np.empty((steps, k))
    here: Floats = np.clip(target.at.theta, -3, 3)
    lower: Floats = np.eye(k) * 0.2
    height = target.value(here)
    for i in range(steps):
        if i in {steps // 40, steps // 20, steps // 10, steps // 5}:
            spread = np.cov(path[i // 3 : i].T) * 2.38**2 / k + 1e-6 * np.eye(k)
            lower = np.asarray(np.linalg.cholesky(spread), dtype=np.float64)
        there = here + lower @ rng.standard_normal(k)
        found = target.value(there) if target.inside(there[None])[0] else -np.inf
        if np.log(rng.random()) < found - height:
            here, height = there, found
        path[i] = here
    return path[steps // 5 :]


@pytest.mark.parametrize("model", [MbgNbd, ParetoNbd])
def test_where_everything_is_open_draws_are_worth_something_still(model: Any) -> None:
    """
    Sixty customers who came back once at most: all four parameters run off, and one profile tells little.

    Refined, at least a third of the proposals count, and half of the draws are distinct.
    """
    rng = seeded(4)
    T = rng.integers(30, 300, 60) / 7
    x = (rng.random(60) < 0.3).astype(float)
    summary = Summary(frequency=x, recency=np.where(x > 0, np.ceil(rng.random(60) * T * 7) / 7, 0.0), T=T)

    found = quietly(fitted(model, summary), summary)

    assert found.effective > 0.35 * found.proposed
    assert len(np.unique(found.letters[:, 0])) > 100
    assert [warning.code for warning in found.warnings] == ["models.open_direction"]


def test_spend_has_a_mean_in_every_draw(apparel: Callable[[int], Summary]) -> None:
    """Gamma-Gamma with few customers: no draw has q <= 1, and each makes a model."""
    summary = apparel(52)
    some = Summary(
        frequency=summary.frequency[:60],
        recency=summary.recency[:60],
        T=summary.T[:60],
        mean_day_spend=None if summary.mean_day_spend is None else summary.mean_day_spend[:60],
    )
    found = quietly(fitted(GammaGamma, some), some)

    assert (found.at["q"] > 1).all()
    assert len(list(found.models())) == 200


@pytest.mark.parametrize("model", [BgCnbd, MbgCnbd])
def test_regular_timing_is_drawn_as_well(model: Any, grocery: Summary) -> None:
    """F45: with k = 2 the likelihood of 1,525 customers is a round hill."""
    fit = model.fit(grocery, k=2)

    found = draws(fit, grocery, rng=seeded())

    assert found.method == "importance"
    assert found.effective == pytest.approx(184, abs=10)
    assert {each.k for each in found.models()} == {2}


# -- what must not matter -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model", [BgNbd, MbgNbd, pytest.param(ParetoNbd, marks=pytest.mark.slow), Nbd, GammaGamma]
)
def test_the_order_of_customers_and_the_unit_of_time_do_not_matter(model: Any, cdnow: Summary) -> None:
    """The same seed: the same draws to rounding, times counted in days seven times as large."""
    fit = fitted(model, cdnow)
    found = draws(fit, cdnow, rng=seeded())
    again = draws(fit, cdnow, rng=seeded())
    order = seeded(2).permutation(len(cdnow))
    mixed = Summary(
        **{
            name: getattr(cdnow, name)[order]
            for name in ("frequency", "recency", "T", "monetary_value", "mean_day_spend")
        }
    )
    in_days = cdnow.in_unit("day")

    np.testing.assert_array_equal(found.letters, again.letters)
    np.testing.assert_allclose(draws(fit, mixed, rng=seeded()).letters, found.letters, rtol=1e-6)
    longer = draws(fitted(model, in_days), in_days, rng=seeded())
    ratio = [7.0 if name in getattr(model, "times", ()) else 1.0 for name in found.names]
    np.testing.assert_allclose(longer.letters, found.letters * ratio, rtol=1e-4)
    assert (draws(fit, cdnow, rng=seeded(9)).letters != found.letters).any()


def test_other_histories_are_refused(cdnow: Summary, grocery: Summary) -> None:
    """A fit is at its maximum on its own summary alone."""
    with pytest.raises(NotItsSummary, match=r"these 1,?525 customers"):
        draws(BgNbd.fit(cdnow), grocery, rng=seeded())
    one = Summary(cdnow.frequency[:1], cdnow.recency[:1], cdnow.T[:1])
    with pytest.raises(NotItsSummary, match="these 1 customer"):
        draws(BgNbd.fit(cdnow), one, rng=seeded())


def test_models_without_draws_are_refused_by_name(cdnow: Summary) -> None:
    """What is neither a process nor Gamma-Gamma."""
    from evergrove.models.spend import SpendRegression

    with pytest.raises(NoDraws, match="Spend regression"):
        draws(fitted(SpendRegression, cdnow), cdnow, rng=seeded())

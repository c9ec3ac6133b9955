"""Intervals: draws agree with the closed forms, bounds are in order, coverage is what they promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.scoring.known_shop import shop_of

from evergrove.models import Fit, Summary
from evergrove.models.bg_nbd import BgNbd
from evergrove.models.gamma_gamma import GammaGamma
from evergrove.models.mbg_nbd import MbgNbd
from evergrove.models.nbd import Nbd
from evergrove.models.pareto_nbd import ParetoNbd
from evergrove.scoring import intervals, remembered
from evergrove.scoring.distinct_histories import histories_of
from evergrove.scoring.intervals import spend_distribution
from evergrove.scoring.outcomes import parameter_draws, purchases_if_alive
from evergrove.scoring.remembered import DrawnCells
from evergrove.scoring.score import foresee, score
from evergrove.scoring.spend import evidence, fit_spend
from evergrove.scoring.terms import Terms
from evergrove.scoring.total_interval import relative_totals, total_bounds

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Floats

YEAR = 365.25 / 7
PARETO = ParetoNbd(r=0.553, alpha=10.578, s=0.606, beta=11.669)
SPEND = GammaGamma(p=6.25, q=3.74, gamma=15.44)
MODELS: tuple[TransactionModel, ...] = (
    PARETO,
    BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426),
    MbgNbd(r=0.525, alpha=6.183, a=0.891, b=1.614),
    Nbd(r=0.385, alpha=12.07),
)


def known(model: Any, names: tuple[str, ...], sd: float = 0.0) -> Fit[Any]:
    """A fit whose parameters are known, or uncertain by a standard deviation of their logarithms."""
    k = len(names)
    return Fit(model, 0.0, names, {}, np.zeros((k, k)), np.eye(k) * sd**2, 0, 0.0, 1000, None)


def fit_of(model: Any, sd: float = 0.0) -> Fit[Any]:
    """The same for a process or for Gamma-Gamma."""
    return known(model, getattr(model, "parameters", ("p", "q", "gamma")), sd)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@pytest.mark.parametrize(("x", "T"), [(0, 0), (1, 5), (3, 40), (30, 100)])
def test_drawn_purchases_agree_with_the_closed_forms(model: TransactionModel, x: int, T: int) -> None:
    """Mean, and share without any, within 4 standard errors of 40,000 draws."""
    draws = 40_000
    at = parameter_draws(fit_of(model), draws, np.random.default_rng(1))
    cell = np.array([[float(x)]]), np.array([[float(T)]])

    year = purchases_if_alive(model, at, YEAR, *cell, np.random.default_rng(2))

    count = year.purchases[0]
    mean = model.expected_if_alive(YEAR, cell[0][0], cell[1][0])[0]
    active = model.active_if_alive(YEAR, cell[0][0], cell[1][0])[0]
    assert abs(count.mean() - mean) < 4 * count.std() / np.sqrt(draws)
    assert abs((count > 0).mean() - active) < 4 * np.sqrt(active * (1 - active) / draws) + 1e-12
    assert ((year.mean_time[0][count > 0] > 0) & (year.mean_time[0][count > 0] <= YEAR)).all()


def test_parameter_draws_have_the_covariance_of_the_fit() -> None:
    """In logarithms; a direction that is not pinned down is held to a factor."""
    covariance = np.array([[0.04, 0.03], [0.03, 0.09]])
    fit = Fit(Nbd(r=0.4, alpha=12.0), 0.0, ("r", "alpha"), {}, covariance, covariance, 0, 0.0, 9, None)

    at = parameter_draws(fit, 50_000, np.random.default_rng(3))

    logs = np.log([at["r"], at["alpha"]])
    np.testing.assert_allclose(np.cov(logs), covariance, rtol=0.05)
    np.testing.assert_allclose(logs.mean(axis=1), np.log([0.4, 12.0]), atol=0.01)
    flat = Fit(fit.model, 0.0, ("r", "alpha"), {}, covariance, np.eye(2) * 1e6, 0, 0.0, 9, None)
    wild = parameter_draws(flat, 1000, np.random.default_rng(3))
    assert np.log(wild["r"] / 0.4).std() == pytest.approx(2.0, rel=0.1)


@pytest.fixture
def shop(rows: Callable[..., Any]) -> tuple[Any, Summary]:
    """Two thousand histories with spend, one in fifty of it refunded away."""
    rng = np.random.default_rng(7)
    T = rng.integers(1, 700, 2000)
    x = np.minimum(rng.poisson(rng.gamma(0.5, 4, 2000)), T)
    t_x = np.where(x > 0, rng.integers(np.minimum(x, T), T + 1), 0)
    mean = np.where(rng.random(2000) < 0.02, -5.0, rng.gamma(6, 6, 2000))
    summary = Summary(frequency=x, recency=t_x / 7, T=T / 7, mean_day_spend=mean)
    return rows(x, t_x, T), summary


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_mean_of_the_draws_is_the_expected_value(
    model: TransactionModel, shop: tuple[Any, Summary]
) -> None:
    """
    With known parameters the distribution's mean is clv_12m, in total and by value.

    The tolerance of 2 % is that of 400 draws in each of some 400 cells, and of discounting at mean times.
    """
    base, summary = shop
    spend = evidence(fit_of(SPEND), summary, "all_days")
    terms = Terms()
    delta = terms.delta("week")
    scores = score(foresee(model, base, delta, 180), spend.expected, base, terms)

    found = spend_distribution(fit_of(model), fit_of(SPEND), base, scores.p_alive, spend, delta, seed=1)

    mean = scores.p_alive * found.draws.mean(axis=1)[found.cell] * found.scale
    assert mean.sum() == pytest.approx(scores.clv_12m.sum(), rel=0.02)
    best = np.argsort(scores.clv_12m)[-200:]
    assert mean[best].sum() == pytest.approx(scores.clv_12m[best].sum(), rel=0.03)
    refunded = spend.days == 0
    assert mean[refunded].sum() == pytest.approx(scores.clv_12m[refunded].sum(), rel=0.15)


def test_bounds_are_in_order_and_may_both_be_nothing(shop: tuple[Any, Summary]) -> None:
    """0 <= low <= high; who has most likely left has [0, 0]; the distribution inverts its quantiles."""
    base, summary = shop
    alive = PARETO.alive(base.frequency.astype(float), base.recency / 7, base.T / 7)
    spend = evidence(fit_of(SPEND), summary, "all_days")
    found = spend_distribution(fit_of(PARETO, 0.1), fit_of(SPEND, 0.1), base, alive, spend, 0.002, seed=5)

    low, high = found.quantile(0.10), found.quantile(0.90)
    assert (low >= 0).all()
    assert (low <= high).all()
    assert (high[alive < 0.1] == 0).all()
    assert ((low == 0) & (high == 0)).any()
    some = high > 0
    assert np.abs(found.at_most(high)[some] - 0.90).max() < 0.005
    assert (found.at_most(np.full(len(alive), -1.0)) == 0).all()


def test_the_same_seed_gives_the_same_bounds(shop: tuple[Any, Summary]) -> None:
    """And another seed slightly different ones."""
    base, summary = shop
    alive = np.full(len(base.T), 0.7)
    spend = evidence(None, summary, "all_days")

    def high(seed: int) -> Floats:
        return spend_distribution(fit_of(PARETO), None, base, alive, spend, 0.002, seed).quantile(0.9)

    np.testing.assert_array_equal(high(1), high(1))
    assert (high(1) != high(2)).any()


@pytest.mark.parametrize("change", ["nothing", "model", "spend", "rate", "seed"])
def test_what_was_drawn_before_is_what_would_be_drawn(
    shop: tuple[Any, Summary], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Cells of an earlier night, of other models or of other terms among them: to the last bit as with no memory."""
    base, summary = shop
    alive, spend = np.full(len(base.T), 0.7), evidence(fit_of(SPEND), summary, "all_days")

    def drawn(model: Any = PARETO, money: Any = SPEND, rate: float = 0.002, seed: int = 1) -> Any:
        return spend_distribution(fit_of(model, 0.1), fit_of(money, 0.1), base, alive, spend, rate, seed)

    changes: dict[str, dict[str, Any]] = {
        "nothing": {},
        "model": {"model": ParetoNbd(r=0.554, alpha=10.578, s=0.606, beta=11.669)},
        "spend": {"money": GammaGamma(p=6.25, q=3.75, gamma=15.44)},
        "rate": {"rate": 0.003},
        "seed": {"seed": 2},
    }
    asked = changes[change]
    monkeypatch.setattr(intervals, "_DRAWN", DrawnCells())
    first = drawn(**asked)
    monkeypatch.setattr(intervals, "_DRAWN", DrawnCells())
    drawn()
    again = drawn(**asked)
    for one, other in ((first.draws, again.draws), (first.ladder, again.ladder)):
        np.testing.assert_array_equal(one, other)


def test_some_cells_are_remembered_and_others_drawn(
    shop: tuple[Any, Summary], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A memory without room for all cells holds some of them; nobody's interval depends on which."""
    base, summary = shop
    alive, spend = np.full(len(base.T), 0.7), evidence(fit_of(SPEND), summary, "all_days")
    asked = (fit_of(PARETO), fit_of(SPEND), base, alive, spend, 0.002, 1)
    monkeypatch.setattr(intervals, "_DRAWN", DrawnCells())
    whole = spend_distribution(*asked)
    monkeypatch.setattr(remembered, "MOST_BYTES", whole.draws.nbytes // 3)
    monkeypatch.setattr(intervals, "_DRAWN", part := DrawnCells())
    for _night in range(2):
        found = spend_distribution(*asked)
        np.testing.assert_array_equal(found.draws, whole.draws)
        np.testing.assert_array_equal(found.ladder, whole.ladder)
    assert 0 < len(part) < len(whole.draws)


def test_a_total_widens_with_parameters_outcomes_and_past_errors() -> None:
    """Each source by its own known amount, in quantiles of a normal distribution (1.2816 sd)."""
    sure = np.ones(200)

    exact = total_bounds(1000.0, sure, 0.0, float("nan"), seed=1)
    outcomes = total_bounds(1000.0, sure, 50.0**2, float("nan"), seed=1)
    errors = total_bounds(1000.0, sure, 0.0, 0.10, seed=1)

    assert exact == (1000.0, 1000.0)
    assert outcomes == pytest.approx((1000 - 64.1, 1000 + 64.1), rel=0.005)
    assert errors == pytest.approx((1000 * np.exp(-0.128), 1000 * np.exp(0.128)), rel=0.005)


def test_who_is_alive_is_asked_of_every_draw_of_the_parameters() -> None:
    """P(alive) behind an interval is its mean over the posterior, which in a small shop is not that of the best fit."""
    shop = shop_of(300, 5)
    base = histories_of(shop.summary)
    at = tuple(np.asarray(days, dtype=np.float64) for days in (base.frequency, base.recency / 7, base.T / 7))
    best = np.asarray(shop.process.model.alive(*at))
    assert shop.process.posterior is not None
    each = [model.alive(*at) for model in shop.process.posterior.models()]

    spend = evidence(shop.spend, shop.summary, "all_days")
    found = spend_distribution(shop.process, shop.spend, base, best, spend, 0.0, seed=1)

    np.testing.assert_allclose(found.alive, np.mean(each, axis=0), atol=1e-12)
    assert np.abs(found.alive - best).max() > 0.01


def test_uncertain_parameters_move_the_total(shop: tuple[Any, Summary]) -> None:
    """Known parameters move it by nothing; an error of 10 % in each moves it by about as much."""
    base, summary = shop
    spend = evidence(fit_of(SPEND), summary, "all_days")

    assert relative_totals(fit_of(PARETO), fit_of(SPEND), base, spend, seed=1) == pytest.approx(np.ones(200))
    moved = relative_totals(fit_of(PARETO, 0.1), fit_of(SPEND, 0.1), base, spend, seed=1)
    assert 0.03 < moved.std() < 0.3


def simulated(rng: Generator, customers: int) -> tuple[Any, ...]:
    """Customers of Pareto/NBD and Gamma-Gamma: x, t_x, T in days, mean day spend, spend in the year after."""
    T = rng.integers(180, 730, customers)
    rate = rng.gamma(1.2, 1 / 60, customers)  # per day
    life = rng.exponential(1 / rng.gamma(0.9, 1 / 300, customers))
    scale = rng.gamma(3.74, 1.0, customers) / 15.44
    x, t_x, mean, later = np.zeros((4, customers))
    for i in range(customers):
        end = min(life[i], T[i] + 365.25)
        times = np.sort(rng.uniform(0, end, rng.poisson(rate[i] * end)))
        before = np.unique(np.ceil(times[times <= T[i]]))  # one purchase a day
        x[i], t_x[i] = len(before), before[-1] if len(before) else 0
        mean[i] = rng.gamma(6.25 * (x[i] + 1)) / scale[i] / (x[i] + 1)
        after = len(np.unique(np.ceil(times[times > T[i]])))
        later[i] = rng.gamma(6.25 * after) / scale[i] if after else 0.0
    return x.astype(int), t_x.astype(int), T, mean, later


def test_four_of_five_outcomes_lie_within_the_interval(rows: Callable[..., Any]) -> None:
    """
    Simulated shop, fitted, then its next year: the randomised PIT lies in [.1, .9] for 80 % of customers.

    Within 2 points (the standard error of 20,000 customers is 0.3 points). Raw coverage is at least 78 %,
    and more, since [0, 0] holds many; among customers who almost surely buy it is near 80 % too.
    """
    rng = np.random.default_rng(11)
    x, t_x, T, mean, later = simulated(rng, 20_000)
    base = rows(x, t_x, T)
    summary = Summary(frequency=x, recency=t_x / 7, T=T / 7, mean_day_spend=mean)
    process = ParetoNbd.fit(summary)
    spend_fit, _ = fit_spend(summary, "all_days")
    spend = evidence(spend_fit, summary, "all_days")
    alive = process.model.alive(summary.frequency, summary.recency, summary.T)

    found = spend_distribution(process, spend_fit, base, alive, spend, 1e-9, seed=3)

    covered = (later >= found.quantile(0.10)) & (later <= found.quantile(0.90))
    assert covered.mean() >= 0.78
    at = found.at_most(later)
    pit = np.where(later > 0, at, at * rng.random(len(at)))
    assert abs(((pit >= 0.1) & (pit <= 0.9)).mean() - 0.80) < 0.02
    buyers = found.at_most(np.zeros(len(later))) < 0.1
    assert buyers.sum() > 200
    assert abs(covered[buyers].mean() - 0.80) < 0.04

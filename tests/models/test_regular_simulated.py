"""BG/CNBD-k and MBG/CNBD-k against customers whose rates, chances to leave and future are known."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.models import FlatRidge, Summary
from evergrove.models.regular import BgCnbd, MbgCnbd, regular_purchases_if_alive, regularity

if TYPE_CHECKING:
    from evergrove.models import Floats
    from evergrove.models.regular import RegularBetaGeometric

PROVE = os.environ.get("EVERGROVE_PROVE") == "1"
TWO = MbgCnbd(r=1.32918, alpha=2.81255, a=0.424709, b=0.790029, k=2)  # grocery
THREE = BgCnbd(r=0.5, alpha=0.7, a=0.55, b=2.76, k=3)
models = pytest.mark.parametrize("model", [TWO, THREE], ids=lambda model: f"{model.name}-{model.k}")


@dataclass(frozen=True)
class Truth:
    """Simulated histories up to T and what came after, in continuous time; shape (n,) each."""

    x: Floats
    t_x: Floats
    T: Floats
    log_intervals: Floats
    alive: Floats
    later: Floats
    next: Floats

    @property
    def summary(self) -> Summary:
        """What a model may see."""
        return Summary(frequency=self.x, recency=self.t_x, T=self.T, log_intervals=self.log_intervals)


def follow(model: RegularBetaGeometric, T: Floats, later: float, seed: int) -> Truth:
    """Follow customers from purchase to purchase, k events each, until they leave or the time is over."""
    random, n = np.random.default_rng(seed), len(T)
    rate, leaves = random.gamma(model.r, 1 / model.alpha, n), random.beta(model.a, model.b, n)
    x, t_x, logs, future, now = (np.zeros(n) for _ in range(5))
    after = np.full(n, np.inf)  # when the first purchase after T comes
    last_of_all = np.full(n, np.inf)  # the purchase after which the customer has left
    here = np.arange(n)
    if model.m:
        gone = random.uniform(size=n) < leaves
        last_of_all[gone] = 0.0
        here = here[~gone]
    while len(here):
        gap = random.gamma(model.k, 1 / rate[here])
        now[here] += gap
        stays = now[here] <= T[here] + later
        after[here] = np.where(now[here] > T[here], np.minimum(after[here], now[here] - T[here]), np.inf)
        here, gap = here[stays], gap[stays]
        seen = now[here] <= T[here]
        x[here] += seen
        logs[here] += np.where(seen, np.log(gap), 0.0)
        t_x[here] = np.where(seen, now[here], t_x[here])
        future[here] += ~seen
        gone = random.uniform(size=len(here)) < leaves[here]
        last_of_all[here[gone]] = now[here[gone]]
        here = here[~gone]
    return Truth(x, t_x, T, logs, (last_of_all > T).astype(float), future, after)


def assert_mean(values: Floats, expected: Floats) -> None:
    """
    The mean of the differences is nought within four standard errors; these are nought for what is certain.

    Whole numbers of mean m < 1 vary by m (1 - m) at least, also where none of the rare ones was drawn.
    """
    difference, m = values - expected, min(float(expected.mean()), 1.0)
    variance = max(float(difference.var()), m * (1 - m))
    assert abs(difference.mean()) <= 4 * sqrt(variance / len(difference)) + 1e-12


def assert_calibrated(outcome: Floats, expected: Floats, parts: int = 10) -> None:
    """The same, overall and in each tenth of the customers by expectation."""
    assert_mean(outcome, expected)
    for tenth in np.array_split(np.argsort(expected, kind="stable"), parts):
        assert_mean(outcome[tenth], expected[tenth])


@models
@pytest.mark.slow
def test_the_tower_stands(model: RegularBetaGeometric) -> None:
    """
    Identity 4 for k > 1: mean of x(39) + CET(39) = E[X(78)], P(alive) and P(active) as often as foretold.

    100,000 customers, overall and in ten bins; ages in whole weeks, so that histories differ in silence alone.
    """
    truth = follow(model, np.full(100_000, 39.0), 39.0, seed=7)
    history = truth.x, truth.t_x, truth.T

    expected = model.expected_purchases(39, *history)

    assert_mean(truth.x + expected, np.full(len(expected), model.expected_purchases_new(78)))
    assert_calibrated(truth.later, expected)
    assert_calibrated(truth.alive, model.probability_alive(*history))
    assert_calibrated((truth.later > 0).astype(float), model.probability_active(39, *history))


@models
def test_silence_tells_the_phase(model: RegularBetaGeometric) -> None:
    """Of those with one history but for their silence, each bin buys as often as foretold, and when foretold."""
    truth = follow(model, np.full(60_000, 39.0), 8.0, seed=3)
    chosen = (truth.x >= 4) & (truth.T - truth.t_x < 8)
    history = truth.x[chosen], truth.t_x[chosen], truth.T[chosen]
    order = np.argsort(history[2] - history[1])

    expected, median = model.expected_purchases(8, *history), model.next_purchase_quantile(0.5, 8, *history)
    buys = truth.next[chosen] <= 8
    for part in np.array_split(order, 6):
        assert_mean(truth.later[chosen][part], expected[part])
        in_time = part[buys[part]]
        before = (truth.next[chosen][in_time] <= median[in_time]).astype(float)
        assert_mean(before, np.full(len(in_time), 0.5))


@models
def test_counts_come_as_often_as_foretold(model: RegularBetaGeometric) -> None:
    """P(n purchases in 20 weeks | history), n = 0..4, against how many made n."""
    truth = follow(model, np.full(20_000, 30.0), 20.0, seed=11)
    for n in range(5):
        p = np.exp(model.log_probability_of_purchases(n, 20, truth.x, truth.t_x, truth.T))
        assert_mean((truth.later == n).astype(float), p)


@models
def test_drawn_futures_are_those_foretold(model: RegularBetaGeometric) -> None:
    """Draws given alive: their mean is the expectation, their counts have its probabilities, their times its discount."""
    cells, draws = [(0.0, 0.0, 20.0), (5.0, 30.0, 39.0), (5.0, 38.5, 39.0), (40.0, 38.0, 39.0)], 40_000
    x, t_x, T = (np.array(each)[:, None] for each in zip(*cells, strict=True))
    at = {name: np.full(draws, getattr(model, name)) for name in model.parameters}

    made, mean_time = regular_purchases_if_alive(model, at, 26.0, x, t_x, T, np.random.default_rng(1))

    history = x[:, 0], t_x[:, 0], T[:, 0]
    alive = model.probability_alive(*history)
    expected = model.expected_purchases(26, *history) / alive
    active = model.probability_active(26, *history) / alive
    slowly = 0.02  # a year's discount, nearly straight within the horizon
    worth = model.discounted_purchases(26, np.expm1(slowly), *history) / alive
    for i in range(len(cells)):
        assert_mean(made[i], np.full(draws, expected[i]))
        assert_mean((made[i] > 0).astype(float), np.full(draws, active[i]))
        by_time = made[i] * np.exp(-slowly * mean_time[i] * 7 / 365.25)
        assert_mean(by_time, np.full(draws, worth[i]))


@models
@pytest.mark.slow
def test_intervals_cover_the_parameters_that_made_the_data(model: RegularBetaGeometric) -> None:
    """
    Identity 7: 95 % Wald intervals on log parameters cover 91-98 % over 300 data sets of 3,000 customers.

    The true k is chosen in every one of them. By default 40 data sets, where four standard errors of the share
    (.95) allow no less than 81 %.
    """
    sets = 300 if PROVE else 40
    theta = np.log([getattr(model, name) for name in model.parameters])
    ages = np.random.default_rng(11).uniform(52, 104, 3000)
    covered = np.zeros((sets, 4))
    for seed in range(sets):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FlatRidge)
            fit = type(model).fit(follow(model, ages, 0.0, seed=1000 + seed).summary)
        off = np.log([getattr(fit.model, name) for name in model.parameters]) - theta
        errors = np.sqrt(np.diag(fit.log_covariance))
        covered[seed] = np.abs(off) < 1.96 * errors
        assert fit.model.k == model.k
        assert fit.warnings or (errors < 2).all(), "a flat fit passed silently"
    shares = covered.mean(axis=0)
    if PROVE:
        assert ((shares >= 0.91) & (shares <= 0.98)).all(), shares
    else:
        assert (shares >= 0.95 - 4 * sqrt(0.95 * 0.05 / sets)).all(), shares


def test_intervals_of_known_shape_are_measured_as_such() -> None:
    """Both measures of regularity recover the shape of simulated intervals, whatever the customers' rates."""
    random = np.random.default_rng(2)
    customers, purchases = 3000, 40
    for shape in (1.0, 3.0):
        gaps = random.gamma(shape, random.gamma(2.0, 5.0, (customers, 1)), (customers, purchases))
        who = np.repeat(np.arange(customers), purchases)
        found = regularity(who, np.cumsum(gaps, axis=1).ravel())
        assert found.pairs == found.customers == customers
        assert found.wheat_morrison == pytest.approx(shape, rel=0.08)  # 4 standard errors of a variance
        # Maximum likelihood overstates a shape from m intervals by about 3 / m.
        assert found.median_shape == pytest.approx(shape * (1 + 2 / (purchases - 1)), rel=0.08)

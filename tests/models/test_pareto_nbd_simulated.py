"""Pareto/NBD against customers whose rates, lifetimes and future are known because they were simulated."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass

import numpy as np
import pytest

from evergrove.models.estimate import FlatRidge
from evergrove.models.pareto_nbd import ParetoNbd
from evergrove.models.types import Floats, Summary

CDNOW = ParetoNbd(r=0.55328, alpha=10.57768, s=0.60624, beta=11.66873)  # F02
PROVE = os.environ.get("EVERGROVE_PROVE") == "1"


@dataclass(frozen=True)
class Truth:
    """Simulated histories up to T and what came after, in continuous time; shape (n,) each."""

    x: Floats
    t_x: Floats
    T: Floats
    alive: Floats
    later: Floats


def simulate(model: ParetoNbd, T: Floats, later: float, seed: int) -> Truth:
    """Draw rates and lifetimes; purchases before T (their number and the last of them) and in (T, T + later]."""
    random = np.random.default_rng(seed)
    n = len(T)
    rate = random.gamma(model.r, 1 / model.alpha, n)
    lifetime = random.exponential(1 / random.gamma(model.s, 1 / model.beta, n))
    seen = np.minimum(lifetime, T)
    x = random.poisson(rate * seen).astype(float)
    # The last of x uniform times on (0, seen) is seen * U^(1/x).
    t_x = np.where(x > 0, seen * random.uniform(size=n) ** (1 / np.maximum(x, 1)), 0.0)
    future = random.poisson(rate * np.clip(lifetime - T, 0, later)).astype(float)
    return Truth(x, t_x, T, (lifetime > T).astype(float), future)


def assert_mean(values: Floats, expected: Floats) -> None:
    """The mean of the differences is nought within four standard errors."""
    difference = values - expected
    assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(len(difference))


def assert_calibrated(outcome: Floats, expected: Floats) -> None:
    """The same, overall and in each tenth of the customers by expectation."""
    assert_mean(outcome, expected)
    for tenth in np.array_split(np.argsort(expected, kind="stable"), 10):
        assert_mean(outcome[tenth], expected[tenth])


@pytest.fixture(scope="module")
def truth() -> Truth:
    """200,000 customers at F02, seen for 39 weeks and followed for 39 more."""
    return simulate(CDNOW, np.full(200_000, 39.0), 39.0, seed=7)


@pytest.mark.slow
def test_past_and_expected_future_make_the_whole(truth: Truth) -> None:
    """Identity 4, the tower: mean of x(39) + CET(39) = E[X(78)]."""
    expected = CDNOW.expected_purchases(39, truth.x, truth.t_x, truth.T)
    assert_mean(truth.x + expected, np.full(len(expected), CDNOW.expected_purchases_new(78)))
    assert_calibrated(truth.later, expected)


@pytest.mark.slow
def test_probabilities_add_up_to_the_customers_truly_alive(truth: Truth) -> None:
    """Identity 4: mean P(alive) = share alive, overall and in ten bins."""
    assert_calibrated(truth.alive, CDNOW.probability_alive(truth.x, truth.t_x, truth.T))


@pytest.mark.slow
def test_probabilities_add_up_to_the_customers_who_buy_again(truth: Truth) -> None:
    """P(at least one purchase in 39 weeks) against those who made one, overall and in ten bins."""
    p = CDNOW.probability_active(39, truth.x, truth.t_x, truth.T)
    assert_calibrated((truth.later > 0).astype(float), p)


@pytest.mark.slow
def test_counts_come_as_often_as_foretold(truth: Truth) -> None:
    """P(n purchases in 39 weeks | history), n = 0..5, against how many made n."""
    for n in range(6):
        p = np.exp(CDNOW.log_probability_of_purchases(n, 39, truth.x, truth.t_x, truth.T))
        assert_mean((truth.later == n).astype(float), p)


@pytest.mark.slow
def test_intervals_cover_the_parameters_that_made_the_data() -> None:
    """
    Identity 7: 95 % Wald intervals on log parameters cover 91-98 % over 300 data sets of 3,000 customers.

    By default 60 data sets, where four standard errors of the share (.95) allow no less than 84 %.
    """
    sets = 300 if PROVE else 60
    theta = np.log(CDNOW.letters)
    ages = np.random.default_rng(11).uniform(52, 104, 3000)
    covered = np.zeros((sets, 4))
    for seed in range(sets):
        drawn = simulate(CDNOW, ages, 0.0, seed=1000 + seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FlatRidge)
            fit = ParetoNbd.fit(Summary(frequency=drawn.x, recency=drawn.t_x, T=drawn.T))
        off = np.log(fit.model.letters) - theta
        errors = np.sqrt(np.diag(fit.log_covariance))
        covered[seed] = np.abs(off) < 1.96 * errors
        assert fit.warnings or (errors < 2).all(), "a flat fit passed silently"
    shares = covered.mean(axis=0)
    if PROVE:
        assert ((shares >= 0.91) & (shares <= 0.98)).all()
    else:
        assert (shares >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / sets)).all()


def test_too_short_a_window_is_called_flat() -> None:
    """Identity 7: eight weeks cannot tell who left from who buys rarely, and the fit says so."""
    drawn = simulate(CDNOW, np.full(300, 8.0), 0.0, seed=3)
    with pytest.warns(FlatRidge, match="do not pin down"):
        ParetoNbd.fit(Summary(frequency=drawn.x, recency=drawn.t_x, T=drawn.T))


def test_without_dropout_the_lifetimes_are_called_flat() -> None:
    """Where nobody leaves, s and beta have nothing to learn from."""
    random = np.random.default_rng(5)
    T = np.full(2000, 52.0)
    rate = random.gamma(0.8, 1 / 8.0, len(T))
    x = random.poisson(rate * T).astype(float)
    t_x = np.where(x > 0, T * random.uniform(size=len(T)) ** (1 / np.maximum(x, 1)), 0.0)
    with pytest.warns(FlatRidge, match="s"):
        fit = ParetoNbd.fit(Summary(frequency=x, recency=t_x, T=T))
    assert fit.model.r == pytest.approx(0.8, rel=0.2)

"""Contractual models against customers whose chances to leave are known because they were simulated."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.models import FlatRidge
from evergrove.models.contractual import (
    BetaDiscreteWeibull,
    BetaLogistic,
    DiscreteTimeHazard,
    ShiftedBetaGeometric,
    Tenures,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.models import Floats

PROVE = os.environ.get("EVERGROVE_PROVE") == "1"
CUSTOMERS = 3000


def lifetimes(alpha: Floats | float, beta: Floats | float, c: float, size: int, seed: int) -> Floats:
    """Renewals come to: the first t with (1 - theta)^(t^c) below a uniform draw."""
    random = np.random.default_rng(seed)
    theta = random.beta(alpha, beta, size)
    with np.errstate(divide="ignore", over="ignore"):  # who never leaves lives for ever
        time = (np.log(random.uniform(size=size)) / np.log1p(-theta)) ** (1 / c)
    return np.maximum(np.ceil(time), 1.0)


def observed(left: Floats, seed: int, shortest: int = 3, longest: int = 12) -> Tenures:
    """Cohorts of ages between ``shortest`` and ``longest``, pooled."""
    ages = np.random.default_rng(seed).integers(shortest, longest + 1, len(left))
    return Tenures(np.minimum(left, ages), left <= ages, period="year")


def assert_covered(fit: Callable[[int], tuple[Floats, Floats, bool]], truth: Floats, sets: int) -> None:
    """
    95 % Wald intervals cover the truth in 91 to 98 % of 300 data sets; flat fits warn.

    By default in fewer, where four standard errors of the share (.95) are allowed.

    Args:
        fit: Seed -> estimates, standard errors, whether the fit warned.
        truth: What made the data.
        sets: How many data sets by default.
    """
    sets = 300 if PROVE else sets
    covered = np.zeros((sets, len(truth)))
    for seed in range(sets):
        found, errors, warned = fit(1000 + seed)
        covered[seed] = np.abs(found - truth) < 1.96 * errors
        assert warned or (errors < 2).all(), "a flat fit passed silently"
    shares = covered.mean(axis=0)
    if PROVE:
        assert ((shares >= 0.91) & (shares <= 0.98)).all()
    else:
        assert (shares >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / sets)).all()


def logs(fit: Any) -> tuple[Floats, Floats, bool]:
    """Log parameters and their errors."""
    found = np.log([getattr(fit.model, name) for name in fit.parameters])
    return found, np.sqrt(np.diag(fit.log_covariance)), bool(fit.warnings)


@pytest.mark.slow
def test_intervals_of_sbg_cover_the_parameters_that_made_the_data() -> None:
    """F77's population, cohorts of 3 to 12 years."""

    def fit(seed: int) -> tuple[Floats, Floats, bool]:
        return logs(ShiftedBetaGeometric.fit(observed(lifetimes(0.668, 3.806, 1.0, CUSTOMERS, seed), seed)))

    assert_covered(fit, np.log([0.668, 3.806]), 60)


@pytest.mark.slow
def test_intervals_of_bdw_cover_the_parameters_that_made_the_data() -> None:
    """The regular segment of F79, cohorts of 3 to 12 years."""

    def fit(seed: int) -> tuple[Floats, Floats, bool]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FlatRidge)
            left = lifetimes(0.4556, 0.7793, 1.2835, CUSTOMERS, seed)
            return logs(BetaDiscreteWeibull.fit(observed(left, seed)))

    assert_covered(fit, np.log([0.4556, 0.7793, 1.2835]), 40)


@pytest.mark.slow
def test_intervals_of_beta_logistic_effects_cover_those_that_made_the_data() -> None:
    """A covariate with other effects on alpha and on beta."""
    truth = np.array([np.log(0.8), 0.5, np.log(3.0), -0.3])

    def fit(seed: int) -> tuple[Floats, Floats, bool]:
        x = np.random.default_rng(seed + 1).normal(size=CUSTOMERS)
        shapes = np.exp(truth[0] + truth[1] * x), np.exp(truth[2] + truth[3] * x)
        found = BetaLogistic.fit(observed(lifetimes(*shapes, 1.0, CUSTOMERS, seed), seed), {"x": x})
        return np.array(list(found.estimates.values())), np.array(list(found.standard_errors.values())), False

    assert_covered(fit, truth, 30)


@pytest.mark.slow
def test_intervals_of_hazard_effects_cover_those_that_made_the_data() -> None:
    """A logit hazard, a power of tenure, a number, a level, and an effect that changes with tenure."""
    truth = {"baseline 0": -1.5, "baseline 1": -0.5, "x": 0.6, "kind=b": 0.8, "kind=b x ln t": -0.3}

    def fit(seed: int) -> tuple[Floats, Floats, bool]:
        random = np.random.default_rng(seed)
        x, b = random.normal(size=CUSTOMERS), random.uniform(size=CUSTOMERS) < 0.4
        left = np.full(CUSTOMERS, np.inf)
        for t in range(12, 0, -1):
            eta = -1.5 - 0.5 * np.log(t) + 0.6 * x + (0.8 - 0.3 * np.log(t)) * b
            left = np.where(random.uniform(size=CUSTOMERS) < 1 / (1 + np.exp(-eta)), t, left)
        covariates = {"x": x, "kind": np.where(b, "b", "a")}
        found = DiscreteTimeHazard.fit(observed(left, seed), covariates, knots=2, varying=("kind",))
        assert tuple(found.parameters) == tuple(truth)
        return np.array(list(found.estimates.values())), np.array(list(found.standard_errors.values())), False

    assert_covered(fit, np.array(list(truth.values())), 30)


def test_those_still_there_leave_as_foretold() -> None:
    """Of 50,000 simulated customers with two renewals behind them: how many live for how many more."""
    for model, c in (
        (ShiftedBetaGeometric(0.9, 4.0), 1.0),
        (BetaDiscreteWeibull(0.9, 4.0, 1.4), 1.4),
    ):
        left = lifetimes(0.9, 4.0, c, 50_000, seed=7)
        here = left[left > 2]
        for t in (1, 3, 10):
            p = model.survival(t, tenure=2)[0]
            assert abs((here > 2 + t).mean() - p) < 4 * np.sqrt(p * (1 - p) / len(here))
        lived = np.minimum(here - 2, 10)
        error = lived.std() / np.sqrt(len(here))
        assert abs(lived.mean() - model.expected_lifetime(10, tenure=2)[0]) < 4 * error


def test_payments_of_those_up_for_renewal_are_worth_their_derl() -> None:
    """Customers up for their third renewal: payments made from then on, discounted to it."""
    model = ShiftedBetaGeometric(1.5, 4.0)
    left = lifetimes(1.5, 4.0, 1.0, 100_000, seed=8)
    due = left[left > 2] - 3  # payments still made: 0 for who leaves at this renewal
    worth = (1 - 1.1**-due) / (1 - 1 / 1.1)
    expected = model.discounted_expected_residual_lifetime(0.1, 3)[0]
    assert abs(worth.mean() - expected) < 4 * worth.std() / np.sqrt(len(worth))


@pytest.mark.slow
def test_no_data_set_is_left_without_an_answer() -> None:
    """Five customers or a hundred thousand, one period or ten years: fitted, or called flat."""
    random = np.random.default_rng(1)
    for _set in range(60):
        size, periods = (
            int(random.choice([5, 20, 100, 1000, 100_000])),
            int(random.choice([2, 3, 6, 24, 120])),
        )
        alpha, beta, c = 10 ** random.uniform((-2, -1, -0.5), (2, 3, 0.5))
        left = lifetimes(alpha, beta, c, size, int(random.integers(1 << 30)))
        tenures = observed(left, 3, shortest=1, longest=periods)
        if not tenures.lost.any() or not (tenures.at_risk - tenures.lost).any():
            continue
        for model in (ShiftedBetaGeometric, BetaDiscreteWeibull):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FlatRidge)
                fit = model.fit(tenures)
            assert fit.warnings or max(np.diag(fit.log_covariance)) < 4
            derl = fit.model.discounted_expected_residual_lifetime(0.1, [1, 5])
            assert ((derl > 0) & (derl <= 11 * (1 + 1e-9))).all()

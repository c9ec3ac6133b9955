"""Cohorts simulated with a known spread: pooled, separate and shrunken estimates against the truth."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.core import EvergroveWarning
from evergrove.models import ParetoNbd, Summary
from evergrove.models.pooled import fit_cohorts

if TYPE_CHECKING:
    from evergrove.models import Floats
    from evergrove.models.pooled import CohortFit

PROVE = os.environ.get("EVERGROVE_PROVE") == "1"
SETS = 40 if PROVE else 4
CDNOW = np.log([0.55, 10.6, 0.61, 11.7])  # F02, rounded
SIZES = np.exp(np.linspace(np.log(30), np.log(3000), 12)).round().astype(int)
SPREAD = np.array([0.2, 0.3, 0.2, 0.3])  # standard deviations of log r, alpha, s, beta
LATER, YEAR = 26.0, "12 months"


@dataclass(frozen=True)
class Drawn:
    """Cohorts with their true models, and what was estimated from what had happened by now."""

    truths: list[ParetoNbd]
    summaries: dict[str, Summary]
    fit: CohortFit[ParetoNbd]

    def purchases(self, models: list[ParetoNbd]) -> Floats:
        """Expected purchases per customer of the next 26 weeks, by cohort."""
        asked = zip(models, self.summaries.values(), strict=True)
        return np.array([m.expected_purchases(LATER, s.frequency, s.recency, s.T).mean() for m, s in asked])

    @property
    def errors(self) -> dict[str, float]:
        """Mean squared error over cohorts, against the expectation under the true parameters."""
        pooled, cohorts = self.fit.pooled.model, list(self.fit.cohorts.values())
        estimates = {
            "pooled": [pooled] * len(cohorts),
            "separate": [pooled if each.alone is None else each.alone.model for each in cohorts],
            "shrunken": [each.model for each in cohorts],
        }
        truth = self.purchases(self.truths)
        return {how: float(((self.purchases(found) - truth) ** 2).mean()) for how, found in estimates.items()}

    @property
    def covered(self) -> list[bool]:
        """Whether the 80 % interval of first-year purchases holds the truth, by cohort."""
        found = [cohort.expected_purchases_new(YEAR) for cohort in self.fit.cohorts.values()]
        true = [model.expected_purchases_new(YEAR) for model in self.truths]
        return [each.low <= value <= each.high for each, value in zip(found, true, strict=True)]


def simulated(model: ParetoNbd, T: Floats, random: np.random.Generator) -> Summary:
    """Histories in continuous time, of ages in whole days."""
    n = len(T)
    rate = random.gamma(model.r, 1 / model.alpha, n)
    seen = np.minimum(random.exponential(1 / random.gamma(model.s, 1 / model.beta, n)), T)
    x = random.poisson(rate * seen).astype(float)
    t_x = np.where(x > 0, seen * random.uniform(size=n) ** (1 / np.maximum(x, 1)), 0.0)
    return Summary(frequency=x, recency=t_x, T=T)


def drawn(spread: Floats, seed: int) -> Drawn:
    """Twelve cohorts of 30 to 3,000 customers, won within four weeks each, half a year to a year ago."""
    random = np.random.default_rng(seed)
    letters = np.exp(CDNOW + random.normal(size=(len(SIZES), 4)) * spread)
    truths = [ParetoNbd(*map(float, each)) for each in letters]
    ages = np.linspace(26, 52, len(SIZES))[random.permutation(len(SIZES))]
    summaries = {
        f"{j}": simulated(model, np.ceil(7 * random.uniform(age - 4, age, size)) / 7, random)
        for j, (model, age, size) in enumerate(zip(truths, ages, SIZES, strict=True))
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvergroveWarning)
        return Drawn(truths, summaries, fit_cohorts(ParetoNbd, summaries))


@pytest.fixture(scope="module")
def different() -> list[Drawn]:
    """Sets of cohorts that differ; seeds from 0 on."""
    return [drawn(SPREAD, seed) for seed in range(SETS)]


@pytest.fixture(scope="module")
def alike() -> list[Drawn]:
    """Sets of cohorts that do not."""
    return [drawn(np.zeros(4), seed) for seed in range(SETS)]


def mean_errors(sets: list[Drawn]) -> dict[str, float]:
    """Over the sets."""
    errors = [each.errors for each in sets]
    return {how: float(np.mean([each[how] for each in errors])) for how in errors[0]}


@pytest.mark.slow
@pytest.mark.long
def test_shrunken_estimates_beat_separate_and_pooled_ones(different: list[Drawn]) -> None:
    """Squared error of the next half-year's purchases: under half of pooled over forty sets, over four under 0.8."""
    errors = mean_errors(different)

    assert errors["shrunken"] < (0.5 if PROVE else 0.8) * errors["pooled"]
    assert errors["shrunken"] < (0.25 if PROVE else 0.5) * errors["separate"]


@pytest.mark.slow
def test_intervals_hold_the_truth(different: list[Drawn]) -> None:
    """80 % of them, within three standard errors of cohorts taken as independent."""
    covered = [each for found in different for each in found.covered]

    assert abs(np.mean(covered) - 0.8) < 3 * np.sqrt(0.16 / len(covered))


@pytest.mark.slow
def test_the_spread_is_found(different: list[Drawn]) -> None:
    """The mean of its estimates is the true one of log purchases: delta method at the mean, within 15 %."""
    model = ParetoNbd(*map(float, np.exp(CDNOW)))
    slopes = np.array(
        [
            np.log(ParetoNbd(*map(float, np.exp(CDNOW + step))).expected_purchases_new(YEAR))
            - np.log(model.expected_purchases_new(YEAR))
            for step in 1e-5 * np.eye(4)
        ]
    )
    true = np.sqrt(((slopes / 1e-5 * SPREAD) ** 2).sum())
    found = [each.fit.spread.sd for each in different if each.fit.spread is not None]

    # Of twelve cohorts a standard deviation is known to 1 / sqrt(22), of all sets together to so much less.
    assert abs(np.mean(found) / true - 1) < 0.05 + 3 / np.sqrt(22 * len(found))


@pytest.mark.slow
def test_cohorts_that_do_not_differ_get_nearly_the_pooled_fit(alike: list[Drawn]) -> None:
    """Hardly more error than the pooled fit; the spread's interval begins at 0, and the test finds nothing."""
    errors = mean_errors(alike)
    spreads = [each.fit.spread.low for each in alike if each.fit.spread is not None]
    found = [each.fit.differ.p_value < 0.05 for each in alike if each.fit.differ is not None]

    assert errors["shrunken"] < 1.25 * errors["pooled"]
    assert errors["shrunken"] < 0.1 * errors["separate"]
    assert np.mean(np.array(spreads) == 0) >= 0.9
    assert np.mean(found) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / len(found))

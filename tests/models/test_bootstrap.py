"""Customers drawn again: the spread of the refits is the one that theory gives, and agrees with the posterior's."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.models import BgNbd, Nbd, ParetoNbd
from evergrove.models.posterior import bootstrap, draws

if TYPE_CHECKING:
    from evergrove.models import Summary
    from evergrove.models.types import Fit, Floats

PROVE = os.environ.get("EVERGROVE_PROVE") == "1"
REFITS = 2000 if PROVE else 300
LEVELS = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
NORMAL = np.array([-1.2816, -0.6745, 0.0, 0.6745, 1.2816])
ERRORS = np.array([1.71, 1.36, 1.25, 1.36, 1.71])  # standard error of a normal's quantile x sqrt(n) / sd
SKEW = 0.1  # of a standard deviation: what is left of asymptotics with some thousand customers


def sandwich(fit: Fit[Any], summary: Summary) -> Floats:
    """
    Standard errors of the log parameters that hold whether the model is true or not.

    The inverse information on both sides of the scores' covariance; scores by central differences, row by row.
    """
    rows = summary.counts()
    histories = rows.frequency, rows.recency, rows.T
    scores = []
    for name in fit.parameters:
        value, step = getattr(fit.model, name), 1e-4
        ahead, behind = (
            replace(fit.model, **{name: value * np.exp(h)}).row_log_likelihood(*histories)
            for h in (step, -step)
        )
        scores.append((ahead - behind) / (2 * step))
    spread = np.einsum("ir,jr,r->ij", np.array(scores), np.array(scores), rows.weights)
    return np.asarray(np.sqrt(np.diag(fit.log_covariance @ spread @ fit.log_covariance)))


@pytest.mark.parametrize("model", [BgNbd, Nbd, *([ParetoNbd] if PROVE else [])])
def test_refits_spread_as_theory_says(model: Any, cdnow: Summary) -> None:
    """
    The middle 80 % of the refits are as wide as the sandwich says, within four errors of that width and the skew.

    Not their standard deviation: Pareto/NBD's s has a long tail to the right.
    """
    fit = model.fit(cdnow)

    found = bootstrap(fit, cdnow, REFITS, rng=np.random.default_rng(1))

    assert found.effective == REFITS
    low, high = np.quantile(np.log(found.letters), LEVELS[[0, -1]], axis=0)
    width = (high - low) / (NORMAL[-1] - NORMAL[0])
    chance = 4 * ERRORS[0] * np.sqrt(2 / REFITS) / (NORMAL[-1] - NORMAL[0])
    np.testing.assert_allclose(width / sandwich(fit, cdnow), 1.0, atol=chance + SKEW)


@pytest.mark.parametrize("model", [BgNbd, Nbd])
def test_quantiles_agree_with_the_posteriors(model: Any, cdnow: Summary) -> None:
    """
    On CDNOW the posterior and the bootstrap tell the same of each parameter.

    They may differ by what the model is wrong (sandwich over information: 1.26 at most here, on alpha), by
    four standard errors of both quantiles, and by the skew of refits to a few thousand customers.
    """
    fit = model.fit(cdnow)
    expected = np.sqrt(np.diag(fit.log_covariance))
    wrong = sandwich(fit, cdnow) / expected - 1

    refits = np.log(bootstrap(fit, cdnow, REFITS, rng=np.random.default_rng(1)).letters)
    drawn = draws(fit, cdnow, REFITS, rng=np.random.default_rng(2))

    gap = (
        np.quantile(refits, LEVELS, axis=0) - np.quantile(np.log(drawn.letters), LEVELS, axis=0)
    ) / expected
    chance = 4 * ERRORS * np.sqrt(1 / REFITS + 2 / drawn.effective)
    allowed = np.abs(np.outer(NORMAL, wrong)) + (chance + SKEW)[:, None]
    assert (np.abs(gap) < allowed).all()
    assert np.abs(wrong).max() < 0.35


def test_seeds_repeat_and_samples_differ(cdnow: Summary) -> None:
    """The same refits from the same seed."""
    fit = Nbd.fit(cdnow)
    one, two, three = (bootstrap(fit, cdnow, 20, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))

    np.testing.assert_array_equal(one.letters, two.letters)
    assert (one.letters != three.letters).all()
    assert one.method == "bootstrap"

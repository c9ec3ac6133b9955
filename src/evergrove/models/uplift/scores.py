"""Doubly robust scores: for every row and offer a number whose mean is the effect, whatever the outcome model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.uplift.errors import TooFewPeople
from evergrove.models.uplift.linear import columns_of, fit_linear
from evergrove.models.uplift.trial import folds, left_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.uplift.linear import Linear
    from evergrove.models.uplift.trial import Trial

    Floats = NDArray[np.float64]

LEAST = 50
"""An arm with fewer rows is not learned from."""


def outcome_models(trial: Trial) -> tuple[Linear, ...]:
    """
    What each arm is expected to bring, as ridge regressions on the same columns: nothing first.

    Raises:
        TooFewPeople: An arm has fewer than 50 rows.
    """
    columns = columns_of(trial.X)
    found = []
    for arm in range(len(trial.offers) + 1):
        here = trial.arm == arm
        if (people := int(here.sum())) < LEAST:
            raise TooFewPeople(arm=name_of(trial, arm), people=people, needed=LEAST)
        found.append(fit_linear(trial.X[here], trial.outcome[here], like=columns))
    return tuple(found)


def expected_by(models: tuple[Linear, ...], X: Floats) -> Floats:
    """What each arm is expected to bring. Shape (n, k + 1)."""
    return np.column_stack([model.predict(X) for model in models])


def expected_outcomes(trial: Trial, fold: NDArray[np.int64] | None = None) -> Floats:
    """
    The same, of each row by models that have not seen it.

    Args:
        trial: The log.
        fold: Which part a row is in; None draws five, all rows of a unit in one of them. Shape (n,).

    Returns:
        Shape (n, k + 1).

    Raises:
        TooFewPeople: Without one of the parts an arm has fewer than 50 rows.
    """
    parts = folds(trial.unit) if fold is None else fold
    found = np.empty((len(trial), len(trial.offers) + 1))
    for learned, out in left_out(parts):
        found[out] = expected_by(outcome_models(trial.rows(learned)), trial.X[out])
    return found


def arm_scores(trial: Trial, expected: Floats) -> Floats:
    r"""
    A number for each row and arm whose mean is what that arm would have brought.

    .. math::

        \psi_a = m_a(x) + \frac{[A = a]}{p_a} (y - m_a(x))

    Args:
        trial: The log; its chances p are known.
        expected: m, from other rows or from nowhere. Shape (n, k + 1).

    Returns:
        Shape (n, k + 1); NaN where an arm had no chance.

    Source:
        Robins, Rotnitzky and Zhao (1994), Estimation of regression coefficients when some regressors are not
        always observed, JASA 89(427), 846-866.
    """
    arms = np.arange(len(trial.offers) + 1)
    drawn = trial.arm[:, None] == arms
    with np.errstate(divide="ignore", invalid="ignore"):
        scores: Floats = expected + np.where(
            drawn, (trial.outcome[:, None] - expected) / trial.probability, 0.0
        )
    return np.where(trial.probability > 0, scores, np.nan)


def effect_scores(trial: Trial, expected: Floats) -> Floats:
    """
    A number for each row and offer whose mean is the offer's effect against nothing.

    Args:
        trial: The log.
        expected: What each arm is expected to bring; see ``arm_scores``. Shape (n, k + 1).

    Returns:
        Shape (n, k); NaN where the offer or nothing could not be drawn.
    """
    scores = arm_scores(trial, expected)
    return scores[:, 1:] - scores[:, :1]


def precision(trial: Trial, offer: int) -> Floats:
    """How much a row's score is worth: large where neither of the two arms was rare. Shape (n,); 0 if not eligible."""
    offered, nothing = trial.probability[:, offer], trial.probability[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        worth: Floats = offered * nothing / (offered + nothing)
    return np.where(trial.eligible(offer), worth, 0.0)


def name_of(trial: Trial, arm: int) -> str:
    """An arm's name; nothing is ``-``."""
    return trial.offers[arm - 1] if arm else "-"

"""What a new rule would have earned, from a log in which other things were done with known chances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.uplift.errors import InvalidRule, ThinLog, UnsupportedRule
from evergrove.models.uplift.scores import arm_scores, expected_outcomes
from evergrove.models.uplift.trial import ROUNDING
from evergrove.models.uplift.types import LEVEL, Interval, mean_of, normal, spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.types import Floats
    from evergrove.models.uplift.trial import Trial

NEEDED = 200
"""With a smaller effective sample a log says nothing of a rule."""


@dataclass(frozen=True)
class PolicyValue:
    """
    Mean outcome a row under a rule, three ways, in the unit of the outcome.

    Attributes:
        ips: By inverse chances alone: without bias, and wide.
        self_normalised: The same over the mean weight: narrower, nearly without bias.
        doubly_robust: With an outcome model, whose errors cost width but make no bias.
        effective: Customers that the log is worth for this rule.
        mean_weight: 1, but for chance.
    """

    ips: Interval
    self_normalised: Interval
    doubly_robust: Interval
    effective: float
    mean_weight: Interval


def value_of(
    trial: Trial,
    rule: NDArray[np.int64] | Floats,
    expected: Floats | None = None,
    *,
    level: float = LEVEL,
    needed: float = NEEDED,
) -> PolicyValue:
    r"""
    Judge a rule on a log that it did not make.

    .. math::

        w_i = \frac{\pi(a_i \mid x_i)}{p(a_i \mid x_i)}, \quad
        n_\text{eff} = \frac{(\sum_u w_u)^2}{\sum_u w_u^2}

    with weights added up by customer u. The rule must not have been learned from the same rows. For profit, take
    the costs of what was done from the outcome first.

    Args:
        trial: The log.
        rule: The arm that the rule takes in each row, shape (n,); or its chances of all arms, shape (n, k + 1).
        expected: What each arm is expected to bring, shape (n, k + 1); None fits ridge regressions, cross-fitted.
        level: Probability between all bounds.
        needed: Least effective sample.

    Raises:
        InvalidRule: It is none for this log.
        UnsupportedRule: It takes arms that had no chance.
        ThinLog: The effective sample is too small.
        TooFewPeople: An arm has too few rows for a regression; give ``expected``.
    """
    chances = _chances(trial, rule)
    weight = _weights(trial, chances)
    effective = _effective(weight, trial.unit)
    if effective < needed:
        raise ThinLog(effective=int(effective), needed=round(needed))
    told = expected_outcomes(trial) if expected is None else expected
    ips, total = weight * trial.outcome, float(weight.sum())
    normalised = float(ips.sum()) / total
    se = spread(weight * (trial.outcome - normalised), trial.unit) / total
    return PolicyValue(
        ips=mean_of(ips, trial.unit, level),
        self_normalised=normal(normalised, se, level),
        doubly_robust=mean_of(_robust(trial, chances, told), trial.unit, level),
        effective=effective,
        mean_weight=mean_of(weight, trial.unit, level),
    )


def gain_of(
    trial: Trial,
    rule: NDArray[np.int64] | Floats,
    other: NDArray[np.int64] | Floats,
    expected: Floats | None = None,
    *,
    level: float = LEVEL,
    needed: float = NEEDED,
) -> Interval:
    """
    By how much a rule earns more a row than another: doubly robust, on the same rows, so that what they share cancels.

    Raises:
        InvalidRule: One of them is none for this log.
        UnsupportedRule: One takes arms that had no chance.
        ThinLog: The effective sample of one is too small.
        TooFewPeople: An arm has too few rows for a regression; give ``expected``.
    """
    told = expected_outcomes(trial) if expected is None else expected
    rows = []
    for each in (rule, other):
        chances = _chances(trial, each)
        effective = _effective(_weights(trial, chances), trial.unit)
        if effective < needed:
            raise ThinLog(effective=int(effective), needed=round(needed))
        rows.append(_robust(trial, chances, told))
    return mean_of(rows[0] - rows[1], trial.unit, level)


def _chances(trial: Trial, rule: NDArray[np.int64] | Floats) -> Floats:
    """The rule's chances of all arms. Shape (n, k + 1)."""
    given, arms = np.asarray(rule), len(trial.offers) + 1
    refused = InvalidRule(name="rule", given=str(given.shape), rows=len(trial), arms=arms)
    if given.shape == (len(trial),):
        if not np.isin(given, np.arange(arms)).all():
            raise refused
        chances: Floats = (given[:, None] == np.arange(arms)).astype(np.float64)
    elif given.shape == (len(trial), arms):
        chances = given.astype(np.float64)
    else:
        raise refused
    if not ((chances >= 0).all() and (np.abs(chances.sum(axis=1) - 1.0) <= ROUNDING).all()):
        raise refused
    never = ((chances > 0) & (trial.probability <= 0)).any(axis=1)
    if never.any():
        raise UnsupportedRule(broken=int(never.sum()), total=len(trial), example=int(np.argmax(never)))
    return chances


def _weights(trial: Trial, chances: Floats) -> Floats:
    done: Floats = np.take_along_axis(chances, trial.arm[:, None], axis=1)[:, 0]
    weights: Floats = done / trial.taken
    return weights


def _effective(weight: Floats, unit: NDArray[np.int64]) -> float:
    _units, code = np.unique(unit, return_inverse=True)
    sums = np.bincount(code, weight)
    squares = float(sums @ sums)
    return float(sums.sum()) ** 2 / squares if squares > 0.0 else 0.0


def _robust(trial: Trial, chances: Floats, expected: Floats) -> Floats:
    """What the rule would have earned, row by row. Shape (n,)."""
    if expected.shape != chances.shape:
        given = str(expected.shape)
        raise InvalidRule(name="expected", given=given, rows=len(trial), arms=chances.shape[1])
    scores = np.nan_to_num(
        arm_scores(trial, expected), nan=0.0
    )  # arms without a chance, which the rule never takes
    earned: Floats = (chances * scores).sum(axis=1)
    return earned

"""
A share of all picks drawn at random over what is allowed, nothing included, so that effects can go on being measured.

Every probability is known before the draw and kept for every action, not only for the one that came up. The draw is a
hash of salt, round and customer, as an arm's is: a run that is repeated draws the same. Customers of a control group are
no exploration: leave them out beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from evergrove.campaigns.control import chance_of
from evergrove.decisions.choice.errors import ExplorationTooDear, ShapesDiffer, ShareImpossible
from evergrove.decisions.choice.types import NOTHING, Flags, Floats, Whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from evergrove.decisions.choice.types import Choice, Limits

LEAST_SHARE = 0.02
"""Of picks that are drawn at random, at least."""
LAYER = "choice"
"""Under which name draws are hashed, beside the layers of control groups."""
Z95 = 1.6448536269514722
"""The 95 % point of the standard normal distribution."""


@dataclass(frozen=True)
class Explored:
    """
    What was drawn for every customer, and with which probability it could have been anything.

    Attributes:
        picked: Column of the action drawn, or -1 for nothing. Shape (n,).
        probabilities: Of every action, nothing last; 0 where it is not allowed. Rows add up to 1. Shape (n, k + 1).
        expected: Costs that the draw is expected to have, over all customers.
        p95: Costs that it does not pass in 95 of 100 draws, by the normal approximation.
        spent: Costs of what was drawn.
    """

    picked: Whole
    probabilities: Floats = field(repr=False)
    expected: float
    p95: float
    spent: float

    @property
    def probability(self) -> Floats:
        """Of what was drawn for each customer. Shape (n,)."""
        rows = np.arange(len(self.picked))
        found: Floats = self.probabilities[rows, self.picked]  # -1, nothing, is the last column
        return found


def probabilities(picked: Whole, allowed: Flags, share: float = LEAST_SHARE) -> Floats:
    """
    Of every action: an equal part of the share where it is allowed, and all the rest for the pick.

    Args:
        picked: Column of each customer's pick, or -1. Shape (n,).
        allowed: Where an action may be drawn. Shape (n, k); nothing may always be.
        share: Of picks that are drawn at random.

    Returns:
        Shape (n, k + 1); nothing stands last.

    Raises:
        ShareImpossible: The share is below ``LEAST_SHARE``, or not below 1.
    """
    _check(share)
    each = share / (allowed.sum(axis=1) + 1.0)
    found = np.empty((len(picked), allowed.shape[1] + 1))
    np.multiply(allowed, each[:, None], out=found[:, :-1])
    found[:, -1] = each
    found[np.arange(len(picked)), picked] += 1.0 - share
    return found


def explore(
    choice: Choice,
    costs: ArrayLike,
    allowed: Flags,
    customer_ids: Sequence[str],
    *,
    salt: str,
    round_key: str,
    share: float = LEAST_SHARE,
) -> Explored:
    """
    Draw an action, or none, for every customer.

    Args:
        choice: From ``choose``, called with ``exploration=share`` so that its limits leave room.
        costs: What counts against the budget. Shape (n, k), or one that stretches to it.
        allowed: Where an action may be drawn: ``eligible(values, costs)``, or fewer. Shape (n, k).
        customer_ids: Of every row; n of them.
        salt: The workspace's own.
        round_key: What tells this draw from the next one, such as the day.
        share: Of picks that are drawn at random.

    Raises:
        ShapesDiffer: There is not one id a customer.
        ShareImpossible: The share is not one that can be drawn.
    """
    if len(customer_ids) != len(choice.picked):
        raise ShapesDiffer(name="customer_ids", shape=(len(customer_ids),), expected=choice.picked.shape)
    chances = probabilities(choice.picked, allowed, share)
    coins = np.array([chance_of(salt, LAYER, round_key, each) for each in customer_ids])
    picked = _drawn(chances, coins)
    paid = np.where(chances[:, :-1] > 0.0, np.broadcast_to(np.asarray(costs), allowed.shape), 0.0)
    mean = (chances[:, :-1] * paid).sum(axis=1)
    variance = (chances[:, :-1] * paid**2).sum(axis=1) - mean**2
    expected = float(mean.sum())
    rows = np.flatnonzero(picked != NOTHING)
    return Explored(
        picked=picked,
        probabilities=chances,
        expected=expected,
        p95=expected + Z95 * sqrt(max(0.0, float(variance.sum()))),
        spent=float(paid[rows, picked[rows]].sum()),
    )


def room_beside(limits: Limits, charged: Floats, allowed: Flags, share: float) -> Limits:
    """
    The limits of the choice itself, so that it and what is drawn at random are expected to keep the limits given.

    Args:
        limits: As given.
        charged: What counts against budgets. Shape (n, k).
        allowed: Where an action may be drawn. Shape (n, k).
        share: Of picks that are drawn at random.

    Raises:
        ShareImpossible: The share is not one that can be drawn.
        ExplorationTooDear: The random part alone is expected to use more than a limit.
    """
    _check(share)
    chances = allowed / (allowed.sum(axis=1, keepdims=True) + 1.0)
    spent = (chances * np.where(allowed, charged, 0.0)).sum(axis=0)
    random = share * limits.used(spent, chances.sum(axis=0))
    left = limits.most - random
    for limit, used, rest in zip(limits.each, random, left, strict=True):
        if rest < 0.0:
            raise ExplorationTooDear(name=limit.name, expected=round(float(used), 2), most=limit.most)
    return limits.shrunk(left / (1.0 - share))


def _drawn(chances: Floats, coins: Floats) -> Whole:
    """The column whose stretch of [0, 1) each coin falls into; -1 for the last."""
    until = np.cumsum(chances, axis=1)
    column = (coins[:, None] >= until[:, :-1]).sum(axis=1)
    # Beyond the last action that is possible, rounding of the sum must not lead to one that is not.
    found: Whole = np.where(column == chances.shape[1] - 1, NOTHING, column).astype(np.int32)
    return found


def _check(share: float) -> None:
    if not LEAST_SHARE <= share < 1.0:
        raise ShareImpossible(share=share, least=LEAST_SHARE)

"""Several arms whose shares follow what they have shown: chances to be best, and a share that none falls below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_ndtr, ndtr

from evergrove.core.arguments import InvalidArgument, number
from evergrove.core.messages import _
from evergrove.core.sentences import Term
from evergrove.stats.comparing import check_arms
from evergrove.stats.rows import column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evergrove.stats.rows import Rows
    from evergrove.stats.types import Sample

    Floats = NDArray[np.float64]

REACH, POINTS = 8.0, 801
"""Standard errors around each mean, and points of it, at which chances are summed: to 1e-6 of each other."""
TWO = Term(_("two arms or more"))
SHARES = Term(_("shares of all arms that add up to 1, none below 0"))
FLOOR = Term(_("a share >= 0 and below 1"))


def best_chances(arms: Sequence[Sample]) -> Floats:
    """
    Chance of each arm to be the best, with normal posteriors of the means and no prior.

    These are the shares of Thompson sampling.

    Args:
        arms: All of them, the control included; two or more.

    Returns:
        They add up to 1. Shape (arms,).

    Raises:
        TooFewUnits: An arm has fewer than two units.
        NoVariance: All units of an arm are alike.
        InvalidArgument: There are fewer than two arms.

    Source:
        Thompson (1933), Biometrika 25, 285-294; summed numerically instead of drawn.
    """
    return _ranked(arms)[0]


def top_two_shares(arms: Sequence[Sample]) -> Floats:
    """
    Shares by which the best two are told apart soonest: half of the chance to be among the first two.

    Thompson's shares send nearly everybody to the leader, and learn little of whether it leads.

    Args:
        arms: All of them, the control included; two or more.

    Returns:
        They add up to 1. Shape (arms,).

    Raises:
        NoComparison: As ``best_chances`` does.
        InvalidArgument: There are fewer than two arms.

    Source:
        Russo (2020), Simple Bayesian algorithms for best-arm identification, Operations Research 68, 1625-1647.
    """
    best, second = _ranked(arms)
    shares: Floats = (best + second) / 2.0
    return shares


def floored(shares: Rows, floor: float) -> Floats:
    """
    The shares drawn towards each other until none is below the floor: p = f + (1 - n f) w.

    Args:
        shares: Of all arms; they add up to 1. Shape (n,).
        floor: Least share f of an arm. Where n f is 1 or more, all arms get the same.

    Returns:
        They add up to 1. Shape (n,).

    Raises:
        InvalidArgument: The shares do not add up to 1, or the floor is no share.
    """
    weights = column("shares", shares)
    if not len(weights) or (weights < 0.0).any() or abs(float(weights.sum()) - 1.0) > 1e-6:
        raise InvalidArgument(name="shares", value=shares, wanted=SHARES)
    least, n = number("floor", floor, FLOOR, above=-5e-324, below=1.0), len(weights)
    if n * least >= 1.0:
        return np.full(n, 1.0 / n)
    raised: Floats = least + (1.0 - n * least) * weights / weights.sum()
    return raised


def _ranked(arms: Sequence[Sample]) -> tuple[Floats, Floats]:
    """Chance of each arm to be the best, and to be the second."""
    if len(arms) < 2:
        raise InvalidArgument(name="arms", value=arms, wanted=TWO)
    for arm in arms[1:]:
        check_arms(arms[0], arm)
    mean = np.array([arm.mean for arm in arms])
    se = np.sqrt([arm.variance / arm.n for arm in arms])
    # Points around every mean, so that an arm of a narrow posterior is no step between two of a wide one.
    edges = np.unique(mean[:, None] + se[:, None] * np.linspace(-REACH, REACH, POINTS))
    mass = np.diff(ndtr((edges - mean[:, None]) / se[:, None]), axis=1)
    at = ((edges[1:] + edges[:-1]) / 2.0 - mean[:, None]) / se[:, None]
    below, above = log_ndtr(at), ndtr(-at)
    all_below = below.sum(axis=0)
    best, second = np.empty(len(arms)), np.empty(len(arms))
    for k in range(len(arms)):
        others = np.arange(len(arms)) != k
        but_me = all_below - below[k]
        best[k] = mass[k] @ np.exp(but_me)
        second[k] = mass[k] @ (above[others] * np.exp(but_me - below[others])).sum(axis=0)
    return best / best.sum(), second / second.sum()

"""Whether as many people were assigned to each arm as should have been (sample ratio mismatch)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import bdtr, chdtrc

from evergrove.stats.errors import InvalidWeights

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ALARM = 0.001
"""Below this p the assignment is broken, and whatever is measured on it cannot be trusted."""
LEAST_EXPECTED = 5.0
"""With fewer expected in an arm, chi-square is far off: two arms are then judged by the exact binomial."""


def srm(counts: Sequence[int], weights: Sequence[float]) -> float:
    """
    P of counts at least as far from the planned shares, if the assignment does what it says.

    Chi-square with one degree of freedom less than there are arms; an arm of weight 0 is left out, and holds
    nobody. Two arms in which fewer than five are expected somewhere are judged by the exact binomial.

    Args:
        counts: People by arm.
        weights: Planned shares by arm, in any scale.

    Returns:
        P; 1 where nobody has been assigned yet.

    Raises:
        InvalidWeights: Not one weight for each count, a weight below 0, fewer than two above 0, or somebody
            in an arm of weight 0.
    """
    found, planned = np.asarray(counts, np.float64), np.asarray(weights, np.float64)
    used = planned > 0
    if found.shape != planned.shape or (planned < 0).any() or used.sum() < 2 or found[~used].any():
        raise InvalidWeights(counts=list(counts), weights=list(weights))
    found, share = found[used], planned[used] / planned[used].sum()
    expected = found.sum() * share
    if not found.sum():
        return 1.0
    if len(found) == 2 and expected.min() < LEAST_EXPECTED:
        return _binomial(int(found[0]), int(found.sum()), float(share[0]))
    return float(chdtrc(len(found) - 1, ((found - expected) ** 2 / expected).sum()))


def srm_within(groups: Iterable[tuple[Sequence[int], Sequence[float]]]) -> float:
    """
    The same over groups of unlike shares, such as before and after the control share was changed.

    Args:
        groups: Counts and weights of each group.

    Returns:
        The least p times the number of groups that hold anybody (Bonferroni), at most 1.
    """
    judged = [srm(counts, weights) for counts, weights in groups if any(counts)]
    return min(1.0, len(judged) * min(judged)) if judged else 1.0


def _binomial(k: int, n: int, share: float) -> float:
    """Twice the smaller tail of the binomial, at most 1."""
    low, high = float(bdtr(k, n, share)), 1.0 - float(bdtr(k - 1, n, share)) if k else 1.0
    return min(1.0, 2.0 * min(low, high))

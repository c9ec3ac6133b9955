"""How far one group's figures lie above another's, whatever their distribution."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from evergrove.stats.normal import quantile, two_sided_p
from evergrove.stats.types import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST = 2


@dataclass(frozen=True)
class Shift:
    """
    Two groups compared by a figure.

    Attributes:
        delta: Cliff's: how often one of ours is above one of the others, less how often below. -1..1.
        p: Of a delta at least as far from 0, were both groups alike (Mann and Whitney's test, ties corrected).
    """

    delta: Estimate
    p: float


def cliffs_delta(ours: NDArray[np.float64], others: NDArray[np.float64], level: float = 0.8) -> Shift:
    """
    Cliff's delta with an interval that stays within -1 and 1.

    Args:
        ours: Figures of the group, no NaN. Shape (n,).
        others: Of everybody else. Shape (m,).
        level: Probability between the bounds.

    Returns:
        NaN and p 1 with fewer than two units on a side.

    Source:
        Cliff (1993), Psychological Bulletin 114, 494-509; interval: Feng and Cliff (2004), Journal of Modern Applied
        Statistical Methods 3, 322-332, formula (8), with the variance of DeLong, DeLong and Clarke-Pearson (1988).
    """
    n, m = len(ours), len(others)
    if n < FEWEST or m < FEWEST:
        return Shift(Estimate(nan, nan, nan, level), 1.0)
    mine, theirs = _dominance(ours, others), -_dominance(others, ours)
    delta = float(mine.mean())
    variance = float(mine.var(ddof=1)) / n + float(theirs.var(ddof=1)) / m
    return Shift(_bounded(delta, variance, level), _mann_whitney_p(delta, ours, others))


def _dominance(ours: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each of ours: the share of the others below it, less the share above."""
    ordered = np.sort(others)
    below, up_to = np.searchsorted(ordered, ours, "left"), np.searchsorted(ordered, ours, "right")
    share: NDArray[np.float64] = (below - (len(ordered) - up_to)) / len(ordered)
    return share


def _bounded(delta: float, variance: float, level: float) -> Estimate:
    """Skew towards 0: symmetric bounds would leave -1..1 where the groups hardly overlap."""
    z2 = quantile(level) ** 2 * variance
    spread = sqrt(z2) * sqrt((1.0 - delta * delta) ** 2 + z2)
    scale = 1.0 - delta * delta + z2
    if scale == 0.0:  # every one of ours lies above all others, or below
        return Estimate(delta, delta, delta, level)
    low, high = (delta - delta**3 - spread) / scale, (delta - delta**3 + spread) / scale
    # Their middle is drawn towards 0, further than the estimate where that is close to an end.
    return Estimate(delta, max(min(low, delta), -1.0), min(max(high, delta), 1.0), level)


def _mann_whitney_p(delta: float, ours: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    n, m = float(len(ours)), float(len(others))
    _values, counts = np.unique(np.concatenate([ours, others]), return_counts=True)
    tied = float((counts.astype(np.float64) ** 3 - counts).sum())
    whole = n + m
    variance = n * m / 12.0 * (whole + 1.0 - tied / (whole * (whole - 1.0)))
    return 1.0 if variance <= 0.0 else two_sided_p(delta * n * m / 2.0 / sqrt(variance))

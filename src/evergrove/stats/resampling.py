"""The bootstrap, for ratios of sums that have no formula to trust."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

import numpy as np

from evergrove.stats.normal import quantile
from evergrove.stats.types import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

DRAWS = 2000
MOST_UNITS = 4096
"""More units are drawn in so many groups, each filled by chance: the spread is the same, the work is not."""
AT_ONCE = 250


def bootstrap_ratio(
    above: NDArray[np.float64],
    below: NDArray[np.float64],
    level: float = 0.8,
    *,
    seed: int = 1,
    draws: int = DRAWS,
) -> Estimate:
    """
    The ratio of two sums over units, with the percentile interval of the bootstrap over units.

    Args:
        above: Each unit's part of the numerator. Shape (n,).
        below: Each unit's part of the denominator. Shape (n,).
        level: Probability between the bounds.
        seed: Of the draws.
        draws: How many.

    Returns:
        NaN where the denominator is not above 0; without bounds (NaN) where there is only one unit.

    Source:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
    """
    quantile(level)  # a level that is none is refused whatever the data are
    whole = float(below.sum())
    if whole <= 0.0:
        return Estimate(nan, nan, nan, level)
    value = float(above.sum()) / whole
    rng = np.random.default_rng(seed)
    sums = np.column_stack([above, below])
    if len(sums) > MOST_UNITS:
        group = np.repeat(np.arange(MOST_UNITS), -(-len(sums) // MOST_UNITS))[: len(sums)]
        rng.shuffle(group)
        sums = np.column_stack([np.bincount(group, column, MOST_UNITS) for column in (above, below)])
    units = len(sums)
    if units == 1:
        return Estimate(value, nan, nan, level)
    ratios = np.concatenate(
        [_ratios(rng, sums, units, min(AT_ONCE, draws - start)) for start in range(0, draws, AT_ONCE)]
    )
    known = ratios[np.isfinite(ratios)]
    low, high = np.quantile(known, [0.5 - level / 2.0, 0.5 + level / 2.0])
    return Estimate(value, float(low), float(high), level)


def _ratios(
    rng: np.random.Generator, sums: NDArray[np.float64], units: int, draws: int
) -> NDArray[np.float64]:
    """Of some samples with replacement."""
    times = rng.multinomial(units, np.full(units, 1.0 / units), size=draws)
    drawn = times @ sums
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios: NDArray[np.float64] = np.where(drawn[:, 1] > 0.0, drawn[:, 0] / drawn[:, 1], np.nan)
    return ratios

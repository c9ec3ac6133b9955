"""How regularly customers buy: two measures on the intervals themselves, before any model."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.special import digamma, trigamma

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from evergrove.models.types import Floats

NEWTON_STEPS = 30
DIGITS = 1e-12
SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True)
class Regularity:
    """
    The shape of the intervals between purchases: 1 is chance, more is regular, less comes in bursts.

    Attributes:
        wheat_morrison: One shape for all, from the last two intervals of each; NaN without any such pair.
        pairs: Customers with two intervals at least.
        median_shape: Median over customers of the shape of their own intervals, for those with many; infinite
            where half of them keep one interval to the day, NaN without any.
        customers: How many have that many.
    """

    wheat_morrison: float
    pairs: int
    median_shape: float
    customers: int


def regularity(customer: ArrayLike, time: ArrayLike, fewest_intervals: int = 10) -> Regularity:
    r"""
    Measure how regularly customers buy.

    Wheat and Morrison: of two gamma intervals of one shape k, the share M of the first in both is Beta(k, k), so
    that :math:`k = (1 - 4 v) / (8 v)` with v the variance of M around 1/2. Either interval may be called the
    first: both orders are averaged, and the answer does not depend on chance. Customers may buy as often or as
    rarely as they like; that cancels in M.

    Args:
        customer: Whose purchase, any labels. Shape (n,), in any order.
        time: When: days as datetime64, or numbers in any unit. Shape (n,). Purchases of one customer at the same
            time are one.
        fewest_intervals: From how many on a customer's own shape is estimated, by maximum likelihood.

    Source:
        Wheat and Morrison (1990), Estimating Purchase Regularity with Two Interpurchase Times, Journal of
        Marketing Research 27(1), 87-93; as a median of customers: Platzer and Reutterer (2016), Marketing
        Science 35(5), 779-799.
    """
    interval, of = _intervals(np.asarray(customer), np.asarray(time))
    count = np.bincount(of) if len(of) else np.zeros(0, dtype=np.int64)
    last = np.cumsum(count)[count > 1] - 1
    share = interval[last] / (interval[last] + interval[last - 1])
    spread = float(np.square(share - 0.5).mean()) if len(share) else nan
    many = count >= fewest_intervals
    total, logs = (np.bincount(of, values, len(count))[many] for values in (interval, np.log(interval)))
    shapes = gamma_shapes(total / count[many], logs / count[many])
    return Regularity(
        wheat_morrison=inf if spread == 0 else (1 - 4 * spread) / (8 * spread),
        pairs=len(share),
        median_shape=float(np.median(shapes)) if len(shapes) else nan,
        customers=len(shapes),
    )


def gamma_shapes(mean: Floats, mean_log: Floats) -> Floats:
    """
    Maximum likelihood shapes of gamma distributions: ln k - digamma(k) = ln(mean) - mean of ln.

    Args:
        mean: Of the intervals. Shape (n,), > 0.
        mean_log: Of their logarithms. Shape (n,).

    Returns:
        Shape (n,); infinite where all intervals are equal.
    """
    lag = np.log(mean) - mean_log
    varied = lag > DIGITS
    shapes = np.full_like(mean, inf)
    s = lag[varied]
    k = (3 - s + np.sqrt((s - 3) ** 2 + 24 * s)) / (12 * s)
    for _step in range(NEWTON_STEPS):
        # In 1 / k the equation is nearly straight.
        better = 1 / (1 / k + (np.log(k) - digamma(k) - s) / (k - k**2 * trigamma(k)))
        moved, k = np.abs(better / k - 1).max(initial=0.0), better
        if moved < DIGITS:
            break
    shapes[varied] = k
    return shapes


def _intervals(customer: NDArray[np.generic], time: NDArray[np.generic]) -> tuple[Floats, NDArray[np.intp]]:
    """All intervals in order, and the position of each one's customer among those who have any."""
    if time.dtype.kind == "M":
        when: Floats = time.astype("datetime64[s]").astype(np.float64) / SECONDS_PER_DAY
    else:
        when = time.astype(np.float64)
    _, who = np.unique(customer, return_inverse=True)
    order = np.lexsort([when, who])
    who, when = who[order], when[order]
    gap = np.diff(when)
    counts = (np.diff(who) == 0) & (gap > 0)
    _, of = np.unique(who[1:][counts], return_inverse=True)
    return gap[counts], of

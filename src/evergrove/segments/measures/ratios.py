r"""By how much a rate has changed between two windows, and between what bounds that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betainc, betaincinv

from evergrove.segments.codes import Direction
from evergrove.segments.measures.ranks import distinct_keys
from evergrove.segments.measures.trend import repeats_before

if TYPE_CHECKING:
    from evergrove.models import Floats
    from evergrove.segments.types import Bools, Codes, Numbers

COVERAGE = 0.80
"""Of the interval: 10 % lie below it and 10 % above, at most."""


@dataclass(frozen=True, eq=False)
class RateChange:
    """
    A rate in the last window over that of the window before; arrays of shape (n,), NaN where unknown.

    Attributes:
        direction: ``Direction`` codes, at the certainty asked for.
        ratio: Of the two rates; infinite without anything before.
        low: Lower end of the 80 % interval of the ratio.
        high: Upper end; infinite without anything before.
    """

    direction: Codes
    ratio: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class Windows:
    """
    What repeat orders brought in the last window and in the one before; shape (n,) each.

    Attributes:
        recent_spend: Net amount in the last window.
        recent_squares: Sum of the squares of its orders' amounts.
        previous_spend: The same for the window before.
        previous_squares: The same.
    """

    recent_spend: Floats
    recent_squares: Floats
    previous_spend: Floats
    previous_squares: Floats


def order_change(
    recent: Numbers, previous: Numbers, age: Numbers, window: int, certainty: float
) -> RateChange:
    """
    Change of the rate of repeat orders, as ``order_trend`` counts them.

    Args:
        recent: Orders in the ``window`` days that end with the observation. Shape (n,).
        previous: Orders in the ``window`` days before, the first ever among them. Shape (n,).
        age: Days since the first order. Shape (n,).
        window: Length of each window, in days.
        certainty: From which a direction counts, 0.5..1.
    """
    repeats = repeats_before(previous, age, window)
    width = int(repeats.max(initial=0)) + 1
    days = np.clip(age, 0, 2 * window).astype(np.int64)
    keys = (recent.astype(np.int64) * width + repeats.astype(np.int64)) * (2 * window + 1) + days
    cells, where = distinct_keys(keys)  # few distinct histories stand for many customers
    counts, cell_age = np.divmod(cells, 2 * window + 1)
    n1, n0 = np.divmod(counts, width)
    change = rate_change(n1.astype(np.float64), n0.astype(np.float64), cell_age, window, certainty)
    return RateChange(change.direction[where], change.ratio[where], change.low[where], change.high[where])


def spend_change(spent: Windows, age: Numbers, window: int, certainty: float) -> RateChange:
    r"""
    Change of the spend on repeat orders a day.

    Spend is a sum of unequal orders. A sum S of a Poisson number of amounts varies like
    :math:`c \cdot \text{Poisson}(S / c)` with :math:`c = \sum a^2 / \sum a`: the two have the same mean and
    variance. Counted in units of c, taken over both windows, spend is judged as orders are; where all orders
    are equal, the two say the same.

    Args:
        spent: In both windows.
        age: Days since the first order. Shape (n,).
        window: Length of each window, in days.
        certainty: From which a direction counts, 0.5..1.

    Source:
        Bohm and Zech (2014), Statistics of weighted Poisson events and its applications, Nuclear Instruments
        and Methods in Physics Research A 748, 1-6.
    """
    total = spent.recent_spend + spent.previous_spend
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(total > 0, (spent.recent_squares + spent.previous_squares) / total, 1.0)
        n1, n0 = spent.recent_spend / size, spent.previous_spend / size
    return rate_change(n1, n0, age, window, certainty)


def rate_change(n1: Floats, n0: Floats, age: Numbers, window: int, certainty: float) -> RateChange:
    """
    The change behind two counts, which need not be whole.

    With Poisson counts at rates l1 and l0, n1 given n1 + n0 is binomial with theta = l1 e1 / (l1 e1 + l0 e0),
    e the days of each window; the interval is that of Clopper and Pearson for theta, carried over to the ratio
    l1 / l0. The direction is the exact test's (``certainty_of_fall``).

    Args:
        n1: In the last window. Shape (n,).
        n0: In the window before. Shape (n,).
        age: Days since the first order; a customer younger than both windows had fewer days in the earlier one.
        window: Length of each window, in days.
        certainty: From which a direction counts, 0.5..1.

    Source:
        Clopper and Pearson (1934), The use of confidence or fiducial limits illustrated in the case of the
        binomial, Biometrika 26, 404-413.
    """
    direction = np.full(len(n1), Direction.UNKNOWN, dtype=np.int8)
    found = [np.full(len(n1), np.nan) for _part in range(3)]
    known = np.flatnonzero(_known(n1, n0, age, window))
    days = np.minimum(age[known] - window, window).astype(np.float64)
    share, a, b = window / (window + days), n1[known], n0[known]
    tail = (1.0 - COVERAGE) / 2.0
    low = np.where(a > 0, betaincinv(np.maximum(a, 1e-12), b + 1.0, tail), 0.0)
    high = np.where(b > 0, betaincinv(a + 1.0, np.maximum(b, 1e-12), 1.0 - tail), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        for part, theta in zip(found, (a / (a + b), low, high), strict=True):
            part[known] = theta / (1.0 - theta) * (1.0 - share) / share
    direction[known] = _direction(a, b, share, certainty)
    return RateChange(direction, *found)


def _known(n1: Floats, n0: Floats, age: Numbers, window: int) -> Bools:
    """Old enough to compare, with something in either window, and nothing below 0: money that went back."""
    with np.errstate(invalid="ignore"):
        known: Bools = (age > window) & (n1 >= 0) & (n0 >= 0) & (n1 + n0 > 0)
    return known


def _direction(a: Floats, b: Floats, share: Floats, certainty: float) -> Codes:
    """By 1 - P(as few or fewer | the rates are equal), in the direction that the counts point to."""
    expected = (a + b) * share
    falling, rising = a < expected, a > expected
    sure = np.zeros(len(a))
    sure[falling] = 1.0 - betainc(b[falling], a[falling] + 1.0, 1.0 - share[falling])
    sure[rising] = 1.0 - betainc(a[rising], b[rising] + 1.0, share[rising])
    heading = np.where(falling, Direction.FALLING, Direction.RISING)
    headed: Codes = np.where(sure >= certainty, heading, Direction.STEADY).astype(np.int8)
    return headed

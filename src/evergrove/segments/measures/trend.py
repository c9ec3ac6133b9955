r"""Is a customer ordering less often than before, and how sure is that?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.codes import Direction
from evergrove.segments.measures.ranks import distinct_keys
from evergrove.segments.types import Trend

if TYPE_CHECKING:
    from evergrove.models import Floats
    from evergrove.segments.types import Numbers

NEGLIGIBLE = 1e-12  # of the sum so far; the terms fall geometrically from here on


def lower_tail(k: Numbers, n: Numbers, p: Floats) -> Floats:
    """
    P(X <= k) for X ~ Binomial(n, p), for k below the mean.

    The terms are summed downwards from the largest, P(X = k), so that nothing underflows with large n.

    Args:
        k: Whole numbers, 0 <= k <= n p. Shape (m,).
        n: Whole numbers. Shape (m,).
        p: Strictly between 0 and 1. Shape (m,).
    """
    if len(k) == 0:
        return np.zeros(0)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n.max() + 1)))])
    ways = log_factorial[n] - log_factorial[k] - log_factorial[n - k]
    term = np.exp(ways + k * np.log(p) + (n - k) * np.log1p(-p))
    odds, left = (1.0 - p) / p, k.astype(np.float64)
    total: Floats = term.copy()
    while np.any(term > NEGLIGIBLE * total):
        term *= left / (n - left + 1.0) * odds  # 0 once a row has passed X = 0
        left = np.maximum(left - 1.0, 0.0)
        total += term
    return total


def certainty_of_fall(recent: Numbers, previous: Numbers, share: Floats) -> Floats:
    r"""
    How sure it is that the rate of orders has fallen, given a count before and a smaller one after.

    With Poisson orders at rates :math:`\lambda_1` after and :math:`\lambda_0` before, and :math:`n = n_0 + n_1`,

    .. math::

        n_1 \mid n \sim \text{Binomial}(n, \theta), \qquad
        \theta = \frac{\lambda_1 e_1}{\lambda_1 e_1 + \lambda_0 e_0}

    and the rates are equal where theta is ``share`` = e1 / (e0 + e1). The certainty is
    1 - P(X <= n1 | n, share), the posterior probability of theta < share under a Beta(1, 0) prior, which speaks
    as if one more recent order had been seen. It is at the same time 1 - the p-value of the exact test: among
    customers whose rate is constant, at most 20 % seem to fall at a certainty of 80 %, whatever their rate. A
    flat prior would call every second customer falling who ordered once, half a year ago.

    Args:
        recent: n1, orders in the last window. Shape (m,), below its expectation n x share.
        previous: n0, orders in the window before. Shape (m,).
        share: e1 / (e0 + e1), the last window's share of the days. Shape (m,).

    Source:
        Przyborowski and Wilenski (1940), Homogeneity of results in testing samples from Poisson series,
        Biometrika 31, 313-323.
    """
    return 1.0 - lower_tail(recent, recent + previous, share)


def order_trend(
    recent_orders: Numbers, previous_orders: Numbers, age: Numbers, window: int, certainty: float
) -> Trend:
    """
    Compare each customer's orders in the last window with those in the window before.

    The first order of a customer is why there is a customer, not evidence of a rate, so it is not counted; a
    customer younger than both windows had fewer days in the earlier one, and its rate is over these days.

    Args:
        recent_orders: Orders in the ``window`` days that end with the observation. Shape (n,).
        previous_orders: Orders in the ``window`` days before. Shape (n,).
        age: Days since the first order. Shape (n,).
        window: Length of each window, in days.
        certainty: From which a direction counts, 0.5..1.
    """
    direction = np.full(len(age), Direction.UNKNOWN, dtype=np.int8)
    ratio, sure = np.full(len(age), np.nan), np.full(len(age), np.nan)
    previous = repeats_before(previous_orders, age, window)
    known = np.flatnonzero((age > window) & (recent_orders + previous > 0))
    n1, n0 = recent_orders[known].astype(np.int64), previous[known].astype(np.int64)
    days = np.minimum(age[known] - window, window).astype(np.int64)

    cells, where = _distinct(n1, n0, days, window)
    n1, n0, days = cells
    falling, cell_certainty = _judged(n1, n0, window / (window + days))
    with np.errstate(divide="ignore"):
        cell_ratio = n1 / window / (n0 / days)
    heading = np.where(falling, Direction.FALLING, Direction.RISING)
    cell_direction = np.where(cell_certainty >= certainty, heading, Direction.STEADY).astype(np.int8)
    direction[known], sure[known], ratio[known] = (
        cell_direction[where],
        cell_certainty[where],
        cell_ratio[where],
    )
    return Trend(direction, sure, ratio)


def repeats_before(previous_orders: Numbers, age: Numbers, window: int) -> Numbers:
    """Orders in the earlier window without the customer's first. Shape (n,)."""
    began_then = (age >= window) & (age < 2 * window)
    repeats: Numbers = np.maximum(previous_orders - began_then, 0)
    return repeats


def _judged(n1: Numbers, n0: Numbers, share: Floats) -> tuple[Numbers, Floats]:
    """Whether each pair of counts points down, and how sure that direction is."""
    expected = (n1 + n0) * share
    falling, rising = n1 < expected, n1 > expected
    sure = np.zeros(len(n1))  # counts just as expected point nowhere
    sure[falling] = certainty_of_fall(n1[falling], n0[falling], share[falling])
    # A rise is a fall with time running backwards.
    sure[rising] = certainty_of_fall(n0[rising], n1[rising], 1.0 - share[rising])
    return falling, sure


def _distinct(
    n1: Numbers, n0: Numbers, days: Numbers, window: int
) -> tuple[tuple[Numbers, Numbers, Numbers], Numbers]:
    """The distinct rows of three columns, and for each row which of them it is: few cells stand for many."""
    width = int(n0.max(initial=0)) + 1
    keys, where = distinct_keys((n1 * width + n0) * (window + 1) + days)
    pairs, cell_days = np.divmod(keys, window + 1)
    cell_n1, cell_n0 = np.divmod(pairs, width)
    return (cell_n1, cell_n0, cell_days), where

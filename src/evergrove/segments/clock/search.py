"""The first day on which something holds that, once it holds, goes on holding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.segments.clock.types import Ahead
    from evergrove.segments.types import Bools, Numbers

COARSE = np.array([0, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 366], dtype=np.int32)
"""Days that are asked about where a question costs much: the answer is early by at most a half of the wait."""


def first_day(holds: Callable[[Numbers, Ahead], Bools], customers: int, steps: Ahead) -> Ahead:
    """
    A day up to which, for each customer, it does not hold.

    Args:
        holds: Whether it does, of some customers (rows, shape (m,)) so many days ahead (shape (m,)).
        customers: How many, n.
        steps: Days that are asked about, ascending, the first not asked. Shape (k,).

    Returns:
        The day after the last step on which it does not hold; the last step where it holds on none. Exact where
        steps are days in a row. Shape (n,).
    """
    low, high = np.zeros(customers, dtype=np.intp), np.full(customers, len(steps) - 1, dtype=np.intp)
    found = np.full(customers, steps[-1], dtype=np.int32)
    rows = np.arange(customers)
    rows = rows[holds(rows, steps[high])] if customers else rows  # most never come to it
    found[rows] = steps[-1]
    open_rows = rows
    while len(open_rows := open_rows[high[open_rows] - low[open_rows] > 1]):
        middle = (low[open_rows] + high[open_rows]) // 2
        does = holds(open_rows, steps[middle])
        high[open_rows[does]] = middle[does]
        low[open_rows[~does]] = middle[~does]
    found[rows] = steps[low[rows]] + 1
    return found

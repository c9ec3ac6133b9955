"""When the chance of another purchase falls below the cut from which customers count as churned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.scoring.score import purchase_chance
from evergrove.segments.clock.search import first_day
from evergrove.segments.clock.types import HORIZON, clipped, never
from evergrove.segments.measures.ranks import distinct_keys
from evergrove.segments.tiers.outlook import Rows

if TYPE_CHECKING:
    from evergrove.models.process import TransactionModel
    from evergrove.segments.clock.types import Ahead
    from evergrove.segments.types import Bools, CustomerColumns, Numbers

CLOSE = 1e-9
"""Chances are interpolated to 1e-11: so close to the cut a day too early is taken."""


def until_chance_is_low(
    process: TransactionModel | None,
    base: CustomerColumns,
    asked: Bools,
    cut: float,
    active_days: float,
) -> Ahead:
    """
    Days until P(a purchase within ``active_days``) is below the cut, if nothing comes. Shape (n,).

    In silence the chance falls, or rises first where purchases come at regular times, and then falls for good; so
    that it lies below the cut from one day on. That day is an age, and the same for all customers with equal
    frequency and recency.

    Args:
        process: The model in use; None never says so.
        base: The customers.
        asked: Of whom it matters: whose chance is not below the cut today. Shape (n,).
        cut: NaN where silence alone decides.
        active_days: Horizon of the chance.
    """
    found, rows = never(len(asked)), np.flatnonzero(asked)
    if process is None or not np.isfinite(cut) or len(rows) == 0:
        return found
    x, t_x, age = (np.asarray(each)[rows] for each in (base.frequency, base.recency, base.T))
    width = int(t_x.max()) + 1
    pairs, of = distinct_keys(x.astype(np.int64) * width + t_x)
    frequency, recency = np.divmod(pairs, width)
    youngest = np.full(len(pairs), np.iinfo(np.int64).max)
    np.minimum.at(youngest, of, age)

    def is_low(some: Numbers, later: Ahead) -> Bools:
        x, t_x = frequency[some], recency[some]
        then = Rows(x, t_x, youngest[some] + later, x + 1, np.zeros(len(x)))
        low: Bools = purchase_chance(process, then, active_days) < cut + CLOSE
        return low

    steps = np.arange(int((age - youngest[of]).max()) + HORIZON + 1, dtype=np.int32)
    falls = youngest + first_day(is_low, len(pairs), steps)
    found[rows] = clipped(falls[of] - age)
    return found

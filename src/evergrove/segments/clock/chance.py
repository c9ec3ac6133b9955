"""When the chance of another purchase falls below the cut from which customers count as churned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.scoring.score import purchase_chance
from evergrove.segments.clock.search import first_day
from evergrove.segments.clock.types import HORIZON, clipped, never
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
    _pairs, one, of = np.unique(
        x.astype(np.int64) * (int(t_x.max()) + 1) + t_x, return_index=True, return_inverse=True
    )
    youngest = np.full(len(one), np.iinfo(np.int64).max)
    np.minimum.at(youngest, of, age)

    def is_low(pairs: Numbers, later: Ahead) -> Bools:
        rows = one[pairs]
        then = Rows(x[rows], t_x[rows], youngest[pairs] + later, x[rows] + 1, np.zeros(len(rows)))
        low: Bools = purchase_chance(process, then, active_days) < cut + CLOSE
        return low

    steps = np.arange(int((age - youngest[of]).max()) + HORIZON + 1, dtype=np.int32)
    falls = youngest + first_day(is_low, len(one), steps)
    found[rows] = clipped(falls[of] - age)
    return found

"""How many repeat purchases came on each day and in each week: the actual side of a tracking plot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from evergrove.customers.origins import STATION
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from evergrove.customers.types import CustomerBase, Days
    from evergrove.warehouse import Engine

WEEK_DAYS = 7


@dataclass(frozen=True, eq=False)
class WeeklyPurchases:
    """
    Repeat purchase days in whole weeks, counted from the first purchase day of the data.

    Attributes:
        first_day: The first purchase day; week 1 begins with it.
        week_end: Days from ``first_day`` to the last day of each week: 6, 13, ... Shape (w,).
        repeats: Repeat purchase days in each week. Shape (w,), int64.
        cumulative: The same up to the end of each week.
    """

    first_day: date
    week_end: Days
    repeats: Days
    cumulative: Days


def daily_repeats(engine: Engine, base: CustomerBase) -> Days:
    """
    Repeat purchase days of all customers on each day from the first purchase day to observation_end.

    Args:
        engine: Holds purchase_days (see ``summarise``).
        base: The customers; at least one.

    Returns:
        Counts, shape (d,), int64; element 0 is the first purchase day.
    """
    first_day = date.fromisoformat(str(base.first_order_date.min()))
    found = engine.arrays(statement(STATION, "daily_repeats"), first_day=first_day)
    repeats = np.zeros((base.observation_end - first_day).days + 1, dtype=np.int64)
    repeats[found["day_number"]] = found["repeats"]
    return repeats


def weekly_purchases(engine: Engine, base: CustomerBase) -> WeeklyPurchases:
    """Repeat purchase days by week; a last week that is not over yet is left out."""
    cumulative = np.cumsum(daily_repeats(engine, base))
    week_end = np.arange(WEEK_DAYS - 1, len(cumulative), WEEK_DAYS)
    upto = cumulative[week_end]
    return WeeklyPurchases(
        first_day=date.fromisoformat(str(base.first_order_date.min())),
        week_end=week_end,
        repeats=np.diff(upto, prepend=0),
        cumulative=upto,
    )

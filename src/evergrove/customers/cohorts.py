"""Customers won together: how many of them still buy, and what they have brought so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from evergrove.customers.origins import STATION
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from typing import Literal

    from evergrove.customers.types import CustomerBase, Days
    from evergrove.models import Floats
    from evergrove.warehouse import Engine

MOST_COHORTS = 24  # rows of a heat map that people can still read
MONTH, QUARTER = 1, 3


@dataclass(frozen=True, eq=False)
class CohortTable:
    """
    Acquisition cohorts by age. Column k is the k-th period after the one of the first purchase (column 0).

    Attributes:
        period: What a cohort and an age are counted in.
        starts: First day of each cohort's period, oldest first. Length c.
        customers: Customers won in it. Shape (c,), int64.
        active: Customers with a purchase in each period. Shape (c, k); NaN where it has not begun.
        value: Net amount per customer of the cohort, from the first purchase to each period's end. Shape
            (c, k); NaN where the period has not begun, and everywhere without amounts.
        last_is_partial: The latest period ends after observation_end: the last figure of each row is not final.
        earlier_customers: Customers of older cohorts than are shown.
    """

    period: Literal["month", "quarter"]
    starts: tuple[date, ...]
    customers: Days
    active: Floats
    value: Floats
    last_is_partial: bool
    earlier_customers: int

    @property
    def retention(self) -> Floats:
        """Share of each cohort with a purchase in each period, 0..1. Shape (c, k)."""
        return self.active / self.customers[:, None]


def cohorts(engine: Engine, base: CustomerBase) -> CohortTable:
    """
    Customers by month of first purchase, or by quarter where the months would be more than 24.

    Of more than 24 quarters the latest 24 are shown. A refund of a past order lowers the period it was ordered
    in only where it names the order; else its own.

    Args:
        engine: Holds purchase_days, credits and customer_summary (see ``summarise``).
        base: The customers; at least one.
    """
    first_months = base.first_order_date.astype("datetime64[M]").astype(np.int64) + 12 * 1970
    end_month = 12 * base.observation_end.year + base.observation_end.month - 1
    months = MONTH if end_month - first_months.min() < MOST_COHORTS else QUARTER
    end = end_month // months
    oldest = max(int(first_months.min()) // months, end - MOST_COHORTS + 1)

    found = engine.arrays(statement(STATION, "cohort_activity"), months=months)
    shown = found["cohort"] >= oldest
    row, age = found["cohort"][shown] - oldest, found["age"][shown]
    size = end - oldest + 1
    active, amount = np.zeros((size, size)), np.zeros((size, size))
    active[row, age], amount[row, age] = found["active"][shown], found["amount"][shown]
    future = np.arange(size)[:, None] + np.arange(size) >= size
    active[future] = np.nan

    cohort_of = first_months // months - oldest
    customers = np.bincount(cohort_of[cohort_of >= 0], minlength=size)
    won = customers > 0
    value = np.where(future | (not base.has_amounts), np.nan, np.cumsum(amount, axis=1))
    return CohortTable(
        period="month" if months == MONTH else "quarter",
        starts=tuple(_first_day((oldest + int(k)) * months) for k in np.flatnonzero(won)),
        customers=customers[won],
        active=active[won],
        value=value[won] / customers[won][:, None],
        last_is_partial=base.observation_end.toordinal() + 1 < _first_day((end + 1) * months).toordinal(),
        earlier_customers=int((cohort_of < 0).sum()),
    )


def _first_day(months: int) -> date:
    return date(months // 12, months % 12 + 1, 1)

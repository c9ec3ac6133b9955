"""Customers won together: how many of them still buy, and what they have brought so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.customers.origins import STATION
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from numpy.typing import NDArray

    from evergrove.customers.types import CustomerBase, Days
    from evergrove.models import Floats
    from evergrove.warehouse import Engine

MOST_COHORTS = 24  # rows of a heat map that people can still read
MONTH, QUARTER = 1, 3
MEMBERS = "grouped_customers"
OTHER = np.iinfo(np.int64).min
"""Instead of a period, of who is of another group."""


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
    spans = _spans(base)
    engine.view(MEMBERS, "select customer_id, first_order_date, 0 as in_group from customer_summary")
    return _table(base, spans, _activity(engine, spans), spans.of)


def cohorts_of_groups(
    engine: Engine, base: CustomerBase, groups: NDArray[np.int64]
) -> list[CohortTable | None]:
    """
    The same for each group of customers alone.

    Args:
        engine: As for ``cohorts``.
        base: The customers.
        groups: Number of everybody's group from 0 on; below 0: of none. Shape (n,).

    Returns:
        By group; None where nobody of it came in the cohorts that are shown.
    """
    spans = _spans(base)
    engine.register("numbered_groups", {"in_group": groups})
    members = (
        "select customer_id, first_order_date, in_group from customer_summary positional join numbered_groups "
        "where in_group >= 0"
    )
    engine.create(MEMBERS, members)
    engine.unregister("numbered_groups")
    found = _activity(engine, spans)
    tables: list[CohortTable | None] = []
    for group in range(int(groups.max(initial=-1)) + 1):
        of, mine = np.where(groups == group, spans.of, OTHER), found["in_group"] == group
        part = {name: values[mine] for name, values in found.items()}
        tables.append(_table(base, spans, part, of) if (of >= 0).any() else None)
    return tables


def _activity(engine: Engine, spans: _Spans) -> dict[str, NDArray[Any]]:
    """Rows of ``cohort_activity`` for those who stand in ``grouped_customers``, which goes."""
    found = engine.arrays(statement(STATION, "cohort_activity"), months=spans.months)
    engine.drop(MEMBERS)
    return found


def cohort_numbers(base: CustomerBase, table: CohortTable) -> NDArray[np.int64]:
    """In which row of a table of everybody each customer stands; -1 in none. Shape (n,)."""
    spans = _spans(base)
    months = MONTH if table.period == "month" else QUARTER
    rows = np.full(spans.size + 1, -1)
    for row, start in enumerate(table.starts):
        rows[(12 * start.year + start.month - 1) // months - spans.oldest] = row
    return np.asarray(rows[np.where(spans.of >= 0, spans.of, -1)])


@dataclass(frozen=True, eq=False)
class _Spans:
    """
    How a base is divided.

    Attributes:
        months: Length of a period.
        oldest: Number of the first period that is shown, from year 0.
        size: How many are shown.
        of: Everybody's period, counted from ``oldest``; below 0: earlier. Shape (n,).
    """

    months: int
    oldest: int
    size: int
    of: NDArray[np.int64]


def _spans(base: CustomerBase) -> _Spans:
    first_months = base.first_order_date.astype("datetime64[M]").astype(np.int64) + 12 * 1970
    end_month = 12 * base.observation_end.year + base.observation_end.month - 1
    months = MONTH if end_month - first_months.min() < MOST_COHORTS else QUARTER
    end = end_month // months
    oldest = max(int(first_months.min()) // months, end - MOST_COHORTS + 1)
    return _Spans(months, oldest, end - oldest + 1, first_months // months - oldest)


def _table(
    base: CustomerBase, spans: _Spans, found: Mapping[str, NDArray[Any]], of: NDArray[np.int64]
) -> CohortTable:
    """From rows of ``cohort_activity``, of the customers whose period ``of`` says."""
    months, oldest, size = spans.months, spans.oldest, spans.size
    shown = found["cohort"] >= oldest
    row, age = found["cohort"][shown] - oldest, found["age"][shown]
    active, amount = np.zeros((size, size)), np.zeros((size, size))
    active[row, age], amount[row, age] = found["active"][shown], found["amount"][shown]
    future = np.arange(size)[:, None] + np.arange(size) >= size
    active[future] = np.nan
    customers = np.bincount(of[of >= 0], minlength=size)
    won = customers > 0
    value = np.where(future | (not base.has_amounts), np.nan, np.cumsum(amount, axis=1))
    return CohortTable(
        period="month" if months == MONTH else "quarter",
        starts=tuple(_first_day((oldest + int(k)) * months) for k in np.flatnonzero(won)),
        customers=customers[won],
        active=active[won],
        value=value[won] / customers[won][:, None],
        last_is_partial=base.observation_end.toordinal() + 1
        < _first_day((oldest + size) * months).toordinal(),
        earlier_customers=int(((of < 0) & (of > OTHER)).sum()),
    )


def _first_day(months: int) -> date:
    return date(months // 12, months % 12 + 1, 1)

"""What customers publishes: one row per customer as numpy columns, and what is derived from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER, Unit
from evergrove.models import Floats, Summary

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.customers.costs import Costs
    from evergrove.customers.spending import Spending
    from evergrove.models.spend import RefundDelays

    Days = NDArray[np.int64]
    Dates = NDArray[np.datetime64]


NOTHING = 1e-9  # of what was paid: what rounding leaves between two sums of it
KEPT_SPLITS = 6  # a back-test looks at one split and up to three rolling origins


@dataclass(frozen=True, eq=False)
class Flow:
    """
    What came in a stretch of days, one entry per customer known at an origin.

    Attributes:
        purchases: Purchase days. Shape (n,).
        spend: Orders of these days less all refunds dated in them. Shape (n,); None without amounts.
        next_days: Days from the day before the stretch to its first purchase day; NaN without one. Shape (n,).
    """

    purchases: Floats
    spend: Floats | None
    next_days: Floats


@dataclass(frozen=True, eq=False)
class LastYear:
    """
    What the customers known at an origin did in the 365 days that end with it, as in ``CustomerBase``.

    Attributes:
        spend: spend_12m; NaN without amounts. Shape (n,), as the others.
        orders: orders_12m; int64.
        repeat_orders: repeat_orders_12m; int64.
    """

    spend: Floats
    orders: Days
    repeat_orders: Days


@dataclass(frozen=True, eq=False)
class Origin:
    """
    The customers known on a day in the past, as they were known then, and what came after it.

    Rows are customers whose first purchase day is not after ``origin``, sorted by customer_id.

    Attributes:
        origin: The last day whose orders and refunds count.
        until: The last day of the window after it.
        has_amounts: Whether the orders carry amounts.
        first_order_date: First purchase day. Shape (n,), datetime64[D].
        frequency: x; int64, as the next two.
        recency: t_x in days.
        T: Days from the first purchase day to ``origin``.
        log_intervals: Sum of the logarithms of the gaps between purchase days, in days; 0 without a repeat.
        monetary_value: Mean net amount of a repeat day; NaN without a repeat.
        mean_day_spend: Mean net amount of all x + 1 days.
        historic_value: Everything paid less everything refunded, by ``origin``.
        after: What came in (origin, until].
        before: What came in the stretch of equal length that ends with ``origin``.
        silence_before: Days from the last purchase day to the day before that stretch; NaN for who came later.
        refunds_to_come: Refunds still expected on orders that stood at ``origin``, by delays known then; None where
            no refund named its order.
        last_year: What they did in the 365 days that end with ``origin``; None where it is not known.
    """

    origin: date
    until: date
    has_amounts: bool
    first_order_date: Dates
    frequency: Days
    recency: Days
    T: Days
    log_intervals: Floats
    monetary_value: Floats
    mean_day_spend: Floats
    historic_value: Floats
    after: Flow
    before: Flow
    silence_before: Floats
    refunds_to_come: Floats | None = None
    last_year: LastYear | None = None

    def __len__(self) -> int:
        return len(self.frequency)

    def summary(self, unit: Unit = "week") -> Summary:
        """These customers as the models read them, with times in ``unit``."""
        return _summary(self, self.origin, unit)


@dataclass(frozen=True, eq=False)
class CustomerBase:
    """
    The table ``customer_summary`` as columns: row i of each is row i of the table, sorted by customer_id.

    Money is net of refunds, in float64; NaN stands for NULL. Times are days.

    Attributes:
        observation_end: The last day whose orders count.
        has_amounts: Whether the orders carry amounts; without them every money column is NaN.
        first_order_date: First purchase day. Shape (n,), datetime64[D], as the next.
        last_order_date: Last purchase day.
        orders: Paid orders. Shape (n,), int64, as the next three.
        frequency: x, purchase days after the first.
        recency: t_x, days from the first to the last purchase day.
        T: Days from the first purchase day to ``observation_end``.
        log_intervals: Sum of the logarithms of the gaps between purchase days, in days; 0 without a repeat.
        monetary_value: Mean net amount of a repeat day; NaN without a repeat.
        mean_day_spend: Mean net amount of all x + 1 days.
        historic_value: Everything paid less everything refunded.
        spend_12m: The same, dated within the 365 days ending with ``observation_end``.
        orders_12m: Orders in these days; int64.
        repeat_orders_12m: Those of them that are not the customer's first ever; int64.
        aov_12m: spend_12m / orders_12m; NaN without an order.
        orders_last_window: Orders in the last ``trend_window_days``; int64.
        orders_prev_window: Orders in as many days before; int64.
        gap_p80: 80 % quantile of the own gaps between purchase days; NaN with fewer than ``own_gaps`` gaps.
        gap_p95: 95 % quantile of the same.
        returned_gap: The longest gap that a purchase of the last ``won_back_days`` ended; NaN without one.
        split_at: Answers ``split``; reads the engine, which must still be open.
        source: Gives the table for ``Summary.table``.
        refunds_to_come: Refunds still expected on orders that stand, by delays seen so far. Shape (n,); None where
            no refund names its order. ``summary`` takes them off the amounts, historic_value does not.
        delays: What they are expected by; None likewise.
        costs: What is known of margins; None where no cost of an order is.
        spending: What customers cost beside goods; None where no table tells.
    """

    observation_end: date
    has_amounts: bool
    first_order_date: Dates
    last_order_date: Dates
    orders: Days
    frequency: Days
    recency: Days
    T: Days
    log_intervals: Floats
    monetary_value: Floats
    mean_day_spend: Floats
    historic_value: Floats
    spend_12m: Floats
    orders_12m: Days
    repeat_orders_12m: Days
    aov_12m: Floats
    orders_last_window: Days
    orders_prev_window: Days
    gap_p80: Floats
    gap_p95: Floats
    returned_gap: Floats
    split_at: Callable[[date, date], Origin] = field(repr=False)
    source: Callable[[], Any] | None = field(default=None, repr=False)
    refunds_to_come: Floats | None = None
    delays: RefundDelays | None = field(default=None, repr=False)
    costs: Costs | None = field(default=None, repr=False)
    spending: Spending | None = field(default=None, repr=False)
    _splits: dict[tuple[date, date], Origin] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.frequency)

    @property
    def days_since_last(self) -> Days:
        """Days from the last purchase day to ``observation_end``: the recency of RFM. Shape (n,)."""
        return self.T - self.recency

    def summary(self, unit: Unit = "week") -> Summary:
        """All customers as the models read them, with times in ``unit``."""
        return _summary(self, self.observation_end, unit, self.source)

    def split(self, origin: date, until: date | None = None) -> Origin:
        """
        The customers as they stood on ``origin``, beside what came in (origin, until].

        One pass over the purchase days; the last few answers are kept.

        Raises:
            WindowOutOfData: Not origin <= until <= observation_end.
        """
        key = (origin, until or self.observation_end)
        if key not in self._splits:
            while len(self._splits) >= KEPT_SPLITS:
                self._splits.pop(next(iter(self._splits)))
            self._splits[key] = self.split_at(*key)
        return self._splits[key]

    def at_origin(self, origin: date, unit: Unit = "week") -> Summary:
        """The summary as of ``origin``, of customers whose first order came by then; no look-ahead."""
        known = next((split for (day, _until), split in self._splits.items() if day == origin), None)
        return (known or self.split(origin)).summary(unit)

    def purchases_after(self, origin: date, until: date | None = None) -> Flow:
        """Purchase days and money in (origin, until], in the order of ``at_origin(origin)``'s rows."""
        return self.split(origin, until).after


def _summary(rows: CustomerBase | Origin, end: date, unit: Unit, source: Any = None) -> Summary:
    days = DAYS_PER[unit]
    # An interval in days is so many times longer in numbers than in the unit.
    log_intervals = rows.log_intervals - rows.frequency * np.log(days)
    paid = rows.mean_day_spend * (rows.frequency + 1)
    worth = 1.0 if rows.refunds_to_come is None else _worth(paid, rows.refunds_to_come)
    return Summary(
        frequency=rows.frequency.astype(np.float64),
        recency=rows.recency / days,
        T=rows.T / days,
        unit=unit,
        monetary_value=rows.monetary_value * worth if rows.has_amounts else None,
        mean_day_spend=rows.mean_day_spend * worth if rows.has_amounts else None,
        observation_end=end,
        source=source,
        log_intervals=log_intervals,
        credited=_credited(paid, rows.historic_value) if rows.has_amounts else None,
    )


def _worth(paid: Floats, to_come: Floats) -> Floats:
    """The share of what stands that will stand in the end, shape (n,)."""
    return np.where(paid > 0, 1.0 - np.divide(to_come, paid, out=np.zeros_like(paid), where=paid > 0), 1.0)


def _credited(paid: Floats, historic_value: Floats) -> Floats:
    """What purchase days brought beyond what was earned: it went back without lowering any of them."""
    credited = paid - historic_value
    return np.where(credited > NOTHING * paid, credited, 0.0)

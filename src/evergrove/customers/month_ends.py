"""What customers had done by month ends in the past: who was of high value once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from evergrove.customers.origins import SEEN_REFUNDS, STATION
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.customers.types import Dates, Days
    from evergrove.models import Floats
    from evergrove.warehouse import Engine

YEAR_DAYS = 365
EPOCH = date(1970, 1, 1).toordinal()
TEN_THOUSANDTHS = 10_000.0  # whole numbers below 2^53 add up exactly in float64


@dataclass(frozen=True, eq=False)
class MonthEndFigures:
    """
    What some customers had done by some month ends, as known on these: one entry per customer and month end.

    Attributes:
        row: Row of the customer in ``customer_summary``. Shape (m,), int64.
        month_end: Shape (m,), datetime64[D].
        spend_12m: Orders of the 365 days that end with it, less refunds dated by then. Shape (m,).
        orders_12m: Orders in the same days. Shape (m,), int64, > 0.
        repeat_orders_12m: Those among them that are not the customer's first ever. Shape (m,), int64.
    """

    row: Days
    month_end: Dates
    spend_12m: Floats
    orders_12m: Days
    repeat_orders_12m: Days


def month_end_figures(
    engine: Engine, rows: Days, month_ends: Sequence[date], least_spend: float = 0.0
) -> MonthEndFigures:
    """
    The 12-month figures of some customers at each of some month ends.

    Args:
        engine: Holds orders, refunds and customer_summary (see ``summarise``).
        rows: Rows of customer_summary, each once: the fewer the quicker.
        month_ends: None later than observation_end.
        least_spend: Month ends at which the 365 days' orders, refunds not deducted, come to less are left out.

    Returns:
        One entry per customer and month end with an order in its 365 days, sorted by both.
    """
    rows = np.asarray(rows, dtype=np.int64)
    ends = np.sort(np.array(month_ends, dtype="datetime64[D]")).astype(np.int64)
    if len(rows) == 0 or len(ends) == 0:
        nothing = np.zeros(0, dtype=np.int64)
        return MonthEndFigures(nothing, nothing.view("datetime64[D]"), np.zeros(0), nothing, nothing)
    before_refunds = _before_refunds(engine, rows, ends, least_spend)
    last = date.fromordinal(int(ends[-1]) + EPOCH)
    if not engine.value(SEEN_REFUNDS, observation_end=last):
        return before_refunds
    wanted = {"row": before_refunds.row, "days": before_refunds.month_end.view(np.int64)}
    engine.register("candidate_month_ends", wanted)
    found = engine.arrays(statement(STATION, "month_end_figures"))
    engine.unregister("candidate_month_ends")
    return MonthEndFigures(
        row=found["row"],
        month_end=found["month_end"].view("datetime64[D]"),
        spend_12m=found["spend_12m"],
        orders_12m=found["orders_12m"],
        repeat_orders_12m=found["repeat_orders_12m"],
    )


def _before_refunds(engine: Engine, rows: Days, ends: Days, least_spend: float) -> MonthEndFigures:
    """The figures as if nothing had been refunded, where they come to ``least_spend``; sorted by row."""
    engine.register("candidate_rows", {"row": rows, "place": np.arange(len(rows))})
    first, last = (date.fromordinal(int(end) + EPOCH) for end in ends[[0, -1]])
    orders = engine.arrays(statement(STATION, "month_end_orders"), first=first, last=last)
    engine.unregister("candidate_rows")
    first_day = np.zeros(len(rows), dtype=np.int64)
    first_day[orders["place"]] = orders["first_day"]
    parts = []
    for end in ends:  # the orders come by day: each year before a month end is a slice
        year = slice(*np.searchsorted(orders["day"], [end - YEAR_DAYS, end], side="right"))
        bought = np.bincount(orders["place"][year], minlength=len(rows))
        spend = np.bincount(orders["place"][year], orders["amount"][year], len(rows)) / TEN_THOUSANDTHS
        chosen = np.flatnonzero((bought > 0) & (spend >= least_spend))
        repeats = bought[chosen] - (first_day[chosen] > end - YEAR_DAYS)
        parts.append((rows[chosen], np.full(len(chosen), end), spend[chosen], bought[chosen], repeats))
    row, month_end, spend, bought, repeats = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort([month_end, row])
    return MonthEndFigures(
        row=row[order],
        month_end=month_end[order].view("datetime64[D]"),
        spend_12m=spend[order],
        orders_12m=bought[order],
        repeat_orders_12m=repeats[order],
    )

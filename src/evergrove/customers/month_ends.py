"""What customers had done by month ends in the past: who was of high value once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.customers.origins import STATION
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from evergrove.customers.types import Dates, Days
    from evergrove.models import Floats
    from evergrove.warehouse import Engine

YEAR_DAYS = 365
SLACK = 1 - 1e-9  # the first look adds in floating point; the second one is exact


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
    ends = np.sort(np.array(month_ends, dtype="datetime64[D]")).astype(np.int64)
    wanted = _worth_a_look(engine, np.asarray(rows, dtype=np.int64), ends, least_spend)
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


def _worth_a_look(engine: Engine, rows: Days, ends: Days, least_spend: float) -> dict[str, Days]:
    """Customers and month ends with an order in the 365 days, and with ``least_spend`` before refunds."""
    if len(ends) == 0 or len(rows) == 0:
        return {"row": np.zeros(0, dtype=np.int64), "days": np.zeros(0, dtype=np.int64)}
    engine.register("candidate_rows", {"row": rows})
    first, last = ends[[0, -1]].astype("datetime64[D]").tolist()
    orders = engine.arrays(statement(STATION, "month_end_orders"), first=first, last=last)
    engine.unregister("candidate_rows")
    customers, customer_of = np.unique(orders["row"], return_inverse=True)
    row, days = [], []
    for end in ends:  # at most 24
        inside = (orders["day"] <= end) & (orders["day"] > end - YEAR_DAYS)
        spend = np.bincount(customer_of[inside], orders["amount"][inside], len(customers))
        bought = np.bincount(customer_of[inside], minlength=len(customers)) > 0
        enough = customers[bought & (spend >= least_spend * SLACK)]
        row.append(enough)
        days.append(np.full(len(enough), end))
    return {"row": np.concatenate(row), "days": np.concatenate(days)}

"""The customers as they stood on a day in the past, beside what came after it: what back-tests judge by."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from evergrove.core import InputError, _
from evergrove.customers.late_refunds import refund_delays, refunds_to_come
from evergrove.customers.types import Flow, LastYear, Origin
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from evergrove.models import Floats
    from evergrove.warehouse import Engine

STATION = "evergrove.customers"
PURCHASES_NOW = "purchases_now"
SEEN_REFUNDS = "select count(*) from refunds where refund_date <= $observation_end"
LATER_REFUNDS = f"{SEEN_REFUNDS} and order_id is not null and refund_date > $origin"


class WindowOutOfData(InputError):
    """A past window does not lie within the data."""

    code = "customers.window_out_of_data"
    message = _("The window after {origin} until {until} does not end by {observation_end}.")
    hint = _("Choose an earlier origin, or a shorter window.")


def at_origin(
    engine: Engine, origin: date, until: date, observation_end: date, *, has_amounts: bool = True
) -> Origin:
    """
    Summarise the customers as of ``origin`` and count what came in (origin, until].

    Nothing dated after ``origin`` is seen by the summary: an order refunded later still stands in it. What came
    after is told as it was known on ``until``: an order refunded later still came.

    Args:
        engine: Holds orders, refunds and purchase_days (see ``summarise``).
        origin: The last day whose orders count in the summary.
        until: The last day of the window after it.
        observation_end: The last day that purchase_days has seen.
        has_amounts: Whether the orders carry amounts.

    Returns:
        One row per customer whose first purchase day is not after ``origin``, sorted by customer_id.

    Raises:
        WindowOutOfData: Not origin <= until <= observation_end.
    """
    if not origin <= until <= observation_end:
        raise WindowOutOfData(origin=origin, until=until, observation_end=observation_end)
    _recall(engine, origin, until, observation_end, has_amounts=has_amounts)
    to_come = _to_come(engine, origin) if has_amounts else None
    columns = engine.arrays(
        statement(STATION, "origin"), origin=origin, until=until, before=origin - (until - origin)
    )

    def flow(prefix: str) -> Flow:
        spend = columns[f"{prefix}spend"] if has_amounts else None
        return Flow(columns[f"{prefix}purchases"], spend, columns[f"{prefix}next_days"])

    return Origin(
        origin=origin,
        until=until,
        has_amounts=has_amounts,
        first_order_date=columns["first_order_date"].view("datetime64[D]"),
        frequency=columns["frequency"],
        recency=columns["recency"],
        T=columns["T"],
        log_intervals=columns["log_intervals"],
        monetary_value=columns["monetary_value"],
        mean_day_spend=columns["mean_day_spend"],
        historic_value=columns["historic_value"],
        after=flow(""),
        before=flow("last_"),
        silence_before=columns["last_silence"],
        refunds_to_come=to_come,
        last_year=LastYear(columns["spend_12m"], columns["orders_12m"], columns["repeat_orders_12m"]),
    )


def _to_come(engine: Engine, origin: date) -> Floats | None:
    """Refunds expected at the origin on the orders that stood then; None where none had named its order."""
    delays = refund_delays(engine, origin)
    if delays is None:
        return None
    with as_known(engine, origin, has_amounts=True):
        return refunds_to_come(engine, delays, origin)


def _recall(engine: Engine, origin: date, until: date, observation_end: date, *, has_amounts: bool) -> None:
    """Put ``moves`` in place: what happened, as seen from ``origin`` and, after it, from ``until``."""
    if not engine.value(SEEN_REFUNDS, observation_end=observation_end):
        engine.view("moves", statement(STATION, "moves"))
        return
    engine.create("credits_then", statement(STATION, "credits"), observation_end=origin)
    for name, day in (("purchase_days_then", origin), ("purchase_days_until", until)):
        if refunded_since(engine, day, observation_end):
            with as_known(engine, day, has_amounts=has_amounts):
                engine.create(f"{name}_table", "select * from purchase_days")
            engine.view(name, f"select * from {name}_table")
        else:
            engine.view(name, "select * from purchase_days")
    engine.view("moves", statement(STATION, "moves_with_refunds"))


def refunded_since(engine: Engine, day: date, observation_end: date) -> bool:
    """Whether an order was refunded after ``day``: only then was more standing that day than stands now."""
    return bool(engine.value(LATER_REFUNDS, observation_end=observation_end, origin=day))


@contextmanager
def as_known(engine: Engine, day: date, *, has_amounts: bool) -> Iterator[None]:
    """
    Show ``purchases`` and ``purchase_days`` as they stood on a day: orders refunded since then stood whole.

    Args:
        engine: Holds orders, refunds and today's purchases.
        day: The last day whose orders and refunds count.
        has_amounts: Whether the orders carry amounts.
    """
    make_purchases(engine, "purchases_then", day, has_amounts=has_amounts)
    try:
        yield
    finally:
        engine.view("purchases", f"select * from {PURCHASES_NOW}")


def make_purchases(engine: Engine, table: str, observation_end: date, *, has_amounts: bool) -> None:
    """
    Make a table of purchases as of a day, and show it as ``purchases``.

    Looking for the refunds of seven million orders takes a tenth of a second; most shops' files name none.
    """
    if engine.value(f"{SEEN_REFUNDS} and order_id is not null", observation_end=observation_end):
        engine.create("paid_orders_table", statement(STATION, "paid_orders"), observation_end=observation_end)
        engine.view("paid_orders", "select * from paid_orders_table")
    else:
        engine.view("paid_orders", statement(STATION, "unrefunded_orders"))
    engine.create(
        table, statement(STATION, "purchases"), observation_end=observation_end, has_amounts=has_amounts
    )
    engine.drop("paid_orders_table")
    engine.view("purchases", f"select * from {table}")
    engine.view("same_day_orders", statement(STATION, "same_day_orders"))
    engine.view("purchase_days", statement(STATION, "purchase_days"))

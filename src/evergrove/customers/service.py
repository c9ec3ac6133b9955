"""The verb of this station: orders and refunds in, one row per customer out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.customers.costs import order_costs
from evergrove.customers.late_refunds import refund_delays, refunds_to_come
from evergrove.customers.origins import PURCHASES_NOW, STATION, at_origin, make_purchases
from evergrove.customers.types import CustomerBase
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from datetime import date

    from evergrove.customers.late_refunds import KeptDelays
    from evergrove.models.spend import RefundDelays
    from evergrove.settings import StageSettings
    from evergrove.warehouse import Engine

DATES = ("first_order_date", "last_order_date")


def summarise(
    engine: Engine,
    observation_end: date,
    stages: StageSettings,
    *,
    has_amounts: bool = True,
    kept: KeptDelays | None = None,
) -> CustomerBase:
    """
    Summarise every customer who has bought by ``observation_end``.

    Reads the tables orders and refunds; leaves purchase_days, credits and customer_summary in the engine,
    which is sorted by customer_id. A customer with refunds only gets no row.

    Args:
        engine: Holds orders(order_id, customer_id, order_date, amount) and refunds(order_id, customer_id,
            refund_date, amount); order_id is unique where it is not NULL. A column cost of orders is read where
            there is one.
        observation_end: The last day whose orders and refunds count.
        stages: Length of the trend windows, from how many gaps a customer has an own rhythm, and how long one
            who returned counts as won back.
        has_amounts: False makes every money column NULL, whatever stands in the orders.
        kept: How long refunds took when models were fitted; None: as these orders tell it.
    """
    make_purchases(engine, PURCHASES_NOW, observation_end, has_amounts=has_amounts)
    engine.derive("credits", statement(STATION, "credits"), "refunds", observation_end=observation_end)
    engine.create(
        "customer_summary",
        statement(STATION, "customer_summary"),
        observation_end=observation_end,
        window_days=stages.trend_window_days,
        own_gaps=stages.own_gaps,
        won_back_days=stages.won_back_days,
    )
    delays = _delays(engine, observation_end, kept) if has_amounts else None
    columns: dict[str, Any] = engine.arrays(statement(STATION, "columns"))
    for name in DATES:
        columns[name] = columns[name].view("datetime64[D]")
    has_amounts = has_amounts and not bool(np.isnan(columns["mean_day_spend"]).all())
    return CustomerBase(
        observation_end=observation_end,
        has_amounts=has_amounts,
        split_at=partial(at_origin, engine, observation_end=observation_end, has_amounts=has_amounts),
        source=partial(engine.arrow, statement(STATION, "published")),
        refunds_to_come=None if delays is None else refunds_to_come(engine, delays, observation_end),
        delays=delays,
        costs=order_costs(engine, observation_end) if has_amounts else None,
        **columns,
    )


def _delays(engine: Engine, observation_end: date, kept: KeptDelays | None) -> RefundDelays | None:
    return refund_delays(engine, observation_end) if kept is None else kept.delays

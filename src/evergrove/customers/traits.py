"""What the tables beside orders add to the summary: costs, where a customer came from, what he does and likes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evergrove.customers.costs import COSTED, STATION, costs_of
from evergrove.customers.in_currency import in_currency
from evergrove.customers.spending import spending
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Collection

    from evergrove.customers.types import CustomerBase
    from evergrove.warehouse import Engine

RATE_DAYS = 7
TELLING = ("costs", "events", "order_lines", "spend", "surveys", "tickets")
"""Tables of which any makes traits; products alone say nothing of customers."""
_BETWEEN = ("activity", "bought_lines")
_BY_CUSTOMER = ("channels", "affinity", "price_bands", "last_bought")


def with_tables(
    engine: Engine,
    base: CustomerBase,
    held: Collection[str],
    currency: str = "",
    *,
    rate_days: int = RATE_DAYS,
) -> CustomerBase:
    """
    The summary with what tables beside orders tell of costs; as it is where there are none.

    Rows dated after ``base.observation_end`` are not seen, nor lines of orders after it.

    Args:
        engine: Holds what ``summarise`` left, and all of the tables costs, events, order_lines, products, spend,
            surveys, tickets, rates (``ingest``'s ``show_tables``); empty ones too.
        base: The customers.
        held: Names of those that hold rows.
        currency: Of the orders; amounts in another count at the rate of their day, and wait without one. Empty: not
            declared, and all are taken as they are.
        rate_days: How old a rate may be.
    """
    if not has_traits(held):
        return base
    end = base.observation_end
    left_out = in_currency(engine, end, currency, rate_days)
    known = base.costs
    if known is None:
        _cost_orders(engine, base)
        known = costs_of(engine, end) if base.has_amounts else None
    return replace(base, costs=known, spending=spending(engine, end, left_out))


def has_traits(held: Collection[str]) -> bool:
    """Whether any of these tables says something of customers."""
    return any(name in TELLING for name in held)


def traits_query(engine: Engine, base: CustomerBase, held: Collection[str]) -> str:
    """
    The query behind the table ``traits``: one row per customer of ``customer_summary``, in the order of its ids.

    Args:
        engine: As ``with_tables`` left it.
        base: The customers.
        held: As for ``with_tables``.
    """
    end = base.observation_end
    for name in _BETWEEN:
        engine.create(name, statement(STATION, name), observation_end=end)
    for name in _BY_CUSTOMER:
        engine.create(name, statement(STATION, name))
    engine.create("active_hours", statement(STATION, "active_hours"), observation_end=end)
    engine.create(
        "traits_now",
        statement(STATION, "traits"),
        observation_end=end,
        has_events=not {"events", "surveys", "tickets"}.isdisjoint(held),
        has_costs="costs" in held,
    )
    return "select * from traits_now order by customer_id"


def cac_query() -> str:
    """The query behind the table ``cac_by_source``; ``with_tables`` has left what it reads."""
    return statement(STATION, "cac_by_source")


def _cost_orders(engine: Engine, base: CustomerBase) -> None:
    """Leave every order with its cost in ``costed_orders``."""
    engine.create("order_goods", statement(STATION, "order_goods"), observation_end=base.observation_end)
    engine.create(
        COSTED,
        "select orders.customer_id, orders.order_date, orders.amount, order_goods.cost from orders"
        " left join order_goods on orders.order_id = order_goods.order_id",
    )

"""What the tables beside orders add to the summary: costs, where a customer came from, what he does and likes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evergrove.customers.costs import COSTED, STATION, costs_of
from evergrove.customers.spending import spending
from evergrove.warehouse import literal, statement

if TYPE_CHECKING:
    from collections.abc import Collection

    from evergrove.customers.types import CustomerBase
    from evergrove.warehouse import Engine

MONEY = ("costs", "order_lines", "products", "spend")
"""Tables whose rows carry amounts in a currency of their own."""
TELLING = ("costs", "events", "order_lines", "spend", "surveys", "tickets")
"""Tables of which any makes traits; products alone say nothing of customers."""
_BETWEEN = ("activity", "bought_lines")
_BY_CUSTOMER = ("channels", "affinity", "price_bands")


def with_tables(
    engine: Engine, base: CustomerBase, held: Collection[str], currency: str = ""
) -> CustomerBase:
    """
    The summary with what tables beside orders tell of costs; as it is where there are none.

    Rows dated after ``base.observation_end`` are not seen, nor lines of orders after it.

    Args:
        engine: Holds what ``summarise`` left, and all of the tables costs, events, order_lines, products, spend,
            surveys, tickets (``ingest``'s ``show_tables``); empty ones too.
        base: The customers.
        held: Names of those that hold rows.
        currency: Of the orders; amounts in another are left out. Empty: not declared, and all are taken.
    """
    if not has_traits(held):
        return base
    end = base.observation_end
    for name in MONEY:
        _in_currency(engine, name, currency)
    known = base.costs
    if known is None:
        _cost_orders(engine, base)
        known = costs_of(engine, end) if base.has_amounts else None
    return replace(base, costs=known, spending=spending(engine, end))


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


def _in_currency(engine: Engine, table: str, currency: str) -> None:
    """The rows of a table whose amounts are in the currency of the orders."""
    if not currency:
        return
    counted = f"coalesce(currency, '') in ('', {literal(currency)})"
    if engine.value(f"select count(*) from {table} where not {counted}"):
        engine.create(f"{table}_here", f"select * from {table} where {counted}")
        engine.drop(table)
        engine.view(table, f"select * from {table}_here")


def _cost_orders(engine: Engine, base: CustomerBase) -> None:
    """Leave every order with its cost in ``costed_orders``."""
    engine.create("order_goods", statement(STATION, "order_goods"), observation_end=base.observation_end)
    engine.create(
        COSTED,
        "select orders.customer_id, orders.order_date, orders.amount, order_goods.cost from orders"
        " left join order_goods on orders.order_id = order_goods.order_id",
    )

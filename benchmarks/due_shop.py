"""The simulated shop whose nights are watched: its orders and refunds, and tables drawn beside them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from evergrove.simulation import ShopOptions, simulate_shop, world
from evergrove.simulation.types import TEN_THOUSANDTHS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from evergrove.warehouse import Engine

ORDERS = """
select
    'A' || rows.number as order_id,
    'C' || lpad(cast(rows.customer as varchar), 6, '0') as customer_id,
    cast(rows.ordered_at as date) as order_date,
    cast(rows.amount as decimal(18, 4)) / $unit as amount
from rows
"""
REFUNDS = """
select case when drawn(order_id, 'named', 2) = 0 then order_id end as order_id, customer_id,
    order_date + 1 + cast(hash(order_id) % 40 as integer) as refund_date,
    cast(amount / 2 as decimal(18, 4)) as amount
from orders where drawn(order_id, 'back', 12) = 0
"""
DRAWN = {
    "events": """
        select 'E' || range as event_id, customer_id, cast($first + drawn(range, 1, $days) as timestamp)
            as happened_at, ['visit', 'login', 'click', 'open'][1 + drawn(range, 2, 4)] as kind
        from range($rows) join customers on customers.nth = drawn(range, 3, $customers)
    """,
    "tickets": """
        select 'T' || range as ticket_id, customer_id, opened_at,
            case when drawn(range, 4, 3) > 0 then opened_at + to_days(cast(1 + drawn(range, 5, 30) as integer)) end as closed_at
        from (select range, customer_id, cast($first + drawn(range, 6, $days) as timestamp) as opened_at
            from range($rows) join customers on customers.nth = drawn(range, 7, $customers))
    """,
    "surveys": """
        select 'S' || range as response_id, customer_id, 'nps' as kind, cast(drawn(range, 8, 11) as double) as score,
            cast($first + drawn(range, 9, $days) as timestamp) as answered_at
        from range($rows) join customers on customers.nth = drawn(range, 10, $customers)
    """,
    "subscriptions": """
        select 'U' || range as subscription_id, customer_id,
            ['active', 'trial', 'paused', 'past_due', 'cancelled'][1 + drawn(range, 11, 5)] as status, started_on,
            started_on + 14 as trial_until,
            case when drawn(range, 11, 5) = 4 then started_on + 90 end as cancelled_on,
            case when drawn(range, 12, 2) = 0 then started_on + 120 end as paid_until,
            case when drawn(range, 12, 4) = 0 then started_on + 150 end as ended_on,
            case when drawn(range, 13, 2) = 0 then cast(started_on + 100 as timestamp) end as updated_at
        from (select range, customer_id, $first + drawn(range, 14, $days) as started_on
            from range($rows) join customers on customers.nth = drawn(range, 15, $customers))
    """,
}
"""Tables beside orders, so many rows of them, drawn over all days and customers."""


def load(engine: Engine, customers: int, seed: int, rows: Mapping[str, int]) -> date:
    """Orders and refunds of a simulated shop, and tables drawn beside; the last day of its history."""
    shop = simulate_shop(ShopOptions(customers=customers, years=2, seed=seed))
    orders = shop.orders
    paid = np.isin(orders.status, (world.COMPLETED, world.PAID))
    paid[np.flatnonzero(np.diff(orders.number, prepend=-1) == 0)] = False  # rows that the export repeats
    columns = {name: getattr(orders, name)[paid] for name in ("number", "customer", "amount")}
    engine.register("rows", columns | {"ordered_at": orders.ordered_at[paid].astype("datetime64[us]")})
    engine.run("create macro drawn(number, kind, many) as cast(hash(number, kind) % many as integer)")
    engine.create("orders", ORDERS, unit=TEN_THOUSANDTHS)
    engine.unregister("rows")
    engine.create("refunds", REFUNDS)
    engine.create("known_customers", "select distinct customer_id from orders")
    engine.create(
        "customers",
        "select customer_id, row_number() over (order by customer_id) - 1 as nth from known_customers",
    )
    known = int(engine.value("select count(*) from customers"))
    first = shop.options.as_of - timedelta(days=500)
    for table, sql in DRAWN.items():
        if table in rows or table != "subscriptions":
            bound = {"rows": rows.get(table, 0), "first": first, "days": 520, "customers": known}
            engine.create(table, sql, **bound)
    return shop.options.as_of


def heard_of(engine: Engine, after: date, until: date) -> set[str]:
    """Customers of whom something is dated within these days."""
    day = {
        "orders": "order_date",
        "refunds": "refund_date",
        "events": "cast(happened_at as date)",
        "tickets": "cast(opened_at as date)",
        "surveys": "cast(answered_at as date)",
    }
    asked = " union ".join(
        f"select customer_id from {table} where {on} > $after and {on} <= $until" for table, on in day.items()
    )
    return {customer for (customer,) in engine.run(asked, after=after, until=until)}

"""A shop of four customers with costs, lines, advertising and events, small enough to work out by hand."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from evergrove.ingest.facts.tables import stored_tables
from evergrove.warehouse import identifier

if TYPE_CHECKING:
    from evergrove.warehouse import Engine

END = date(2026, 3, 31)
Rows = list[dict[str, Any]]

ORDERS = [
    ("o1", "A", "2026-01-10", 100),
    ("o2", "A", "2026-02-10", 50),
    ("o3", "B", "2026-01-20", 200),
    ("o4", "C", "2026-02-05", 80),
    ("o5", "C", "2026-02-20", 120),
    ("o6", "D", "2026-03-03", 60),
    ("o7", "A", "2026-04-02", 999),  # after the end
]
REFUNDS = [("o3", "B", "2026-02-25", 20)]
COSTS: Rows = [
    {"order_id": "o1", "kind": "goods", "amount": 40},
    {"order_id": "o1", "kind": "shipping", "amount": 5},
    {"order_id": "o2", "kind": None, "amount": 20},  # of an order, for no said purpose: its goods
    {"order_id": "o7", "kind": "goods", "amount": 500},
    {"order_id": "o7", "kind": "payment", "amount": 11},
    {"customer_id": "C", "kind": "goods", "amount": 100},  # 80 : 120 over o4 and o5
    {"customer_id": "B", "kind": "service", "amount": 7, "incurred_on": "2026-02-01"},
    {"customer_id": "A", "kind": "contact", "amount": "0.5", "incurred_on": "2026-02-01"},
    {"customer_id": "D", "kind": "acquisition", "amount": 3, "incurred_on": "2026-03-01"},
    {"customer_id": "A", "kind": "service", "amount": 1000, "incurred_on": "2026-04-01"},
    {"customer_id": "Z", "kind": "service", "amount": 9, "incurred_on": "2026-02-01"},  # never bought
]
LINES: Rows = [
    {"order_id": "o3", "product_id": "p1", "quantity": 2, "amount": 120, "price": 60},
    {"order_id": "o3", "product_id": "p2", "quantity": 1, "amount": 80, "price": 80, "cost": 45},
    {"order_id": "o6", "product_id": "p1", "quantity": 1, "amount": 30, "price": 30},
    {
        "order_id": "o6",
        "product_id": "p9",
        "quantity": 1,
        "amount": 30,
        "price": 30,
    },  # costs nobody knows what
    {"order_id": "o7", "product_id": "p2", "quantity": 9, "amount": 999, "price": 111},
]
PRODUCTS: Rows = [
    {"product_id": "p1", "category": "tea", "cost": 30},
    {"product_id": "p2", "category": "cups", "cost": 1},
]
SPEND: Rows = [
    {"day": "2026-01-03", "source": "google", "amount": "6.0001"},
    {"day": "2026-01-28", "source": " Google", "campaign": "winter", "amount": 4},
    {"day": "2026-01-05", "source": "meta", "amount": 7},  # won nobody in January
    {"day": "2026-02-05", "source": "google", "amount": 5},  # nor this in February
    {"day": "2026-03-05", "source": "meta", "amount": 1},  # nobody known: of D nothing is known
    {"day": "2026-04-01", "source": "google", "amount": 50},
]
EVENTS: Rows = [
    {"customer_id": "A", "kind": "visit", "happened_at": "2026-01-05 09:00", "source": "Google"},
    {
        "customer_id": "B",
        "kind": "visit",
        "happened_at": "2025-11-19 09:00",
        "source": "mail",
    },  # too long before
    {"customer_id": "B", "kind": "click", "happened_at": "2026-01-19 10:00", "source": "mail"},
    {
        "customer_id": "B",
        "kind": "visit",
        "happened_at": "2026-01-20 09:00",
        "source": "google",
        "campaign": "winter",
    },
    {"customer_id": "B", "kind": "visit", "happened_at": "2026-01-21 09:00", "source": "meta"},  # too late
    {"customer_id": "C", "kind": "open", "happened_at": "2026-02-01 09:00", "source": "meta"},
    {"customer_id": "C", "kind": "app", "happened_at": "2026-02-01 19:00"},
    {"customer_id": "C", "kind": "visit", "happened_at": "2026-02-01 19:30", "channel": "App"},
    {"customer_id": "C", "kind": "app", "happened_at": "2026-02-02 19:00"},
    {"customer_id": "C", "kind": "app", "happened_at": "2026-04-01 19:00"},  # after the end
    {"customer_id": "C", "kind": "app", "happened_at": "2025-03-31 19:00"},  # more than 365 days ago
]
TOLD = {"costs": COSTS, "order_lines": LINES, "products": PRODUCTS, "spend": SPEND, "events": EVENTS}


def load(
    engine: Engine, told: dict[str, Rows], orders: Any = ORDERS, refunds: Any = REFUNDS
) -> tuple[str, ...]:
    """
    Put orders, refunds and declared tables where a night finds them.

    Returns:
        The tables that hold rows.
    """
    for name, day, rows in (("orders", "order_date", orders), ("refunds", "refund_date", refunds)):
        engine.create(
            name,
            f"select '' as order_id, '' as customer_id, current_date as {day},"
            " cast(0 as decimal(18, 4)) as amount where false",
        )
        _fill(
            engine,
            name,
            [dict(zip(("order_id", "customer_id", day, "amount"), r, strict=True)) for r in rows],
        )
    for table in stored_tables():
        columns = ", ".join(f"cast(null as {c.stored}) as {identifier(c.name)}" for c in table.kept)
        engine.create(table.name, f"select {columns} where false")
        _fill(engine, table.name, told.get(table.name, []))
    return tuple(name for name, rows in told.items() if rows)


def _fill(engine: Engine, table: str, rows: Rows) -> None:
    for row in rows:
        names = ", ".join(identifier(name) for name in row)
        values = ", ".join(f"${name}" for name in row)
        engine.run(f"insert into {table} ({names}) values ({values})", **row)

"""The tables that reading publishes, and how its own are put away."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evergrove.warehouse import Engine

PUBLISHED = ("orders", "refunds", "known_customers", "rejects")
"""
orders(order_id, customer_id, order_date, amount): paid purchases, one row an order.
refunds(order_id, customer_id, refund_date, amount): amount > 0; order_id only where it is in orders.
known_customers(customer_id, kept columns): everybody in a good row; kept columns are texts, the latest.
rejects(file, line, code, reason, raw): one row for each rejected row.
"""

SHOWN = "ingest_typed"
"""The view of a typed Parquet file on which the published views stand."""


def put_away(engine: Engine) -> None:
    """Drop what only the reading itself needed; views that the published ones stand on stay."""
    engine.drop(*(name for name in engine.names if name.startswith("ingest_") and name != SHOWN))

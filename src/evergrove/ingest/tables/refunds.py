"""A file of refunds, read by the rules of orders: each row is money given back of the order that it names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evergrove.ingest.tables.declared import declared_tables
from evergrove.ingest.tables.service import open_table

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.ingest.types import ReadOptions
    from evergrove.warehouse import Engine

TABLE = "refunds"
_ROLES = {
    "order_id": "order",
    "customer_id": "customer",
    "refunded_at": "date",
    "amount": "refund",
    "currency": "currency",
}
_OFF = ("amount", "price", "quantity", "refund_date", "status", "after_sale")
"""Roles that a file of refunds has none of: its amounts are those given back, its day the day of that."""


def as_orders(engine: Engine, path: Path, options: ReadOptions) -> ReadOptions:
    """
    What the reader of orders must be told, so that it takes the file for what was given back.

    Args:
        engine: For a look at the file.
        path: The file.
        options: As the user gave them; ``mapping`` by the columns of the table refunds.

    Raises:
        TableColumnMissing: Order, customer, day or amount is not told.
    """
    found = open_table(engine, declared_tables()[TABLE], path, options).found
    header = {match.role: match.column for match in found.matches}
    mapping = {
        _ROLES[name]: f"{column}:{found.styles[name]}" if name in found.styles else column
        for name, column in header.items()
        if name in _ROLES
    }
    return replace(options, mapping=dict.fromkeys(_OFF, "") | mapping)

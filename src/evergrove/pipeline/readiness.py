"""The checklist's lines that only a workspace can fill in: who can be written to, and what nobody is known to have paid."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import select

from evergrove.ingest.facts.imports import imports
from evergrove.people import standing_of
from evergrove.pipeline.readiness_of_files import NOBODY, share_of_nobody
from evergrove.scoring.checklist import checklist

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from evergrove.customers import CustomerBase
    from evergrove.scoring.checklist import Check
    from evergrove.warehouse import Engine

ASKED = 500
"""Customers at most of whom it is asked whether they can be written to: their share is right within about 4 points."""


def readiness_here(connection: Connection, engine: Engine, base: CustomerBase) -> tuple[Check, ...]:
    """
    The checklist of a workspace.

    Args:
        connection: To the ledger.
        engine: Holds customer_summary.
        base: Its customers.
    """
    return checklist(
        base,
        contactable=contactable(connection, engine, len(base)),
        anonymous=_anonymous(connection, float(np.nansum(base.historic_value))) if base.has_amounts else None,
    )


def contactable(connection: Connection, engine: Engine, customers: int) -> float:
    """Share of customers, of evenly spaced ones where there are many, with an address that may be written to."""
    every = -(-customers // ASKED)
    rows = engine.run(
        "select cast(customer_id as varchar) from (select customer_id, row_number() over (order by customer_id)"
        " as nth from customer_summary) as numbered where nth % $every = 0",
        every=every,
    )
    asked: Sequence[str] = [name for (name,) in rows]
    found = standing_of(connection, asked).values()
    reached = sum(
        each.status == "active" and each.has_address and each.consent == "granted" and each.suppressed is None
        for each in found
    )
    return reached / max(len(asked), 1)


def _anonymous(connection: Connection, revenue: float) -> float | None:
    """
    Share of the revenue that names no customer, over all imports of orders.

    Rejected rows are counted again with each export that repeats them, good ones are not: the former are brought down
    by as much as the latter were repeated.
    """
    unknown, good, repeated = 0.0, 0, 0
    for (rows,) in connection.execute(select(imports.c.rows).where(imports.c.table_name == "orders")):
        _count, amount = rows["reasons"].get(NOBODY, (0, "0"))
        unknown += float(Decimal(amount))
        good, repeated = good + rows["good"], repeated + rows["duplicate"]
    return share_of_nobody(unknown * good / max(good + repeated, 1), revenue)

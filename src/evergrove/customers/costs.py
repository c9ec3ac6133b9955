"""What orders cost the shop, where it is known: the evidence of each customer's margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.warehouse import statement

if TYPE_CHECKING:
    from datetime import date

    from evergrove.models import Floats
    from evergrove.warehouse import Engine

STATION = "evergrove.customers"
COSTED = "costed_orders"
"""Orders with a column cost, from wherever it is known."""


@dataclass(frozen=True, eq=False)
class Costs:
    """
    Known margins by customer, in the order of ``customer_summary``; shape (n,) each.

    Attributes:
        days: Purchase days with a price whose every order has a cost.
        share: Mean over them of (amount - cost) / amount; NaN without one.
        squares: Sum over them of squared differences from that mean.
        revenue: What was paid on them, refunds not deducted.
        margin: The same less costs, and less those of orders that were given away.
        coverage: Share of all orders with a price whose cost is known, 0..1; not an array.
    """

    days: Floats
    share: Floats
    squares: Floats
    revenue: Floats
    margin: Floats
    coverage: float = 1.0


def order_costs(engine: Engine, observation_end: date) -> Costs | None:
    """
    Sum up what is known of costs; None where the orders have no column ``cost``, or nothing in it.

    Args:
        engine: Holds orders, with or without a column cost, and customer_summary; gets ``costed_orders``.
        observation_end: The last day whose orders count.
    """
    if all(name != "cost" for name, *_kind in engine.run("describe orders")):
        return None
    engine.view(COSTED, "select customer_id, order_date, amount, cost from orders")
    return costs_of(engine, observation_end)


def costs_of(engine: Engine, observation_end: date) -> Costs | None:
    """
    Sum up the costs that stand in ``costed_orders``; None where none does.

    Args:
        engine: Holds costed_orders(customer_id, order_date, amount, cost) and customer_summary.
        observation_end: The last day whose orders count.
    """
    found = engine.arrays(statement(STATION, "order_margins"), observation_end=observation_end)
    days = found["days"]
    if not days.any():
        return None
    share = np.divide(found["shares"], days, out=np.full(len(days), np.nan), where=days > 0)
    squares = found["squares"] - days * np.nan_to_num(share) ** 2
    orders, costed = engine.run(statement(STATION, "cost_coverage"), observation_end=observation_end)[0]
    return Costs(
        days, share, np.maximum(squares, 0.0), found["revenue"], found["margin"], costed / max(orders, 1)
    )

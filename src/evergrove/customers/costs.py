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


@dataclass(frozen=True, eq=False)
class Costs:
    """
    Known margins by customer, in the order of ``customer_summary``; shape (n,) each.

    Attributes:
        days: Purchase days whose every order has a cost.
        share: Mean over them of (amount - cost) / amount; NaN without one.
        squares: Sum over them of squared differences from that mean.
        revenue: What was paid on them, refunds not deducted.
        margin: The same less costs.
    """

    days: Floats
    share: Floats
    squares: Floats
    revenue: Floats
    margin: Floats


def order_costs(engine: Engine, observation_end: date) -> Costs | None:
    """
    Sum up what is known of costs; None where the orders have no column ``cost``, or nothing in it.

    Args:
        engine: Holds orders, with or without a column cost, and customer_summary.
        observation_end: The last day whose orders count.
    """
    if all(name != "cost" for name, *_kind in engine.run("describe orders")):
        return None
    found = engine.arrays(statement(STATION, "order_margins"), observation_end=observation_end)
    days = found["days"]
    if not days.any():
        return None
    share = np.divide(found["shares"], days, out=np.full(len(days), np.nan), where=days > 0)
    squares = found["squares"] - days * np.nan_to_num(share) ** 2
    return Costs(days, share, np.maximum(squares, 0.0), found["revenue"], found["margin"])

"""Refunds that are still to come on orders that stand: how long they take, and whom they will reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.warehouse import statement

if TYPE_CHECKING:
    from datetime import date

    from evergrove.models import Floats
    from evergrove.models.spend import RefundDelays
    from evergrove.warehouse import Engine

STATION = "evergrove.customers"


@dataclass(frozen=True)
class KeptDelays:
    """How long refunds took on an earlier day; None where none named its order then."""

    delays: RefundDelays | None


def refund_delays(engine: Engine, observation_end: date) -> RefundDelays | None:
    """
    How long after an order its money goes back, by what was known on a day.

    Args:
        engine: Holds orders and refunds.
        observation_end: The last day whose orders and refunds count.

    Returns:
        The delays; None where no refund names an order.
    """
    back = engine.arrays(statement(STATION, "refunds_by_delay"), observation_end=observation_end)
    if not len(back["age"]):
        return None
    from evergrove.models.spend import RefundDelays  # noqa: PLC0415 -- only where refunds name their orders

    paid = engine.arrays(statement(STATION, "paid_by_age"), observation_end=observation_end)
    # Orders of one age are one order here: amounts add up, and refunds were cut to their own order before.
    return RefundDelays.of_ages(
        paid["age"], paid["paid"], np.searchsorted(paid["age"], back["age"]), back["delay"], back["amount"]
    )


def refunds_to_come(engine: Engine, delays: RefundDelays, observation_end: date) -> Floats:
    """
    Refunds still expected of each customer, shape (n,), in the order of customer_id.

    Args:
        engine: Shows ``purchases`` as of ``observation_end``.
        delays: How long refunds take.
        observation_end: The last day whose orders and refunds count.
    """
    age = np.arange(delays.longest + 1)
    engine.register("shares_to_come", {"age": age, "share": np.round(1.0 - delays.worth(age), 8)})
    columns = engine.arrays(statement(STATION, "refunds_to_come"), observation_end=observation_end)
    engine.unregister("shares_to_come")
    return np.asarray(columns["to_come"])

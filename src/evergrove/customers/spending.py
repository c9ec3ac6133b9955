"""What customers have cost beside goods: winning them, serving them, writing to them; from the tables that tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.customers.costs import STATION
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from datetime import date

    from evergrove.models import Floats
    from evergrove.warehouse import Engine


@dataclass(frozen=True, eq=False)
class Spending:
    """
    Costs so far beside goods, in the order of ``customer_summary``.

    Attributes:
        acquisition: What winning each customer cost. Shape (n,); NaN where nothing is told, neither of the customer
            nor of advertising in the month of the first order.
        service: Service, shipping, payment and the like. Shape (n,).
        contact: Messages and the like. Shape (n,).
        running_share: Service and contact per unit of net revenue of the whole shop, since the first day that any
            is told of: what of revenue to come they will take.
        unassigned: Amount of such costs, advertising included, that no customer bears: of customers without a
            purchase or unknown orders, or of months in which nobody was won.
        waiting: Rows of costs, lines, articles and advertising in other currencies, of whose day no rate is known.
    """

    acquisition: Floats
    service: Floats
    contact: Floats
    running_share: float
    unassigned: float
    waiting: int = 0


def spending(engine: Engine, observation_end: date, waiting: int = 0) -> Spending | None:
    """
    Who cost what beside goods; None where no table tells any of it, and nothing waits.

    Args:
        engine: Holds customer_summary, orders, refunds and the tables costs, events and spend; gets
            ``other_costs``, ``acquired``, ``advertising``, ``advertising_by_customer`` and ``customer_costs``.
        observation_end: The last day whose rows count.
        waiting: Rows of these tables that had to be left out.
    """
    engine.create("other_costs", statement(STATION, "other_costs"), observation_end=observation_end)
    engine.create("acquired", statement(STATION, "acquired"))
    engine.create("advertising", statement(STATION, "advertising"), observation_end=observation_end)
    for name in ("advertising_by_customer", "customer_costs"):
        engine.create(name, statement(STATION, name))
    told, advertised, running, revenue = engine.run(
        statement(STATION, "cost_totals"), observation_end=observation_end
    )[0]
    rows = engine.value("select (select count(*) from other_costs) + (select count(*) from advertising)")
    if not rows and not waiting:
        return None
    found = engine.arrays(
        "select coalesce(cast(acquisition as double), cast('nan' as double)) as acquisition,"
        " cast(service as double) as service, cast(contact as double) as contact"
        " from customer_costs order by customer_id"
    )
    borne = sum(float(np.nansum(each)) for each in found.values())
    return Spending(
        **found,
        running_share=running / revenue if revenue > 0 else 0.0,
        unassigned=told + advertised - borne,
        waiting=waiting,
    )

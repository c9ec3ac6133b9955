"""The best choice for a few customers under many limits, by an outside solver (HiGHS): where states become too many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from evergrove.decisions.choice.types import NOTHING

if TYPE_CHECKING:
    from evergrove.decisions.choice.table import Table
    from evergrove.decisions.choice.types import Limits, Whole

MOST_SECONDS = 30.0
"""After which nothing is proven any more."""


def branch(table: Table, limits: Limits) -> Whole | None:
    """
    The best picks; None where none could be proven in time, or rounding took them over a limit.

    Args:
        table: Of few customers.
        limits: At least one.
    """
    action, customer = np.nonzero(table.worth > -np.inf)
    if len(action) == 0:
        return np.full(table.customers, NOTHING, dtype=np.int32)
    use = limits.used_by(action, table.cost[action, customer])
    one_each = (customer == np.arange(table.customers)[:, None]).astype(np.float64)
    size = np.maximum(1.0, np.abs(limits.most))
    found = milp(
        -table.worth[action, customer],
        constraints=[
            LinearConstraint(one_each, -np.inf, 1.0),
            LinearConstraint(use / size[:, None], -np.inf, limits.most / size),
        ],
        integrality=np.ones(len(action)),
        bounds=Bounds(0.0, 1.0),
        options={"mip_rel_gap": 0.0, "time_limit": MOST_SECONDS},
    )
    if found.status != 0:
        return None
    chosen = found.x > 0.5
    if (use[:, chosen].sum(axis=1) > limits.most + 0.5 * limits.slack).any():
        return None
    picks = np.full(table.customers, NOTHING, dtype=np.int32)
    picks[customer[chosen]] = action[chosen]
    return picks

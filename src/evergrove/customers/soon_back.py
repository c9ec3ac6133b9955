"""Who bought again soon after the first purchase: one figure a cohort, fair between older and newer ones."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from evergrove.customers.cohorts import cohort_numbers
from evergrove.customers.origins import STATION
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from evergrove.customers.cohorts import CohortTable
    from evergrove.customers.types import CustomerBase
    from evergrove.models import Floats
    from evergrove.warehouse import Engine


def soon_back(engine: Engine, base: CustomerBase, table: CohortTable, days: int) -> Floats:
    """
    Customers of each cohort who bought again within so many days of their first purchase.

    Args:
        engine: As for ``cohorts``.
        base: The customers.
        table: Their cohorts.
        days: How soon.

    Returns:
        Counts, shape (c,); NaN where somebody of the cohort has not had that long.
    """
    rows = cohort_numbers(base, table)
    found = engine.arrays(statement(STATION, "soon_back"), days=days)
    first = base.first_order_date.astype("datetime64[D]")
    days_won, one_of = np.unique(first, return_index=True)  # all of a day are of one cohort
    on = np.searchsorted(days_won, found["first_order_date"].astype("datetime64[D]"))
    of, came = rows[one_of][on], found["came_back"].astype(np.float64)
    counts = np.bincount(of[of >= 0], came[of >= 0], len(table.starts)).astype(np.float64)
    too_new = rows[first > np.datetime64(base.observation_end - timedelta(days=days))]
    counts[np.unique(too_new[too_new >= 0])] = np.nan
    return counts

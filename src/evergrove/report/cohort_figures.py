"""Cohorts: who came back, and how value grew, by month or quarter of the first order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.report.numbers import money, share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.customers.cohorts import CohortTable
    from evergrove.models import Floats
    from evergrove.report.headline import Windows
    from evergrove.report.types import Figures

    Days = NDArray[np.int64]
    Known = NDArray[np.bool_]


def cohort_figures(table: CohortTable | None, windows: Windows) -> Figures | None:
    """
    Retention and value per customer of each cohort, column k being the k-th period after the first order's.

    Periods that had not ended are left out. The means weigh cohorts by their customers; the mean value adds up
    mean *increments*, so that it does not fall where only older (smaller) cohorts have come so far.

    Returns:
        None without a cohort that has a whole period behind it.
    """
    if table is None:
        return None
    final = _final(table)
    rows: list[Figures] = [
        {
            "start": start.isoformat(),
            "customers": int(table.customers[k]),
            "retention": [share(v) for v in table.retention[k][final[k]]],
            "value": [money(v) for v in table.value[k][final[k]]],
        }
        for k, start in enumerate(table.starts)
        if final[k].any()
    ]
    if not any(len(row["retention"]) > 1 for row in rows):
        return None
    return {
        "definition": "cohort_retention",
        "window": windows["history"],
        "period": table.period,
        "rows": rows,
        "mean_retention": [share(v) for v in _weighted(table.retention, table.customers, final)],
        "mean_value": [
            money(v) for v in np.cumsum(_weighted(_increments(table.value), table.customers, final))
        ],
        "earlier_customers": table.earlier_customers,
    }


def _final(table: CohortTable) -> Known:
    """Which figures are known and will not change any more. Shape (c, k), boolean."""
    known = np.isfinite(table.active)
    if table.last_is_partial:
        last = known.sum(axis=1) - 1
        known[np.arange(len(known)), last] = False
    return known


def _increments(value: Floats) -> Floats:
    """What each period added, shape (c, k)."""
    return np.diff(value, axis=1, prepend=0.0)


def _weighted(values: Floats, customers: Days, final: Known) -> Floats:
    """Mean over the cohorts that have come so far, weighted by customers; only ages that some have reached."""
    weights = np.where(final, customers[:, None], 0)
    reached = weights.sum(axis=0) > 0
    sums = (weights * np.where(final, values, 0.0)).sum(axis=0)
    means: Floats = sums[reached] / weights.sum(axis=0)[reached]
    return means

"""Cohorts as a run publishes them: retention, value so far, and how value is expected to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.customers.cohorts import cohort_numbers, cohorts, cohorts_of_groups
from evergrove.customers.soon_back import soon_back
from evergrove.report.cohort_figures import cohort_figures
from evergrove.report.numbers import iso, money, ratio, share, sums_by
from evergrove.report.windows import windows
from evergrove.scoring.monthly import MONTHS, revenue_by_month

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evergrove.customers import CustomerBase
    from evergrove.customers.cohorts import CohortTable
    from evergrove.report.types import Figures
    from evergrove.scoring.scored import Scored
    from evergrove.warehouse import Engine

    Numbers = NDArray[np.int64]

FORMAT = "evergrove.cohorts/1"
SOON_DAYS = 91
"""Within three months of the first purchase: ``back_soon``."""
MOST_SOURCES = 12
"""Sources that are told one by one, those with most customers first."""


class Ahead:
    """What customers are expected to bring month by month, worked out once for all groupings."""

    def __init__(self, scored: Scored, base: CustomerBase) -> None:
        self._months = list(revenue_by_month(scored, base)) if base.has_amounts else []
        self._active = scored.scores.p_active_180d

    def of(self, groups: Numbers, size: int) -> tuple[list[NDArray[Any]], NDArray[Any]]:
        """Sums by group: revenue within 1, 2, ... months, and customers who are expected to order. Shape (size,)."""
        some = groups >= 0
        sums = [sums_by(groups[some], each[some], size) for each in self._months]
        known = np.isfinite(self._active).any()
        active = sums_by(groups[some], self._active[some], size) if known else np.full(size, np.nan)
        return sums, active


def cohorts_by_month(engine: Engine, base: CustomerBase, ahead: Ahead) -> Figures:
    """By month or quarter of the first order, as in summary.json, each row with its forecast."""
    table = cohorts(engine, base)
    found = cohort_figures(table, _spans(base))
    document = {"format": FORMAT, "as_of": iso(base.observation_end), "by": "month"}
    if found is None:
        return document | _nothing(table)
    sums, active = ahead.of(cohort_numbers(base, table), len(table.starts))
    back = soon_back(engine, base, table, SOON_DAYS)
    row_of = {start.isoformat(): row for row, start in enumerate(table.starts)}
    rows = []
    for each in found["rows"]:
        row = row_of[each["start"]]
        customers, known = int(table.customers[row]), table.value[row][np.isfinite(table.value[row])]
        now = float(known[-1]) if len(known) else float("nan")
        foretold = _foretold(now, [float(month[row]) for month in sums], active[row], customers)
        rows.append(each | {"back_soon": share(back[row] / customers)} | foretold)
    whole = np.isfinite(back)
    mean = ratio(float(back[whole].sum()), int(table.customers[whole].sum()))
    return document | found | {"rows": rows, "soon_days": SOON_DAYS, "mean_back_soon": share(mean)}


def cohorts_by_source(
    engine: Engine, base: CustomerBase, ahead: Ahead, sources: Sequence[str | None]
) -> Figures:
    """
    By where customers came from: the means over cohorts of each source, by the age that they have reached.

    Args:
        engine: As ``summarise`` left it.
        base: The customers.
        ahead: Of the same.
        sources: Of everybody; None: not told. Length n.
    """
    names, groups = _numbered(sources)
    sums, active = ahead.of(groups, len(names))
    spend = sums_by(groups, base.historic_value, len(names))
    document = {"format": FORMAT, "as_of": iso(base.observation_end), "by": "source"}
    rows, period = [], "month"
    for k, (name, table) in enumerate(zip(names, cohorts_of_groups(engine, base, groups), strict=True)):
        found = cohort_figures(table, _spans(base))
        customers = int((groups == k).sum())
        now = ratio(float(spend[k]), customers) if base.has_amounts else float("nan")
        told = _foretold(now, [float(month[k]) for month in sums], active[k], customers)
        period = table.period if table is not None else period
        rows.append(
            {
                "source": name,
                "customers": customers,
                "retention": [] if found is None else found["mean_retention"],
                "value": [] if found is None else found["mean_value"],
            }
            | told
        )
    return document | {"period": period, "rows": rows, "most_sources": MOST_SOURCES}


def _numbered(sources: Sequence[str | None]) -> tuple[list[str | None], Numbers]:
    """The sources with most customers, all others as one, and who was not told of; and everybody's number."""
    names, of, counts = np.unique(
        np.array([name or "" for name in sources], dtype=object).astype(str),
        return_inverse=True,
        return_counts=True,
    )
    told = [k for k in np.lexsort((names, -counts)) if names[k]][:MOST_SOURCES]
    number = np.full(len(names), len(told), dtype=np.int64)  # others, and those of whom nothing is told
    number[told] = np.arange(len(told))
    rest = [None] if (number == len(told)).any() else []
    return [*(str(names[k]) for k in told), *rest], number[of]


def _foretold(now: float, sums: Sequence[float], active: float, customers: int) -> Figures:
    """Per customer of a row: value so far, what it will have become, and who is expected to order."""
    return {
        "value_now": money(now),
        "forecast": {
            "months": MONTHS,
            "value": [money(now + each / customers) for each in sums] if customers else [],
        },
        "active_share": share(ratio(float(active), customers)),
    }


def _nothing(table: CohortTable) -> Figures:
    return {
        "period": table.period,
        "rows": [],
        "mean_retention": [],
        "mean_value": [],
        "earlier_customers": table.earlier_customers,
    }


def _spans(base: CustomerBase) -> dict[str, dict[str, Any]]:
    first = base.first_order_date.min().astype("datetime64[D]").item()
    return windows(first, base.observation_end, 0, None)

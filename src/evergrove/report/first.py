"""The customers to look at first, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.report.numbers import iso, money, share
from evergrove.scoring.totals import look_first, value_at_risk, value_if_alive
from evergrove.segments.codes import STAGES, TIERS

if TYPE_CHECKING:
    from evergrove.report.headline import Windows
    from evergrove.report.types import Figures, Sources

COUNT = 20


def look_at_first(sources: Sources, windows: Windows, count: int = COUNT) -> Figures:
    """
    The customers of whom most is likely lost and least is decided, each with the facts that make the case.

    ``why`` is "rhythm" where the customer has repeated (then ``usual_gap_days`` is the mean gap between his
    purchase days) and "once" where there was a single purchase day.
    """
    base, scores, segments = sources.base, sources.valuation.scores, sources.segments
    rows = look_first(scores, count)
    if_alive, at_risk = value_if_alive(scores)[rows], value_at_risk(scores)[rows]
    names = sources.names_of(rows)
    found = []
    for k, row in enumerate(rows):
        repeats, tier = int(base.frequency[row]), int(segments.tier[row])
        found.append(
            {
                "customer_id": str(names[k]),
                "tier": TIERS[tier] if tier >= 0 else None,
                "stage": STAGES[int(segments.stage[row])],
                "orders": int(base.orders[row]),
                "last_order_date": iso(base.last_order_date[row]),
                "silence_days": int(base.T[row] - base.recency[row]),
                "usual_gap_days": money(base.recency[row] / repeats) if repeats else None,
                "p_alive": share(scores.p_alive[row]),
                "value_if_alive": money(if_alive[k]),
                "likely_lost": money(at_risk[k]),
                "clv_12m": money(scores.clv_12m[row]),
                "clv_12m_low": money(scores.clv_12m_low[row]),
                "clv_12m_high": money(scores.clv_12m_high[row]),
                "why": "rhythm" if repeats else "once",
            }
        )
    return {
        "definition": "look_at_first",
        "window": windows["next_12_months"],
        "likely_lost": money(float(np.sum(at_risk))) if len(rows) else None,
        "rows": found,
    }

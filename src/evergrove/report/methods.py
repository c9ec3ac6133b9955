"""Three ways to value a customer, side by side: the simple formula, RFM, prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.report.accounting import reason_for
from evergrove.report.concentration import TOP
from evergrove.report.numbers import mean, money, ratio, realised, share, total
from evergrove.segments.codes import RFM_GROUPS

if TYPE_CHECKING:
    from evergrove.models import Floats
    from evergrove.report.headline import Windows
    from evergrove.report.types import Figures, Sources


def methods(sources: Sources, windows: Windows) -> Figures:
    """Totals and means of each method, how far they agree on the best tenth, and the RFM groups in all three."""
    scores, readiness = sources.valuation.scores, sources.valuation.readiness
    missing = reason_for(readiness, "clv_total", "simple_clv")
    return {
        "definition": "methods",
        "window": windows["lifetime"],
        "simple": _valued(scores.simple_clv, "simple_clv", windows["lifetime"], missing),
        "predictive": _valued(scores.clv_total, "clv_total", windows["lifetime"], missing),
        "agreement": share(agreement(scores.simple_clv, scores.clv_total)),
        "top": TOP,
        "rfm": {"definition": "rfm", "window": windows["history"], "rows": _groups(sources)},
    }


def _valued(values: Floats, definition: str, window: Figures, missing: str | None) -> Figures:
    known = bool(np.isfinite(values).any())
    return {
        "definition": definition,
        "window": window,
        "mean": money(mean(values)),
        "total": money(total(values)),
        "reason": None if known else missing,
    }


def _groups(sources: Sources) -> list[Figures]:
    """The RFM groups with customers in them, in the order of the method."""
    scores, base, group = sources.valuation.scores, sources.base, sources.segments.rfm.group
    counts = np.bincount(group[group >= 0], minlength=len(RFM_GROUPS))
    rows = []
    for code, name in enumerate(RFM_GROUPS):
        if counts[code] == 0:
            continue
        members = np.flatnonzero(group == code)
        rows.append(
            {
                "group": name,
                "customers": int(counts[code]),
                "customer_share": share(ratio(float(counts[code]), len(group))),
                "historic_value": realised(total(base.historic_value[members])),
                "mean_historic_value": money(mean(base.historic_value[members])),
                "mean_simple_clv": money(mean(scores.simple_clv[members])),
                "mean_clv_total": money(mean(scores.clv_total[members])),
                "mean_clv_12m": money(mean(scores.clv_12m[members])),
                "mean_p_active": share(mean(scores.p_active_180d[members])),
            }
        )
    return rows


def agreement(one: Floats, other: Floats) -> float:
    """
    Which share of the best tenth by one figure stands in the best tenth by the other; NaN with too few.

    Args:
        one: Shape (n,); NaN is never among the best.
        other: Same shape.
    """
    known = np.isfinite(one) & np.isfinite(other)
    best = int(TOP * np.count_nonzero(known))
    if best == 0:
        return float("nan")
    first, second = (np.argpartition(-values[known], best - 1)[:best] for values in (one, other))
    return len(np.intersect1d(first, second, assume_unique=True)) / best

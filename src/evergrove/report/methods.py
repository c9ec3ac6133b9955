"""Three ways to value a customer, side by side: the simple formula, RFM, prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.report.accounting import reason_for
from evergrove.report.concentration import TOP
from evergrove.report.numbers import mean, money, ratio, realised, share, sums_by, total
from evergrove.segments.codes import RFM_GROUPS

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    placed = group >= 0
    codes = group if placed.all() else group[placed]
    counts = np.bincount(codes, minlength=len(RFM_GROUPS))

    def sums_and_means(values: Floats) -> tuple[Floats, Floats]:
        known = values if placed.all() else values[placed]
        return _by_group(codes, known)

    historic, mean_historic = sums_and_means(base.historic_value)
    columns = {
        "mean_simple_clv": sums_and_means(scores.simple_clv)[1],
        "mean_clv_total": sums_and_means(scores.clv_total)[1],
        "mean_clv_12m": sums_and_means(scores.clv_12m)[1],
    }
    mean_p_active = sums_and_means(scores.p_active_180d)[1]
    return [
        {
            "group": name,
            "customers": int(counts[code]),
            "customer_share": share(ratio(float(counts[code]), len(group))),
            "historic_value": realised(float(historic[code])),
            "mean_historic_value": money(mean_historic[code]),
            **{column: money(means[code]) for column, means in columns.items()},
            "mean_p_active": share(mean_p_active[code]),
        }
        for code, name in enumerate(RFM_GROUPS)
        if counts[code]
    ]


def _by_group(codes: NDArray[Any], values: Floats) -> tuple[Floats, Floats]:
    """Sum and mean of what is known in each group, shapes (groups,); NaN where nothing is."""
    size = len(RFM_GROUPS)
    known = np.isfinite(values)
    counts = np.bincount(codes if known.all() else codes[known], minlength=size)
    sums = np.where(counts > 0, sums_by(codes, values, size), np.nan)
    return sums, sums / np.maximum(counts, 1)


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
    is_first = np.zeros(np.count_nonzero(known), dtype=np.bool_)
    is_first[first] = True
    return float(np.count_nonzero(is_first[second])) / best

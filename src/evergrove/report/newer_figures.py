"""Customers by the time of their first order: what each group is expected to order in its first year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.report.numbers import rounded, share, worded

if TYPE_CHECKING:
    from evergrove.models.pooled import Expectation
    from evergrove.report.headline import Windows
    from evergrove.report.types import Figures
    from evergrove.scoring.acquisition import Acquisition

YEAR = "12 months"
LEVEL = 0.8


def newer_figures(found: Acquisition | None, windows: Windows) -> Figures | None:
    """
    Expected repeat orders of a new customer's first year: by all, by each group alone, and by both.

    Returns:
        None where it was not asked for or there is no model; ``rows`` empty, with ``reason``, where groups cannot
        be told apart.
    """
    if found is None:
        return None
    section = {
        "definition": "newer_customers",
        "window": windows["history"],
        "period": found.period,
        "level": LEVEL,
        "earlier_customers": found.earlier,
        "reason": None if found.why is None else worded(found.why),
        "pooled": None,
        "spread": None,
        "differ": None,
        "rows": [],
    }
    fit = found.fit
    if fit is None or fit.spread is None:
        return section
    each = zip(found.starts, found.customers, fit.cohorts.values(), strict=True)
    return section | {
        "pooled": _expectation(fit.expected_purchases_new(YEAR, LEVEL)),
        "spread": {name: share(value) for name, value in fit.spread._asdict().items()},
        "differ": None if fit.differ is None else _rounded(fit.differ._asdict()),
        "rows": [
            {
                "start": start.isoformat(),
                "customers": int(customers),
                "weight": share(cohort.weight),
                "alone": _expectation(cohort.expected_purchases_alone(YEAR, LEVEL)),
                "together": _expectation(cohort.expected_purchases_new(YEAR, LEVEL)),
            }
            for start, customers, cohort in each
        ],
    }


def _expectation(found: Expectation | None) -> Figures | None:
    return None if found is None else {name: rounded(value, 4) for name, value in found._asdict().items()}


def _rounded(test: dict[str, Any]) -> Figures:
    return {name: rounded(value, 6) if isinstance(value, float) else value for name, value in test.items()}

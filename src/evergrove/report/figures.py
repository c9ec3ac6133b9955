"""Everything the report says, as one JSON-able dict: the content of summary.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import __version__
from evergrove.report.accounting import accounting, limits, notes
from evergrove.report.alive import alive_grid
from evergrove.report.cells import Cells, edge, grid
from evergrove.report.choice_figures import choice_figures
from evergrove.report.cohort_figures import cohort_figures
from evergrove.report.concentration import concentration
from evergrove.report.definitions import DEFINITIONS
from evergrove.report.first import look_at_first
from evergrove.report.headline import headline
from evergrove.report.judgement import back_test, tracking
from evergrove.report.methods import methods
from evergrove.report.newer_figures import newer_figures
from evergrove.report.numbers import iso, realised, rounded
from evergrove.report.seen_figures import history_figures, matrix_figures
from evergrove.report.windows import windows
from evergrove.scoring.lineage import model_document

if TYPE_CHECKING:
    from evergrove.report.types import Figures, Sources

FORMAT = "evergrove.summary/1"


def build_figures(sources: Sources) -> Figures:
    """
    All figures of the report, each with its definition and window; unknown figures are None with a reason.

    Args:
        sources: The stations' outputs.

    Returns:
        A dict of texts, finite numbers, None, lists and dicts: ``json.dumps(..., allow_nan=False)`` takes it.
    """
    valuation, base, segments = sources.valuation, sources.base, sources.segments
    judged = valuation.back_test
    spans = windows(
        valuation.first_date, valuation.as_of, valuation.active_days, judged.origin if judged else None
    )
    cells = Cells(segments, valuation.scores, base.spend_12m)
    bounds = segments.tiering.bounds
    return {
        "format": FORMAT,
        "evergrove": __version__,
        "as_of": iso(valuation.as_of),
        "basis": valuation.basis,
        "currency": valuation.currency,
        "first_date": iso(valuation.first_date),
        "last_date": iso(base.last_order_date.max()),
        "customers": len(base),
        "orders": sources.orders,
        "net_amount": realised(sources.net_amount),
        **accounting(sources.intake),
        "model": _model(sources),
        "windows": spans,
        "headline": headline(base, valuation, spans),
        "tiers": edge(cells, "tier", spans) | {"bounds": bounds.as_json() if bounds else None},
        "stages": edge(cells, "stage", spans),
        "grid": grid(cells, spans),
        "look_at_first": look_at_first(sources, spans),
        "concentration": concentration(valuation.scores.clv_12m, base.spend_12m, spans),
        "methods": methods(sources, spans),
        "cohorts": cohort_figures(sources.cohorts, spans),
        "newer_customers": newer_figures(sources.acquisition, spans),
        "alive_grid": alive_grid(sources, spans),
        "alive_history": history_figures(sources, spans),
        "frequency_recency": matrix_figures(sources, spans),
        "tracking": tracking(valuation.tracking, spans),
        "back_test": back_test(judged, spans),
        "limits": limits(valuation.readiness),
        "readiness": [check.as_json() for check in sources.readiness],
        "warnings": notes(sources.intake.warnings, sources.warnings, valuation.warnings, segments.warnings),
        "definitions": {key: definition._asdict() for key, definition in DEFINITIONS.items()},
    }


def _model(sources: Sources) -> dict[str, Any]:
    """The models without their covariances, which model.json holds, and how they were chosen."""
    valuation = sources.valuation
    document = model_document(valuation)
    kept = ("name", "parameters", "standard_errors", "log_likelihood", "customers", "convention")
    fits = {
        name: None
        if document[name] is None
        else {key: _finite(document[name][key]) for key in kept if key in document[name]}
        for name in ("model", "spend")
    }
    return {
        "definition": "model",
        "name": valuation.choice.name or None,
        "runner_up": _runner_up(sources),
        "dates": None if valuation.dates is None else valuation.dates.model.name,
        "champions": choice_figures(valuation, sources.back_test_page),
        "how": valuation.choice.how,
        "unit": valuation.unit,
        "purchases": fits["model"],
        "spend": fits["spend"],
        "candidates": [
            {key: _finite(value) for key, value in candidate.items()}
            for candidate in document["choice"]["candidates"]
        ],
        "customers_fitted": valuation.fitted_customers,
        "discount_rate": rounded(valuation.terms.discount_rate, 6),
        "margin": rounded(valuation.terms.margin, 6),
        "cac": rounded(valuation.terms.cac, 4),
        "active_days": valuation.active_days,
        "churned_below": rounded(valuation.cut.cut, 6),
        "seed": valuation.seed,
    }


def _runner_up(sources: Sources) -> dict[str, Any] | None:
    """The next best model of the back-test and the total that it foretells; None without one."""
    rival = sources.valuation.runner_up
    if rival is None:
        return None
    total = float(sources.valuation.scores.clv_12m_runner_up.sum())
    return {"name": rival.model.name, "clv_12m": rounded(total, 2)}


def _finite(value: Any) -> Any:
    """The same value with every float finite or None, however deep it lies."""
    if isinstance(value, float):
        return rounded(value, 12)
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value

"""What the model in use makes of histories: matrices over frequency and recency, and one customer day by day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import DAYS_PER, in_units
from evergrove.report.alive import CERTAIN, count_quantile
from evergrove.report.numbers import iso, rounded
from evergrove.scoring.seen import alive_by_day, matrix
from evergrove.scoring.totals import look_first

if TYPE_CHECKING:
    from evergrove.report.headline import Windows
    from evergrove.report.types import Figures, Seen, Sources
    from evergrove.scoring.seen import Matrix

HORIZON = "12 months"
COLUMNS = 30
MOST_REPEATS = 20
FEWEST_REPEATS = 4
RHYTHM = 4
"""Repeat purchases from which on a line shows how a chance rises and falls with a customer's own rhythm."""


def matrix_figures(sources: Seen, windows: Windows) -> Figures | None:
    """Both matrices for a customer as old as the oldest tenth of this base; None without a model of leaving."""
    fit, base = sources.valuation.process, sources.base
    if fit is None or len(base) == 0:
        return None
    model, age = fit.model, count_quantile(base.T, 0.9)
    T = age / DAYS_PER[model.unit]
    repeats = min(MOST_REPEATS, max(FEWEST_REPEATS, count_quantile(base.frequency, 0.995)))
    alive = matrix(model.probability_alive, T, repeats, COLUMNS)
    if np.nanmin(alive.values) > CERTAIN:
        return None
    expected = matrix(lambda x, t_x, T: model.expected_purchases(HORIZON, x, t_x, T), T, repeats, COLUMNS)
    return {
        "definition": "frequency_recency",
        "window": windows["next_12_months"],
        "model": model.name,
        "unit": model.unit,
        "age": rounded(T, 4),
        "age_days": age,
        "horizon_days": in_units(HORIZON, "day"),
        "frequency": [round(x) for x in alive.frequency],
        "recency": [rounded(t_x, 1) for t_x in alive.recency],
        "p_alive": _rows(alive),
        "expected_purchases": _rows(expected),
    }


def _rows(found: Matrix) -> list[list[float | None]]:
    return [[rounded(value, 5) for value in row] for row in found.values]


def history_figures(sources: Sources, windows: Windows) -> Figures | None:
    """P(alive) on every day of one of the customers to look at first; None where there is nobody to show."""
    fit, days_of, row = sources.valuation.process, sources.days_of, _with_a_rhythm(sources)
    if fit is None or days_of is None or row is None:
        return None
    bought = days_of(row)
    ages = (bought - bought[0]).astype(np.int64)
    alive = alive_by_day(
        fit.model, ages.astype(np.float64), (sources.valuation.as_of - bought[0].item()).days
    )
    return {
        "definition": "alive_history",
        "window": windows["history"],
        "customer_id": str(sources.names_of(np.array([row]))[0]),
        "model": fit.model.name,
        "first_day": iso(bought[0]),
        "purchases": [str(day) for day in bought],
        "p_alive": [rounded(chance, 4) for chance in alive],
    }


def _with_a_rhythm(sources: Sources) -> int | None:
    """The first to look at who came back often enough to show a rhythm, else whoever of these came back most."""
    rows = look_first(sources.valuation.scores)
    if len(rows) == 0:
        return None
    repeats = np.minimum(sources.base.frequency[rows], RHYTHM)
    return int(rows[np.argmax(repeats)])


def days_of_history(section: Figures) -> list[str]:
    """The day of each chance of ``alive_history``, as ISO text."""
    first = date.fromisoformat(section["first_day"])
    return [(first + timedelta(days=k)).isoformat() for k in range(len(section["p_alive"]))]

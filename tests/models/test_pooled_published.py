"""Online Retail by month of the first order: what pooled, separate and shrunken fits foretold of the holdout."""

from __future__ import annotations

import warnings
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest

from evergrove.core import EvergroveWarning
from evergrove.models import ParetoNbd, Summary
from evergrove.models.pooled import fit_cohorts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evergrove.models import Floats

END = date(2011, 12, 9)
QUERY = """
with days as (
    select distinct CustomerID as customer, cast(InvoiceDate as date) as day from read_parquet(?)
    where CustomerID is not null and Quantity > 0 and UnitPrice > 0 and InvoiceNo not like 'C%'
)
select strftime(min(day), '%Y-%m'), count(*) filter (where day <= $2) - 1,
    date_diff('day', min(day), max(day) filter (where day <= $2)), date_diff('day', min(day), $2),
    count(*) filter (where day > $2)
from days group by customer having min(day) <= $2 order by customer
"""


def cohorts_at(path: Path, origin: date) -> dict[str, tuple[Summary, Floats]]:
    """By month: the customers as they stood, and their purchase days from then to the end."""
    rows = duckdb.execute(QUERY.replace("(?)", "($1)"), [str(path), origin]).fetchall()
    found = {}
    for month in sorted({row[0] for row in rows}):
        x, t_x, T, later = np.array([row[1:] for row in rows if row[0] == month], dtype=float).T
        found[month] = Summary(frequency=x, recency=t_x / 7, T=T / 7), later
    return found


@pytest.mark.slow
@pytest.mark.parametrize("origin", [date(2011, 6, 9), date(2011, 9, 9)])
def test_the_holdout_speaks_for_borrowing_strength(shared: Callable[[str], Path], origin: date) -> None:
    """Far better than separate fits by the log score of counts; against one fit of all the season decides."""
    data = cohorts_at(shared("online_retail/transactions.parquet"), origin)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvergroveWarning)
        fit = fit_cohorts(ParetoNbd, {month: summary for month, (summary, _later) in data.items()})
    weeks = (END - origin).days / 7
    score = dict.fromkeys(("pooled", "separate", "shrunken"), 0.0)
    for month, (s, later) in data.items():
        cohort = fit.cohorts[month]
        separate = cohort.alone.model if cohort.alone else fit.pooled.model
        for how, model in zip(score, (fit.pooled.model, separate, cohort.model), strict=True):
            each = model.log_probability_of_purchases(later, weeks, s.frequency, s.recency, s.T)
            score[how] += float(each.sum())

    assert fit.differ is not None
    assert fit.differ.p_value < 1e-20
    assert score["shrunken"] > score["separate"] + 10
    # Who came first came back most and, in autumn, everybody does: one fit of all then gains by its error.
    gain = score["shrunken"] - score["pooled"]
    assert gain > (10 if origin == date(2011, 6, 9) else -15)

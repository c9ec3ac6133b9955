"""Repeat purchases week by week, what a model expects beside what came."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove import charts
from evergrove.core import _
from evergrove.core.arguments import day
from evergrove.customers import base_of, daily_repeats
from evergrove.plots.asked import check_model, formats_in
from evergrove.plots.plot import Plot
from evergrove.scoring.tracking import track
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from evergrove.models import TransactionModel
    from evergrove.scoring.types import Tracking
    from evergrove.text import Formats, Language

SINCE = _("After {day} {model} expected {expected} repeat {expected:purchase|purchases}, and {actual} came.")
IN_ALL = _(
    "{model} expects {expected} repeat {expected:purchase|purchases} in all these weeks, and {actual} came."
)


def tracking(
    model: TransactionModel,
    orders: Any,
    *,
    fitted_until: date | str | None = None,
    observation_end: date | str | None = None,
    customer: str | None = None,
    date: str | None = None,
    amount: str | None = None,
    language: Language = "en",
) -> Plot:
    """
    Weekly repeat purchases: the line that a model expects, given when customers were won, beside what came.

    Args:
        model: As fitted.
        orders: As in ``summarize``: a table with one row per order, or the path of a file.
        fitted_until: The last day that the fit saw; what lies after it is shaded. None: it saw everything.
        observation_end: The last day shown; default: the last order day.
        customer: Name of the column; guessed from its header when not given, as are the next two.
        date: Likewise.
        amount: Likewise.
        language: Of the words.

    Raises:
        InputError: As ``summarize``.
    """
    check_model(model)
    formats, fitted = (
        formats_in(language),
        None if fitted_until is None else day("fitted_until", fitted_until),
    )
    named = {"customer": customer, "date": date, "amount": amount}
    with open_engine() as engine:
        base = base_of(engine, orders, observation_end, named)
        repeats = daily_repeats(engine, base)
        first = base.first_order_date.min()
        won = np.bincount((base.first_order_date - first).astype(np.int64), minlength=len(repeats))
    unseen = None if fitted is None else fitted + timedelta(days=1)
    found = track(model, first.item(), won, repeats, unseen)
    title = _title(found, model, formats)
    section = {
        "holdout_start": None if unseen is None else unseen.isoformat(),
        "weeks": [
            {
                "week_end": (found.first_day + timedelta(days=int(end))).isoformat(),
                "expected": round(float(expected), 3),
                "actual": float(actual),
            }
            for end, expected, actual in zip(found.week_end, found.expected, found.actual, strict=True)
        ],
    }
    return Plot(charts.tracking(section, formats, title), title, language=language)


def _title(found: Tracking, model: TransactionModel, formats: Formats) -> str:
    start = found.holdout_start
    weeks = found.week_end >= (0 if start is None else (start - found.first_day).days)
    expected, actual = (float(values[weeks].sum()) for values in (found.expected, found.actual))
    said = {
        "model": model.title,
        "expected": formats.number(expected),
        "actual": formats.number(actual),
    }
    if start is None:
        return formats.say(IN_ALL, **said)
    return formats.say(SINCE, day=formats.day(start - timedelta(days=1)), **said)

"""Repeat purchases week by week: what the model expects of those won so far, beside what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER
from evergrove.scoring.cells import by_day, smallest_scale
from evergrove.scoring.types import Tracking

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Floats

WEEK_DAYS = 7


def expected_by_day(model: TransactionModel, won: NDArray[Any]) -> Floats:
    """
    Cumulative expected repeat purchases by the end of each day.

    Args:
        model: The fitted process.
        won: Customers whose first purchase fell on each day. Shape (d,).

    Returns:
        Sum over acquisition days of E[X(day - acquisition day)], shape (d,).
    """
    days, day = len(won), 1 / DAYS_PER[model.unit]
    curve = by_day(
        lambda age: model.expected_purchases_new(max(age, 0.0) * day), days, smallest_scale(model) / day
    )
    increments = np.diff(curve, prepend=0.0)
    # The increments of all cohorts, added up by day; then summed over days.
    daily = np.convolve(won.astype(np.float64), increments)[:days]
    cumulative: Floats = np.cumsum(daily)
    return cumulative


def track(
    model: TransactionModel,
    first_day: date,
    won: NDArray[Any],
    repeats: NDArray[Any] | None,
    holdout_start: date | None,
) -> Tracking:
    """
    Expected beside actual repeat purchases, in whole weeks from the first order day.

    Args:
        model: The process, fitted on what lies before ``holdout_start``.
        first_day: The first order day; day 0 of the arrays.
        won: Customers whose first purchase fell on each day, up to observation_end. Shape (d,).
        repeats: Repeat purchase days on each day, shape (d,); None where unknown.
        holdout_start: The first day that the fit did not see; None where it saw all.
    """
    ends = np.arange(WEEK_DAYS - 1, len(won), WEEK_DAYS)
    expected = np.diff(expected_by_day(model, won)[ends], prepend=0.0)
    if repeats is None:
        actual = np.full(len(ends), np.nan)
    else:
        actual = np.diff(np.cumsum(repeats.astype(np.float64))[ends], prepend=0.0)
    return Tracking(
        week_end=ends,
        expected=expected,
        actual=actual,
        first_day=first_day,
        holdout_start=holdout_start,
    )

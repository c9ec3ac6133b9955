"""Days of the calendar on which playbooks begin: schedules, and the anniversary of a first order."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.campaigns.definition import DAILY, MISSED_DAYS, WEEKLY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evergrove.campaigns.definition import Rhythm


def days_looked_at(as_of: date, before: date | None) -> tuple[date, ...]:
    """
    The days that a night answers for: the one on which its messages leave, and those before it that no night did.

    Args:
        as_of: The last day whose orders are known.
        before: The same of the night before; None: there was none.

    Returns:
        The oldest first; at most ``MISSED_DAYS``, for what is older would come as a surprise.
    """
    today = as_of + timedelta(days=1)
    first = today if before is None else min(before + timedelta(days=2), today)
    first = max(first, today - timedelta(days=MISSED_DAYS - 1))
    return tuple(first + timedelta(days=n) for n in range((today - first).days + 1))


def latest_round(rhythm: Rhythm, days: Sequence[date]) -> date | None:
    """The latest of some days on which a schedule comes round; None: on none of them."""
    return next((each for each in reversed(days) if comes_round(rhythm, each)), None)


def comes_round(rhythm: Rhythm, day: date) -> bool:
    """Whether a schedule comes round on a day."""
    if rhythm.unit == DAILY:
        return day.toordinal() % rhythm.number == 0
    if rhythm.unit == WEEKLY:
        return day.isoweekday() == rhythm.number
    return day.day == min(rhythm.number, monthrange(day.year, day.month)[1])


def anniversaries(first: NDArray[Any], days: Sequence[date]) -> NDArray[np.int64]:
    """
    How many years ago, to the day, something was on one of some days; 0: on none of them.

    What was on 29 February has its day on the 28th in years that have no 29th.

    Args:
        first: The day that it was, NaT where it never was. Shape (n,).
        days: The days looked at.
    """
    years = np.zeros(len(first), dtype=np.int64)
    known = ~np.isnat(first)
    month = first.astype("datetime64[M]")
    year_of = first.astype("datetime64[Y]").astype(np.int64) + 1970
    day_of_month = (first - month).astype(np.int64) + 1
    month_of = month.astype(np.int64) % 12 + 1
    for each in days:
        same = known & (month_of == each.month) & (day_of_month == each.day)
        if (each.month, each.day) == (2, 28) and monthrange(each.year, 2)[1] == 28:
            same |= known & (month_of == 2) & (day_of_month == 29)
        years = np.where(same, each.year - year_of, years)
    return np.where(years > 0, years, 0)

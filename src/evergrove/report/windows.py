"""The stretches of time that figures speak of, by name."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

YEAR_BACK_DAYS = 365
"""12 months back are the 365 days that end with as_of."""


def windows(first_day: date, as_of: date, active_days: int, origin: date | None) -> dict[str, dict[str, Any]]:
    """
    Every window of the report, with its first and last day.

    Args:
        first_day: The first order day.
        as_of: The last day whose orders count.
        active_days: Horizon of the chance of another order.
        origin: Last day of the back-test's calibration window; None without a back-test.
    """
    next_day = as_of + timedelta(days=1)
    year_back = as_of - timedelta(days=YEAR_BACK_DAYS - 1)
    found = {
        "history": (first_day, as_of),
        "today": (as_of, as_of),
        "last_12_months": (max(year_back, first_day), as_of),
        "next_12_months": (next_day, as_of + timedelta(days=YEAR_BACK_DAYS)),
        "next_active_days": (next_day, as_of + timedelta(days=active_days)),
        "from_now_on": (next_day, None),
        "lifetime": (first_day, None),
    }
    if origin is not None:
        found["calibration"] = (first_day, origin)
        found["holdout"] = (origin + timedelta(days=1), as_of)
    return {
        name: {"name": name, "from": start.isoformat(), "to": None if end is None else end.isoformat()}
        for name, (start, end) in found.items()
    }

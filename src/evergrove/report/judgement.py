"""How far the forecasts can be trusted: tracking, and the back-test beside two naive baselines."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from evergrove.report.numbers import iso, money, realised, rounded, share

if TYPE_CHECKING:
    from evergrove.report.headline import Windows
    from evergrove.report.types import Figures
    from evergrove.scoring.types import BackTest, Judged, Tracking

NAIVE = ("last_period", "average_rate")


def tracking(found: Tracking | None, windows: Windows) -> Figures | None:
    """Repeat purchases week by week, expected beside actual."""
    if found is None:
        return None
    weeks = [
        {
            "week_end": (found.first_day + timedelta(days=int(end))).isoformat(),
            "expected": rounded(expected, 2),
            "actual": rounded(actual, 0),
        }
        for end, expected, actual in zip(found.week_end, found.expected, found.actual, strict=True)
    ]
    return {
        "definition": "tracking",
        "window": windows["history"],
        "holdout_start": iso(found.holdout_start),
        "weeks": weeks,
    }


def back_test(found: BackTest | None, windows: Windows) -> Figures | None:
    """What the models would have said at the origin, what the naive rules would have said, and what came."""
    if found is None:
        return None
    return {
        "definition": "back_test",
        "window": windows.get("holdout") or {"name": "holdout"},
        "origin": found.origin.isoformat(),
        "until": found.until.isoformat(),
        "customers": found.customers,
        "purchases": rounded(found.purchases, 0),
        "spend": realised(found.spend),
        "bins": [
            {"orders_so_far": label, "customers": count, "actual": rounded(actual, 4)}
            for label, count, actual in zip(found.bins, found.bin_customers, found.bin_actual, strict=True)
        ],
        "judged": [_judged(each) for each in found.judged],
        "past_spend_gini": share(found.past_spend_gini),
        "origins": [
            {
                "origin": each.origin.isoformat(),
                "until": each.until.isoformat(),
                "actual": money(each.actual),
                "forecast": money(each.forecast),
                "log_ratio": rounded(each.log_ratio, 4),
            }
            for each in found.origins
        ],
        "log_spread": rounded(found.log_spread, 4),
    }


def _judged(judged: Judged) -> dict[str, Any]:
    plain = asdict(judged) | {"naive": judged.name in NAIVE}
    plain["by_frequency"] = [rounded(value, 4) for value in judged.by_frequency]
    for name, value in plain.items():
        if isinstance(value, float):
            plain[name] = rounded(value, 4)
    return plain

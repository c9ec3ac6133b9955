"""The figures at the top: how many customers, what they are worth, who is leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.report.accounting import reason_for
from evergrove.report.numbers import mean, money, ratio, rounded, share, total

if TYPE_CHECKING:
    from evergrove.customers import CustomerBase
    from evergrove.report.types import Figures, Foretold

Windows = dict[str, dict[str, Any]]


def headline(base: CustomerBase, valuation: Foretold, windows: Windows) -> Figures:
    """
    Each headline figure by name, with its definition, its window and, where it is None, the reason's code.

    Args:
        base: The customers.
        valuation: What is foretold of them.
        windows: By name, as ``windows()`` gives them.
    """
    scores, totals, readiness = valuation.scores, valuation.totals, valuation.readiness
    customers = len(base)
    recent = base.orders_12m > 0
    orders_12m, spend_12m = int(base.orders_12m.sum()), total(base.spend_12m)
    figures: Figures = {}

    def put(name: str, value: float | None, unit: str, window: str, *needs: str, **more: Any) -> None:
        figures[name] = {
            "value": value,
            "unit": unit,
            "definition": name,
            "window": windows[window],
            "reason": None if value is not None else reason_for(readiness, *needs),
        } | more

    put("customers", customers, "count", "history")
    put("average_clv_12m", money(mean(scores.clv_12m)), "money", "next_12_months", "clv_12m")
    put("average_clv_total", money(mean(scores.clv_total)), "money", "lifetime", "clv_total")
    put("average_order", money(ratio(spend_12m, orders_12m)), "money", "last_12_months", "historic_value")
    put("orders_per_year", rounded(ratio(orders_12m, int(recent.sum())), 3), "per_year", "last_12_months")
    repeated = int(((base.repeat_orders_12m > 0) & recent).sum())
    put("repeat_rate", share(ratio(repeated, int(recent.sum()))), "share", "last_12_months")
    once = int(np.count_nonzero(base.frequency == 0))
    put("one_time_share", share(ratio(once, customers)), "share", "history")
    put(
        "expected_active",
        rounded(total(scores.p_active_180d), 1),
        "count",
        "next_active_days",
        "p_active_180d",
    )
    at_stake = totals.clv_12m
    put(
        "value_at_stake",
        money(at_stake.estimate),
        "money",
        "next_12_months",
        "clv_12m",
        low=money(at_stake.low),
        high=money(at_stake.high),
        level=at_stake.level,
    )
    put(
        "value_likely_lost",
        money(totals.value_likely_lost),
        "money",
        "next_12_months",
        "clv_12m",
        "p_alive",
        share=share(totals.lost_of_alive_value),
    )
    put("historic_value", money(totals.historic_value), "money", "history", "historic_value")
    put("residual_value", money(totals.clv), "money", "from_now_on", "clv")
    return figures

"""By how much orders and spend of everybody have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.segments.health.tables import read_windows
from evergrove.segments.measures.ratios import order_change, spend_change

if TYPE_CHECKING:
    from evergrove.customers import CustomerBase
    from evergrove.segments.measures.ratios import RateChange
    from evergrove.settings import StageSettings
    from evergrove.warehouse import Engine


def changes_of(engine: Engine, base: CustomerBase, settings: StageSettings) -> tuple[RateChange, RateChange]:
    """
    The two-window ratios of orders and of spend.

    Args:
        engine: Holds what ``summarise`` left.
        base: The customers.
        settings: Of stages.
    """
    window, certainty = settings.trend_window_days, settings.trend_certainty
    spent = read_windows(engine, base.observation_end, window)
    return (
        order_change(base.orders_last_window, base.orders_prev_window, base.T, window, certainty),
        spend_change(spent, base.T, window, certainty),
    )

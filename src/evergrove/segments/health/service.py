"""The verb of this room: how things stand with everybody tonight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.segments.health.rules import health_by_rule, points_of
from evergrove.segments.health.tables import read_signs, read_windows
from evergrove.segments.health.types import Vitals
from evergrove.segments.measures.ratios import order_change, spend_change
from evergrove.segments.stages.rules import silence_limits

if TYPE_CHECKING:
    from collections.abc import Collection

    from evergrove.customers import CustomerBase
    from evergrove.segments.health.types import Health
    from evergrove.segments.types import StageCuts
    from evergrove.settings import StageSettings
    from evergrove.warehouse import Engine


def health_of(
    engine: Engine, base: CustomerBase, cuts: StageCuts, settings: StageSettings, told: Collection[str]
) -> Health:
    """
    Health of every customer, from orders and from what is told beside them.

    Args:
        engine: Holds what ``summarise`` left, refunds, events, tickets and surveys; empty ones too.
        base: The customers.
        cuts: Where decline and churn begin.
        settings: Of stages.
        told: Names of the tables that hold rows.
    """
    signs = read_signs(engine, base.observation_end, settings.trend_window_days, told)
    limits = silence_limits(base.gap_p80, base.gap_p95, cuts, settings)
    silence = base.T - base.recency
    points = points_of(signs, silence, limits.decline, limits.churn, base.orders_12m, settings)
    return health_by_rule(points)


def vitals_of(engine: Engine, base: CustomerBase, health: Health, settings: StageSettings) -> Vitals:
    """
    Health, and by how much orders and spend have changed.

    Args:
        engine: Holds what ``summarise`` left.
        base: The customers.
        health: Of them.
        settings: Of stages.
    """
    window, certainty = settings.trend_window_days, settings.trend_certainty
    spent = read_windows(engine, base.observation_end, window)
    return Vitals(
        health,
        order_change(base.orders_last_window, base.orders_prev_window, base.T, window, certainty),
        spend_change(spent, base.T, window, certainty),
    )

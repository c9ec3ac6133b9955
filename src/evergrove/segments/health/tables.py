"""What health and the two-window ratios read of an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.segments.health.types import Signs
from evergrove.segments.measures.around import STATION
from evergrove.segments.measures.ratios import Windows
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from evergrove.warehouse import Engine

BEYOND_ORDERS = ("events", "tickets", "surveys")


def read_signs(engine: Engine, observation_end: date, window_days: int, told: Collection[str]) -> Signs:
    """
    The signs of every customer of ``customer_summary``.

    Args:
        engine: Holds customer_summary, refunds, events, tickets and surveys; empty ones too.
        observation_end: The last day that is seen.
        window_days: Length of a window.
        told: Names of the tables that hold rows.
    """
    refunded = engine.value("select 1 from refunds where refund_date <= $day limit 1", day=observation_end)
    columns: dict[str, Any] = engine.arrays(
        statement(STATION, "health_signs"),
        observation_end=observation_end,
        window_days=window_days,
        has_tickets="tickets" in told,
        has_refunds=refunded is not None,
    )
    return Signs(**columns, beyond_orders=not set(told).isdisjoint(BEYOND_ORDERS))


def read_windows(engine: Engine, observation_end: date, window_days: int) -> Windows:
    """
    Spend of the two windows, of every customer of ``customer_summary``.

    Args:
        engine: Holds purchases and customer_summary.
        observation_end: The last day that is seen.
        window_days: Length of a window.
    """
    columns: dict[str, Any] = engine.arrays(
        statement(STATION, "window_spend"), observation_end=observation_end, window_days=window_days
    )
    return Windows(**columns)

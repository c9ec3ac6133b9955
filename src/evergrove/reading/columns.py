"""Which columns of a night stand ready in memory, each once: what lists show, sort by and are filtered by most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.export import SCORE_COLUMNS, TIER_COLUMNS
from evergrove.export.due import DUE, DUE_COLUMNS
from evergrove.export.health import HEALTH_COLUMNS
from evergrove.export.left_out import UNPROFILED_COLUMNS
from evergrove.export.traits import TRAIT_COLUMNS
from evergrove.pipeline.left_out import UNPROFILED
from evergrove.pipeline.nights import HEALTH, SCORES, TIERS, TRAITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.export import Column

ID = "customer_id"
CUSTOMERS = "customers"
"""The table in memory."""

OF_TABLES: Mapping[str, tuple[Column, ...]] = {
    SCORES: SCORE_COLUMNS,
    TIERS: TIER_COLUMNS,
    HEALTH: HEALTH_COLUMNS,
    DUE: DUE_COLUMNS,
    TRAITS: TRAIT_COLUMNS,
    UNPROFILED: UNPROFILED_COLUMNS,
}
"""Columns of every table that has at most a row a customer."""

KEPT: Mapping[str, tuple[str, ...]] = {
    SCORES: (
        ID,
        "first_order_date",
        "last_order_date",
        "orders",
        "orders_12m",
        "spend_12m",
        "aov_12m",
        "frequency",
        "recency",
        "historic_value",
        "clv_12m",
        "clv_12m_low",
        "clv_12m_high",
        "clv",
        "p_alive",
        "p_active_180d",
        "next_order_date",
        "next_order_p25",
        "next_order_p75",
        "rfm_group",
        "model",
        "basis",
        "currency",
    ),
    TIERS: (
        "tier",
        "own_tier",
        "stage",
        "action",
        "tier_since",
        "stage_since",
        "tier_reason",
        "stage_reason",
        "realised_tier",
        "lower_checks",
        "returned_on",
        "spend_band",
        "frequency_band",
        "average_order_band",
    ),
    HEALTH: ("health", "order_trend", "p_leave_tier_90d", "p_leave_stage_90d"),
    DUE: ("due_on", "decline_on", "churn_on"),
    TRAITS: ("acquisition_source", "top_category"),
    UNPROFILED: ("reason",),
}
"""Some 45 columns: a quarter of a gigabyte for a million customers. The others of one customer are read from files."""

RENAMED: Mapping[tuple[str, str], str] = {(UNPROFILED, "reason"): "unprofiled_reason"}
"""What a column is called beside those of other tables."""


def _columns() -> dict[str, Column]:
    known = {table: {each.name: each for each in columns} for table, columns in OF_TABLES.items()}
    return {
        RENAMED.get((table, name), name): known[table][name]
        for table, names in KEPT.items()
        for name in names
    }


COLUMNS: Mapping[str, Column] = _columns()
"""The columns of the table in memory, by the names that they have there."""

WORDS: tuple[str, ...] = (
    *(name for name, each in COLUMNS.items() if each.kind == "word"),
    "model",
    "basis",
    "currency",
    "unprofiled_reason",
)
"""Columns of few values: each is kept as a number of its value, a byte instead of sixteen."""
LISTED: tuple[str, ...] = (
    ID,
    "tier",
    "own_tier",
    "stage",
    "action",
    "clv_12m",
    "clv_12m_low",
    "clv_12m_high",
    "clv",
    "historic_value",
    "p_alive",
    "p_active_180d",
    "health",
    "orders",
    "orders_12m",
    "spend_12m",
    "first_order_date",
    "last_order_date",
    "next_order_date",
    "due_on",
    "unprofiled_reason",
)
"""What a line of a list shows."""
SORTED: tuple[str, ...] = tuple(
    name for name, each in COLUMNS.items() if each.kind not in ("text", "word") and name != "lower_checks"
)
"""By what a list can be sorted."""

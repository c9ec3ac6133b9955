"""The grid of tier and stage as the page shows it: counts, values, playbooks, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.report.page import GridCell
from evergrove.segments.cells import cell
from evergrove.segments.codes import Stage, Tier

if TYPE_CHECKING:
    from evergrove.report.types import Figures
    from evergrove.text import Formats

DEPTHS = 5
"""Shades of the cells, pale to deep, by their share of the greatest value."""


def grid_cells(
    figures: Figures, words: dict[str, dict[str, str]], formats: Formats
) -> dict[tuple[str, str], GridCell]:
    """Every cell with customers, by tier and stage as the figures name them ("" without a tier)."""
    rows = figures["grid"]["rows"]
    measure = "clv_12m" if any(row["clv_12m"] is not None for row in rows) else "customers"
    most = max((row[measure] or 0.0 for row in rows), default=0.0)
    return {
        (row["tier"] or "", row["stage"]): _cell(row, _depth(row[measure], most), words, formats)
        for row in rows
    }


def _depth(value: float | None, most: float) -> int:
    """0 for next to nothing, ``DEPTHS`` - 1 for the greatest; by the square root, as areas are seen."""
    if not value or value <= 0 or most <= 0:
        return 0
    return min(DEPTHS - 1, int(DEPTHS * (value / most) ** 0.5))


def _cell(row: Figures, depth: int, words: dict[str, dict[str, str]], formats: Formats) -> GridCell:
    tier = None if row["tier"] is None else Tier[row["tier"].upper()]
    meaning = cell(tier, Stage[row["stage"].upper()])
    call_back = ""
    if row["call_back"]:
        call_back = formats.say(
            _("{count} of them were of high value before: call them back."),
            count=formats.number(row["call_back"]),
        )
    return GridCell(
        key=f"{row['tier'] or 'none'}-{row['stage']}",
        size=float(row["clv_12m"] or 0.0) + row["customers"] * 1e-9,
        tier_code=row["tier"] or "",
        tier=words["tier"][row["tier"] or ""],
        stage=words["stage"][row["stage"]],
        customers=formats.number(row["customers"]),
        value=formats.money_compact(row["clv_12m"]),
        likely_lost=formats.money_compact(row["likely_lost"]),
        action=words["action"][row["action"]],
        goal=formats.say(meaning.goal),
        steps=tuple(formats.say(step) for step in meaning.actions),
        depth=depth,
        call_back=call_back,
    )


def axes(figures: Figures) -> tuple[list[str], list[str]]:
    """Tiers (best first) and stages (in the order of life) that the grid has rows and columns for."""
    rows = figures["grid"]["rows"]
    tiers = [row["tier"] or "" for row in figures["tiers"]["rows"]]
    stages = [row["stage"] for row in figures["stages"]["rows"]]
    used_tiers = {row["tier"] or "" for row in rows}
    return [tier for tier in tiers if tier in used_tiers], stages

"""The grid of tier and stage as the page shows it: counts, values, playbooks, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.report.amounts import short
from evergrove.report.answers import grid_answer, slipping_away
from evergrove.report.page import GridCell, GridTexts
from evergrove.segments.codes import Stage, Tier
from evergrove.segments.sentences.cells import cell

if TYPE_CHECKING:
    from evergrove.report.types import Figures
    from evergrove.text import Formats

LEAD_TIERED = _(
    "Two questions place every customer: how much they spend (the tier) and where they stand (the stage). Each cell "
    "has its own playbook."
)
LEAD_UNTIERED = _(
    "One question places every customer here: where they stand (the stage). Without amounts there are no tiers."
)
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
        (row["tier"] or "", row["stage"]): _cell(row, depth_of(row[measure], most), words, formats)
        for row in rows
    }


def depth_of(value: float | None, most: float) -> int:
    """0 for next to nothing, ``DEPTHS`` - 1 for the greatest; by the square root, as areas are seen."""
    if not value or value <= 0 or most <= 0:
        return 0
    return min(DEPTHS - 1, int(DEPTHS * (value / most) ** 0.5))


def _cell(row: Figures, depth: int, words: dict[str, dict[str, str]], formats: Formats) -> GridCell:
    tier = None if row["tier"] is None else Tier[row["tier"].upper()]
    meaning = cell(tier, Stage[row["stage"].upper()])
    among, call_back, also = row["call_back"], "", ""
    if 0 < among < row["customers"]:
        count = formats.number(among)
        call_back = formats.say(
            _("To be called back, because they were of high value before: {count} of them."), count=count
        )
        also = formats.say(_("{count} to call back"), count=count)
    return GridCell(
        key=f"{row['tier'] or 'none'}-{row['stage']}",
        size=float(row["clv_12m"] or 0.0) + row["customers"] * 1e-9,
        tier_code=row["tier"] or "",
        tier=words["tier"][row["tier"] or ""],
        stage=words["stage"][row["stage"]],
        customers=formats.number(row["customers"]),
        value="" if row["clv_12m"] is None else short(row["clv_12m"], formats),
        action=words["action"][row["action"]],
        goal=formats.say(meaning.goal),
        steps=tuple(formats.say(step) for step in meaning.actions),
        depth=depth,
        call_back=call_back,
        also=also,
    )


def grid_texts(figures: Figures, words: dict[str, dict[str, str]], formats: Formats) -> GridTexts:
    """What stands around the grid: it says other things where there are no values, tiers, or declining customers."""
    rows = figures["grid"]["rows"]
    valued = any(row["clv_12m"] is not None for row in rows)
    tiered = any(row["tier"] for row in rows)
    here = {row["stage"] for row in rows}
    absent = [words["stage"][row["stage"]] for row in figures["stages"]["rows"] if row["stage"] not in here]
    reading = (
        _(
            "In each cell: how many customers, their value of the next 12 months, and the playbook. The stronger the colour, the more value."
        )
        if valued
        else _(
            "In each cell: how many customers, and the playbook. The stronger the colour, the more customers."
        )
    )
    return GridTexts(
        lead=formats.say(LEAD_TIERED if tiered else LEAD_UNTIERED),
        question=formats.say(
            _("Where can most be saved?") if slipping_away(figures) else _("Where are most customers?")
        ),
        answer=grid_answer(figures, words, formats),
        reading=formats.sentences(
            formats.say(reading),
            formats.say(_("Nobody is at these stages: {stages}."), stages=formats.enumerated(absent))
            if absent
            else "",
        ),
    )


def axes(figures: Figures) -> tuple[list[str], list[str]]:
    """Tiers (best first) and stages (in the order of life) that the grid has rows and columns for."""
    rows = figures["grid"]["rows"]
    tiers = [row["tier"] or "" for row in figures["tiers"]["rows"]]
    stages = [row["stage"] for row in figures["stages"]["rows"]]
    used_tiers, used_stages = {row["tier"] or "" for row in rows}, {row["stage"] for row in rows}
    return [tier for tier in tiers if tier in used_tiers], [stage for stage in stages if stage in used_stages]

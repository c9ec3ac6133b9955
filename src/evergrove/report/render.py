"""The report as HTML: what ``written`` needs to know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.charts.palette import STAGE_SYMBOLS, TIER_SYMBOLS
from evergrove.report import answers
from evergrove.report.compose import composed, first_table, together
from evergrove.report.definitions import DEFINITIONS, Definition
from evergrove.report.grid_page import axes, grid_cells, grid_texts
from evergrove.report.html import written
from evergrove.report.outreach_definitions import OUTREACH_DEFINITIONS
from evergrove.report.words import names
from evergrove.text import Formats
from evergrove.text.formats import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.report.types import Figures
    from evergrove.text import Language

TEMPLATE = "report.html.j2"
PARTS: Mapping[str, tuple[str, ...]] = {
    "value": ("concentration", "tiers", "stages", "methods"),
    "time": (
        "cohort_retention",
        "cohort_value",
        "newer_customers",
        "alive_grid",
        "matrix_p_alive",
        "matrix_expected_purchases",
        "alive_history",
    ),
    "trust": ("tracking", "back_test", "champions", "model"),
    "data": ("readiness", "rows", "excluded", "mapping"),
}
"""The blocks of each part of the page, in order."""


def rendered(figures: Figures, language: Language) -> str:
    """
    The whole report as HTML.

    Args:
        figures: As ``build_figures`` gives them, or as read back from summary.json.
        language: Of the reader.
    """
    formats = Formats(language, figures["currency"] or "")
    words = names(formats)
    page = composed(figures, formats)
    tiers, stages = axes(figures)
    cells = grid_cells(figures, words, formats)
    definitions = {key: _spoken(each, formats) for key, each in DEFINITIONS.items()}
    if page.outreach:
        definitions |= _of_outreach(figures["outreach"], formats)
    return written(
        TEMPLATE,
        language,
        page.charts,
        page=page,
        parts_of={
            part: together([page.blocks[key] for key in keys if key in page.blocks])
            for part, keys in PARTS.items()
        },
        words=words,
        tiers=tiers,
        stages=stages,
        cells=cells,
        playbooks=sorted(cells.values(), key=lambda cell: -cell.size),
        grid=grid_texts(figures, words, formats),
        first=first_table(figures["look_at_first"], words, formats),
        first_answer=answers.first_answer(figures["look_at_first"], formats),
        band_ends=answers.at_stake_amounts(figures, formats),
        definitions=definitions,
        symbols={"tier": {**TIER_SYMBOLS, "": NOTHING}, "stage": STAGE_SYMBOLS},
        version=figures["evergrove"],
        seed=figures["model"]["seed"],
    )


def _of_outreach(section: Figures, formats: Formats) -> dict[str, Definition]:
    """What stands in the part about what was done, with the targets where there is a board."""
    spoken = {key: _spoken(each, formats) for key, each in OUTREACH_DEFINITIONS.items()}
    if not section.get("targets"):
        return spoken
    from evergrove.report.review.targets import target_definitions  # noqa: PLC0415 - as in outreach.py

    return spoken | target_definitions(section["targets"], formats)


def _spoken(definition: Definition, formats: Formats) -> Definition:
    return Definition(formats.say(definition.name), formats.say(definition.text))

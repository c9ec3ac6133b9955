"""The blocks of the back-test's page, each a question with its answer, a chart and the table behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.report.back_test.certainty import coverage_block, inside_block, pit_block, reliability_block
from evergrove.report.back_test.groups import group_blocks
from evergrove.report.back_test.upkeep import cost_block, season_block
from evergrove.report.back_test.value import calibration_block, ranking_block, totals_block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.report.page import Block
    from evergrove.report.types import Figures
    from evergrove.text import Formats


def blocks_of(figures: Figures, formats: Formats) -> list[Block]:
    """Every block that these figures can fill."""
    return list(_blocks(figures, formats))


def _blocks(figures: Figures, formats: Formats) -> Iterator[Block]:
    makers = (
        ranking_block,
        calibration_block,
        totals_block,
        coverage_block,
        inside_block,
        pit_block,
        reliability_block,
        season_block,
        cost_block,
    )
    for make in makers:
        block = make(figures, formats)
        if block is not None:
            yield block
    yield from group_blocks(figures, formats)

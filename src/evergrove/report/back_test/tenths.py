"""Ten equal groups by forecast, what was said of each beside what came: of amounts, of counts, of chances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove import charts
from evergrove.report.back_test.chosen import contender
from evergrove.report.back_test.words import names
from evergrove.report.page import Block, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.report.types import Figures
    from evergrove.text import Formats


@dataclass(frozen=True)
class Tenths:
    """
    What a block about tenths shows.

    Attributes:
        key: Of the block.
        purpose: Whose champion is shown, where it has the measure.
        measure: Name of the deciles among the measures.
        question: What a reader asks.
        answer: Of the highest tenth, with {forecast}, {actual} and {name}.
        titles: Of the table's three columns.
        height: Of the chart, in pixels.
    """

    key: str
    purpose: str
    measure: str
    question: str
    answer: str
    titles: tuple[str, str, str]
    height: int


def tenths_block(
    shown: Tenths,
    of: str,
    figures: Figures,
    formats: Formats,
    written: Callable[[float], str],
    short: Callable[[float], str] | None = None,
) -> Block | None:
    """
    The block of one measure; None where nobody has it.

    Args:
        shown: What it is about.
        of: What the chart counts: "spend", "purchases" or "chance".
        figures: The document.
        formats: Of the reader.
        written: A figure in the table.
        short: The same in the answer; None writes it alike.
    """
    one = contender(figures, shown.purpose, shown.measure)
    if one is None:
        return None
    deciles = one["pooled"][shown.measure]
    pairs = list(zip(deciles["forecast"], deciles["actual"], strict=True))
    said, came = map(short or written, pairs[-1])
    answer = formats.say(shown.answer, forecast=said, actual=came, name=names(figures)[one["name"]])
    section = {"of": of, "deciles": [{"forecast": said, "actual": came} for said, came in pairs]}
    rows = [(str(k + 1), *map(written, pair)) for k, pair in enumerate(pairs)]
    return Block(
        shown.key,
        formats.say(shown.question),
        answer,
        charts.calibration(section, formats, answer),
        shown.height,
        table([formats.say(title) for title in shown.titles], rows, words=0),
    )

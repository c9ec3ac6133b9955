"""Blocks about certainty: do intervals and chances keep what they promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove import charts
from evergrove.core import _
from evergrove.report.back_test.chosen import contender
from evergrove.report.back_test.tenths import Tenths, tenths_block
from evergrove.report.back_test.words import names, titles
from evergrove.report.page import Block, table

if TYPE_CHECKING:
    from evergrove.report.types import Figures
    from evergrove.text import Formats

LEVEL = 0.8
COVERED = _(
    "Of the customers who were likely to buy, {share} spent within the interval of {name}; {level} were promised."
)
FEW = _("Nobody was likely enough to buy to judge the interval by: see the table.")
PIT_ANSWER = _("{share} of the outcomes fell into the middle {level} of what {name} expected.")
RELIABILITY = Tenths(
    "reliability",
    "churn",
    "reliability",
    _("Who buys at all: do the chances come true?"),
    _("Of the tenth called surest to buy, {forecast} were to buy and {actual} did ({name})."),
    (_("Tenth by chance"), _("Were to buy"), _("Bought")),
    320,
)
WIDE = _(
    "Counting everybody, an interval covers more than it promises, because most customers buy nothing and nought "
    "lies in most intervals. Customers with under 10 % chance of no purchase are the fair test."
)
INSIDE_ANSWER = _(
    "Window by window, {shares} of what was spent fell within the interval of {name}; {level} were promised."
)
INSIDE_NOTE = _(
    "Nothing spent is an outcome that most customers share. Here it counts as inside to the part of its own chance that the interval "
    "takes in, so that everybody can be counted and 80 % is what a right interval has."
)
PIT_NOTE = _(
    "Each bar is a tenth of what could have happened, from far less than expected to far more. Even bars are "
    "right; high ends mean intervals that are too narrow, a high middle intervals that are too wide."
)


def coverage_block(figures: Figures, formats: Formats) -> Block | None:
    """The share inside the interval, everybody's."""
    judged = [one for one in figures["contenders"] if one["pooled"] and one["pooled"]["coverage"] is not None]
    if not judged:
        return None
    named, level = titles(figures), formats.percent(LEVEL, 0)
    chosen = contender(figures, "ranking", "coverage_likely") or judged[0]
    share = chosen["pooled"]["coverage_likely"]
    answer = (
        formats.say(FEW)
        if share is None
        else formats.say(
            COVERED, share=formats.percent(share, 0), name=names(figures)[chosen["name"]], level=level
        )
    )
    bars = [{"label": named[one["name"]], "inside": one["pooled"]["coverage_likely"]} for one in judged]
    shown = [row for row in bars if row["inside"] is not None]
    rows = [
        (
            named[one["name"]],
            formats.percent(one["pooled"]["coverage"], 0),
            formats.percent(one["pooled"]["coverage_likely"], 0),
            formats.number(one["pooled"]["likely"]),
            formats.money(one["pooled"]["width"]),
        )
        for one in judged
    ]
    titled = (
        _("Forecast by"),
        _("All inside"),
        _("Likely buyers inside"),
        _("Likely buyers"),
        _("Mean width"),
    )
    return Block(
        "coverage",
        formats.say(_("Do the intervals keep their promise?")),
        answer,
        charts.coverage({"level": LEVEL, "rows": bars}, formats, answer) if shown else None,
        70 + 38 * len(shown),
        table([formats.say(title) for title in titled], rows),
        note=formats.say(WIDE),
    )


def inside_block(figures: Figures, formats: Formats) -> Block | None:
    """The share inside the interval window by window, where equal outcomes are spread over the chance they had."""
    one = contender(figures, "ranking", "spend_inside")
    if one is None:
        return None
    judged = [each for each in figures["contenders"] if each["pooled"] and each["pooled"].get("spend_inside")]
    named, origins = titles(figures), [formats.day(turn["origin"]) for turn in one["turns"]]
    shares = [_inside(turn["measures"]) for turn in one["turns"]]
    answer = formats.say(
        INSIDE_ANSWER,
        shares=formats.enumerated([formats.percent(share, 0) for share in shares if share is not None]),
        name=names(figures)[one["name"]],
        level=formats.percent(LEVEL, 0),
    )
    bars = [{"label": day, "inside": share} for day, share in zip(origins, shares, strict=True)]
    rows = [
        (
            named[each["name"]],
            *(formats.percent(_inside(turn["measures"]), 1) for turn in each["turns"]),
            formats.percent(each["pooled"]["spend_inside"], 1),
        )
        for each in judged
    ]
    titled = [formats.say(_("Forecast by")), *origins, formats.say(_("All windows"))]
    return Block(
        "spend_inside",
        formats.say(_("And window by window, counting everybody?")),
        answer,
        charts.coverage({"level": LEVEL, "rows": bars}, formats, answer),
        70 + 38 * len(bars),
        table(titled, rows),
        note=formats.say(INSIDE_NOTE),
    )


def _inside(measures: Figures | None) -> float | None:
    return None if measures is None else measures.get("spend_inside")


def pit_block(figures: Figures, formats: Formats) -> Block | None:
    """Where the outcomes fell in what was expected."""
    one = contender(figures, "churn", "pit")
    if one is None:
        return None
    answer = formats.say(
        PIT_ANSWER,
        share=formats.percent(one["pooled"]["pit_share"], 0),
        level=formats.percent(LEVEL, 0),
        name=names(figures)[one["name"]],
    )
    section = {"shares": one["pooled"]["pit"]}
    rows = [(str(k + 1), formats.percent(share)) for k, share in enumerate(one["pooled"]["pit"])]
    titled = (_("Tenth of what could happen"), _("Share of customers"))
    return Block(
        "pit",
        formats.say(_("Was it as sure as it should be?")),
        answer,
        charts.pit(section, formats, answer),
        280,
        table([formats.say(title) for title in titled], rows, words=0),
        note=formats.say(PIT_NOTE),
    )


def reliability_block(figures: Figures, formats: Formats) -> Block | None:
    """Chances to buy beside the share that bought."""
    return tenths_block(
        RELIABILITY, "chance", figures, formats, formats.percent, lambda share: formats.percent(share, 0)
    )

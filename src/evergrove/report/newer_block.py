"""The block that says whether newer customers are like older ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove import charts
from evergrove.core import _
from evergrove.report.page import Block, table
from evergrove.report.words import spoken, why_missing

if TYPE_CHECKING:
    from evergrove.report.types import Figures
    from evergrove.text import Formats

KEY = "newer_customers"


def newer_block(figures: Figures, _names: dict[str, dict[str, str]], formats: Formats) -> Block:
    """Whether newer customers are like older ones."""
    section, question = figures.get(KEY), formats.say(_("Are newer customers like older ones?"))
    if section is None:
        return Block(KEY, question, "", missing=why_missing(figures, formats, "p_alive"))
    if not section["rows"]:
        return Block(KEY, question, "", missing=spoken(section["reason"], formats))
    answer = newer_answer(section, formats)
    titles = (
        _("First order in"),
        _("Customers"),
        _("Repeat orders in the first year"),
        _("At least"),
        _("At most"),
        _("From these customers alone"),
        _("Weight of their own orders"),
    )
    rows = [
        (
            formats.period(row["start"], section["period"]),
            formats.number(row["customers"]),
            *(formats.number(row["together"][end], 2) for end in ("value", "low", "high")),
            formats.number(row["alone"]["value"], 2) if row["alone"] else "",
            formats.percent(row["weight"], 0),
        )
        for row in section["rows"]
    ]
    return Block(
        KEY,
        question,
        answer,
        charts.newer_customers(section, formats, answer),
        110 + 30 * len(rows),
        table([formats.say(title) for title in titles], rows),
        note=_note(section, formats),
        definitions=(KEY,),
    )


def newer_answer(section: Figures, formats: Formats) -> str:
    """The newest group beside the oldest, where they can be told apart."""
    rows, period = section["rows"], section["period"]
    old, new = rows[0]["together"], rows[-1]["together"]
    written = {
        "oldest": formats.period(rows[0]["start"], period),
        "newest": formats.period(rows[-1]["start"], period),
        "before": formats.number(old["value"], 1),
        "now": formats.number(new["value"], 1),
    }
    if new["high"] < old["low"]:
        return formats.say(
            _(
                "No, they order less: whoever came in {newest} is expected to order {now} more times in the first year, "
                "whoever came in {oldest} {before} times."
            ),
            **written,
        )
    if new["low"] > old["high"]:
        return formats.say(
            _(
                "No, they order more: whoever came in {newest} is expected to order {now} more times in the first year, "
                "whoever came in {oldest} {before} times."
            ),
            **written,
        )
    if section["spread"]["low"] > 0:
        values = [row["together"]["value"] for row in rows]
        return formats.say(
            _(
                "Groups differ, from {low} to {high} further orders in the first year, but the newest cannot be told from "
                "the oldest."
            ),
            low=formats.number(min(values), 1),
            high=formats.number(max(values), 1),
        )
    return formats.say(
        _(
            "As far as these data tell, yes: about {value} further orders in the first year, whenever a customer came."
        ),
        value=formats.number(section["pooled"]["value"], 1),
    )


def _note(section: Figures, formats: Formats) -> str:
    reading = formats.say(
        _(
            "The thick line holds the true figure in {level} of cases. Small or new groups borrow from the others; large ones speak "
            "for themselves. Seasons count as differences: the model knows none."
        ),
        level=formats.percent(section["level"], 0),
    )
    if not section["earlier_customers"]:
        return reading
    return formats.sentences(
        reading,
        formats.say(
            _("{count} {count:customer of earlier groups is|customers of earlier groups are} not shown."),
            count=formats.number(section["earlier_customers"]),
        ),
    )

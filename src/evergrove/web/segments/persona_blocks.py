"""What sets a group apart, as blocks: attributes side by side with all others, and figures that lie elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.charts import persona_shares
from evergrove.charts.personas import height_of
from evergrove.core import _
from evergrove.segments.personas.words import attribute_name, figure_name, figure_text, sentences
from evergrove.web.frame import Block, Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.text import Formats

SHOWN = 10
"""Attributes of the chart: the most telling; the table has all."""
ATTRIBUTES, FIGURES = _("What are they like?"), _("What do they do otherwise?")
ALIKE = _("No attribute is more or less frequent among them than among all others.")
SAME = _("None of their figures lies elsewhere than those of all others.")
READ_SHARES = _(
    "Shares of those of whom the attribute is known. How often and its bounds compare both shares; the interval holds in 8 of 10 cases."
)
READ_FIGURES = _(
    "The middle of each figure, in this group and among all others. “Higher in” is how often one of theirs is above one of the others', of all pairs; 50% would be no difference."
)


def blocks_of(found: Mapping[str, Any], formats: Formats, files: str, asked: str) -> list[Block]:
    """
    Both blocks.

    Args:
        found: The persona's document.
        formats: The reader's language.
        files: Path below which the tables can be had.
        asked: The query that names the group.
    """
    return [
        _shares(found, formats, f"{files}/attributes{asked}"),
        _figures(found, formats, f"{files}/figures{asked}"),
    ]


def _shares(found: Mapping[str, Any], formats: Formats, files: str) -> Block:
    told = found["attributes"]
    question = formats.say(ATTRIBUTES)
    if not told:
        return Block("attributes", question, answer=formats.say(ALIKE))
    answer = sentences({**found, "shifts": []}, formats)[1]
    named = [(_capital(attribute_name(each, formats)), each) for each in told]
    shown = [(name, each["share"], each["share_of_others"]) for name, each in named[:SHOWN]]
    rows = [
        (name, each["share"], each["share_of_others"], each["lift"], each["low"], each["high"])
        for name, each in named
    ]
    columns = [
        Column("attribute", formats.say(_("Attribute"))),
        Column("share", formats.say(_("This group")), "percent"),
        Column("share_of_others", formats.say(_("All others")), "percent"),
        Column("lift", formats.say(_("Times as often")), "tenth"),
        Column("low", formats.say(_("At least")), "tenth"),
        Column("high", formats.say(_("At most")), "tenth"),
    ]
    return Block(
        "attributes",
        question,
        answer,
        persona_shares(shown, formats, answer),
        height=height_of(len(shown)),
        table=Table(columns, rows),
        note=formats.say(READ_SHARES),
        files=files,
    )


def _figures(found: Mapping[str, Any], formats: Formats, files: str) -> Block:
    told = found["shifts"]
    question = formats.say(FIGURES)
    if not told:
        return Block("figures", question, answer=formats.say(SAME))
    rows = [
        (
            figure_name(each, formats),
            figure_text(each["name"], each["median"], formats),
            figure_text(each["name"], each["median_of_others"], formats),
            (1.0 + each["delta"]) / 2.0,
        )
        for each in told
    ]
    columns = [
        Column("figure", formats.say(_("Figure"))),
        Column("median", formats.say(_("This group"))),
        Column("median_of_others", formats.say(_("All others"))),
        Column("higher_in", formats.say(_("Higher in")), "percent"),
    ]
    return Block(
        "figures",
        question,
        sentences({**found, "attributes": []}, formats)[1],
        table=Table(columns, rows),
        note=formats.say(READ_FIGURES),
        files=files,
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

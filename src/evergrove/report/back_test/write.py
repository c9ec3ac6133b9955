"""back-test.html: one file that works offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.report.back_test.blocks import blocks_of
from evergrove.report.back_test.champions import champion_cards
from evergrove.report.back_test.words import capital, champion_title, spoken_warning
from evergrove.report.html import written
from evergrove.text import Formats

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.report.types import Figures
    from evergrove.text import Language

NONE = _("No contender could be judged.")
ONE = _("{name} ranks customers best and foretells totals best.")
TWO = _("{ranking} ranks customers best; for totals take {totals}.")
TEMPLATE = "back_test.html.j2"
PARTS = {
    "value": ("ranking_table", "calibration", "totals"),
    "certainty": ("coverage", "spend_inside", "pit", "reliability"),
    "groups": ("tiers", "bands", "frequencies", "cohorts"),
    "cost": ("seasons", "cost"),
}
"""The blocks of each part of the page, in order."""


def write_back_test(figures: Figures, path: Path, language: Language) -> None:
    """
    Write the page.

    Args:
        figures: A back-test's document, its sentences in the reader's language.
        path: The HTML file.
        language: Of the reader.
    """
    path.write_text(rendered(figures, language), encoding="utf-8")


def rendered(figures: Figures, language: Language) -> str:
    """The whole page as HTML; arguments as for ``write_back_test``."""
    formats = Formats(language, figures["currency"] or "")
    blocks = {block.key: block for block in blocks_of(figures, formats)}
    charts = {key: block.chart for key, block in blocks.items() if block.chart is not None}
    return written(
        TEMPLATE,
        language,
        charts,
        title=formats.say(_("Who is to be trusted for what")),
        answer=headline_of(figures, formats),
        verdict=figures["verdict"]["says"],
        facts=facts_of(figures, formats),
        cards=champion_cards(figures, formats),
        parts_of={part: [blocks[key] for key in keys if key in blocks] for part, keys in PARTS.items()},
        notes=[spoken_warning(each) for each in figures["warnings"]],
        definitions={},
        version=figures["code_version"],
        seed=figures["seed"],
    )


def headline_of(figures: Figures, formats: Formats) -> str:
    """The champions for ranking and totals, which most people ask for."""
    by_purpose = {each["purpose"]: champion_title(each, figures, formats) for each in figures["champions"]}
    ranking, totals = by_purpose.get("ranking"), by_purpose.get("totals")
    if ranking is None or totals is None:
        return formats.say(NONE)
    said = (
        formats.say(ONE, name=ranking)
        if ranking == totals
        else formats.say(TWO, ranking=ranking, totals=totals)
    )
    return capital(said)


def facts_of(figures: Figures, formats: Formats) -> list[str]:
    """What the whole page rests on."""
    origins = figures["origins"]
    customers = origins[-1]["customers"]
    facts = [
        formats.say(
            _("{n} {n:origin|origins} from {first} to {last}"),
            n=len(origins),
            first=formats.day(origins[0]["origin"]),
            last=formats.day(origins[-1]["origin"]),
        ),
        formats.say(_("windows of {length}"), length=formats.days(figures["window_days"])),
        formats.say(
            _("{count} {count:customer|customers} at the last origin"), count=formats.number(customers)
        ),
    ]
    if figures["every"] > 1:
        facts.append(formats.say(_("every {n}th customer was looked at"), n=figures["every"]))
    return facts

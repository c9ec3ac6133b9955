"""review-YYYY-MM.html: one file that works offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.measurement.targets import words as target_words
from evergrove.measurement.words import said
from evergrove.report.earned import unbroken
from evergrove.report.html import written
from evergrove.report.review.flows import stream_block
from evergrove.report.review.forecast import forecast_block
from evergrove.report.review.proposals import headline, proposals_of
from evergrove.report.review.targets import target_definitions, targets_block
from evergrove.report.review.thresholds import threshold_block
from evergrove.report.words import names
from evergrove.text import Formats

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.report.types import Figures
    from evergrove.text import Language

TEMPLATE = "review.html.j2"
TITLE = _("Review of {month}")
PERIOD = _("{first} to {last}")


def write_review(figures: Figures, path: Path, language: Language) -> None:
    """
    Write the page.

    Args:
        figures: As ``pipeline.review_month`` gives them.
        path: The HTML file.
        language: Of the reader.
    """
    path.write_text(rendered(figures, language), encoding="utf-8")


def rendered(figures: Figures, language: Language) -> str:
    """The whole page as HTML; arguments as for ``write_review``."""
    formats = Formats(language, figures["currency"] or "")
    named = names(formats)
    named["tier"] |= figures.get("tier_names", {}).get(language, {})
    thresholds = figures["thresholds"]
    blocks = {
        "targets": [targets_block(figures["targets"], formats)],
        "flows": [stream_block(figures["flows"], axis, named[axis], formats) for axis in ("tier", "stage")],
        "forecast": [forecast_block(figures["forecast"], named["tier"], formats)],
        "thresholds": [
            threshold_block(option, thresholds["customers"], named, formats)
            for option in thresholds["options"]
        ],
    }
    everything = [block for part in blocks.values() for block in part]
    return written(
        TEMPLATE,
        language,
        {block.key: block.chart for block in everything if block.chart is not None},
        title=formats.say(TITLE, month=formats.month(figures["month"])),
        answer=target_words.headline(figures["targets"], formats),
        lead=headline(figures, formats),
        facts=[
            formats.say(PERIOD, first=formats.day(figures["from_day"]), last=formats.day(figures["as_of"]))
        ],
        proposals=proposals_of(figures, formats),
        earned=[
            unbroken(
                said(each, figures["playbooks"].get(each["playbook"], {}).get("name", ""), formats).answer
            )
            for each in figures["measured"]
        ],
        parts_of=blocks,
        definitions=target_definitions(figures["targets"], formats),
        version=figures["evergrove"],
    )

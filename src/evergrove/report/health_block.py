"""How customers are doing, stage by stage, and how many are about to leave theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.report.page import Block, table
from evergrove.segments.codes import STAGES
from evergrove.segments.stages.rules import HEALTH_LIMIT
from evergrove.text.formats import NOTHING
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.report.types import Figures
    from evergrove.text import Formats
    from evergrove.warehouse import Engine

PACKAGE = "evergrove.report"
QUESTION = _("How are customers doing, and who is about to leave?")
ANSWER = _(
    "{below} of {customers} {customers:customer|customers} who bought {below:has|have} a health below 40."
)
LEAVING = _("{leaving} will probably slip into decline or churn within 30 days, if nothing is done.")
READING = _(
    "Health is 0 to 100; below 40 is decline where events, tickets or answers are imported. The last columns add up the chances of single customers: from decline only churn counts."
)
HEADINGS = (
    _("Stage"),
    _("Customers"),
    _("Median health"),
    _("Below 40"),
    _("Mostly because of"),
    _("Leave within 30 days"),
    _("Leave within 90 days"),
)
WORDS: Mapping[str, str] = {
    "purchase_gap": _("silence since the last order"),
    "login": _("no login"),
    "interaction": _("less interaction"),
    "complaints": _("complaints"),
    "nps": _("a poor answer"),
    "refunds": _("refunds"),
}


def health_figures(engine: Engine) -> list[dict[str, object]]:
    """
    Rows of ``health_by_stage``; empty where no night has published health.

    Args:
        engine: Shows the published tables ``tiers`` and ``health``.
    """
    if "health" not in engine.names:
        return []
    names = ("stage", "customers", "median_health", "below", "leaving", "leaving_90", "reason")
    rows = engine.run(statement(PACKAGE, "health_by_stage"), limit=HEALTH_LIMIT)
    return [dict(zip(names, row, strict=True)) for row in rows]


def health_block(section: Figures, names: Mapping[str, str], formats: Formats) -> Block | None:
    """
    The block; None where there are no figures of health.

    Args:
        section: ``outreach`` of the figures; one that an earlier version wrote knows nothing of health.
        names: Of stages.
        formats: The reader's language.
    """
    # A code of another version stands last and is not lost.
    order = {stage: place for place, stage in enumerate(STAGES)}
    rows = sorted(section.get("health", ()), key=lambda row: order.get(row["stage"], len(order)))
    if not rows:
        return None

    def expected(value: float | None) -> str:
        return NOTHING if value is None else formats.number(value)

    cells = [
        (
            names.get(row["stage"], row["stage"]),
            formats.number(row["customers"]),
            formats.number(row["median_health"]),
            formats.number(row["below"]),
            formats.say(WORDS[row["reason"]]) if row["reason"] in WORDS else NOTHING,
            expected(row["leaving"]),
            expected(row["leaving_90"]),
        )
        for row in rows
    ]
    below, customers = (formats.number(sum(row[name] for row in rows)) for name in ("below", "customers"))
    sentences = [formats.say(ANSWER, below=below, customers=customers)]
    told = [row["leaving"] for row in rows if row["leaving"] is not None]
    if told:
        sentences.append(formats.say(LEAVING, leaving=formats.number(sum(told))))
    return Block(
        "outreach_health",
        formats.say(QUESTION),
        formats.sentences(*sentences),
        table=replace(table([formats.say(each) for each in HEADINGS], cells), stacked=True),
        note=formats.say(READING),
        definitions=("stage",),
        is_wide=True,
    )

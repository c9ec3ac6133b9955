"""What forecasts want of the data, line by line, and what suffers where they do not get it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.report.page import Block, table
from evergrove.scoring.checklist import CHECKLIST

if TYPE_CHECKING:
    from evergrove.report.types import Figures
    from evergrove.text import Formats

Names = dict[str, dict[str, str]]
TITLES = (_("Asked"), _("Here"), _("Wanted"), _("What suffers"))
AT_LEAST, AT_MOST = _("at least {threshold}"), _("at most {threshold}")
UNKNOWN = _("not known here")
MET = _("The data carry everything that is asked of them.")
UNMET = _(
    "{count} of {lines} lines {count:is|are} not met: what they bear on is less sure, and is given all the same."
)


def checklist_rows(checks: list[Figures], formats: Formats) -> list[tuple[str, str, str, str]]:
    """Each line as written: title, figure, threshold, and what suffers where it is not met."""
    return [
        (
            formats.say(CHECKLIST[each["name"]].title),
            formats.say(UNKNOWN)
            if each["figure"] is None
            else _written(each["figure"], each["unit"], formats),
            formats.say(
                AT_MOST if each["at_most"] else AT_LEAST,
                threshold=_written(each["threshold"], each["unit"], formats),
            ),
            formats.say(CHECKLIST[each["name"]].degrades) if each["met"] is False else "",
        )
        for each in checks
    ]


def checklist_answer(checks: list[Figures], formats: Formats) -> str:
    """How many lines are not met."""
    unmet = sum(each["met"] is False for each in checks)
    return formats.say(UNMET, count=unmet, lines=len(checks)) if unmet else formats.say(MET)


def checklist_block(figures: Figures, _names: Names, formats: Formats) -> Block | None:
    """The checklist; None where the figures are from before there was one."""
    checks = figures.get("readiness")
    if not checks:
        return None
    return Block(
        "readiness",
        formats.say(_("Are the data ready for this?")),
        checklist_answer(checks, formats),
        table=table([formats.say(title) for title in TITLES], checklist_rows(checks, formats)),
        is_wide=True,
    )


def _written(value: float, unit: str, formats: Formats) -> str:
    return formats.percent(value, 0) if unit == "share" else formats.number(value)

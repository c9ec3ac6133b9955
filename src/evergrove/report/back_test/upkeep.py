"""What else to know: the calendar's part, and what each contender costs in time and memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.report.back_test.words import names, titles
from evergrove.report.page import Block, table

if TYPE_CHECKING:
    from evergrove.report.types import Figures
    from evergrove.text import Formats

KNOWN = _("After {origin} the calendar moves purchases by the factor {factor}, learned one year before.")
UNKNOWN = _("The calendar's part cannot be told: {reason}.")
SLOWEST = _("The slowest, {name}, took {seconds} s for all windows.")


def season_block(figures: Figures, formats: Formats) -> Block | None:
    """Seasonal factors by model and origin."""
    factors = figures["seasons"]
    if not factors:
        return None
    known = [each for each in factors if each["identified"]]
    if known:
        last = known[-1]
        answer = formats.say(
            KNOWN, origin=formats.day(last["origin"]), factor=formats.number(last["purchases"], 2)
        )
    else:
        answer = formats.say(UNKNOWN, reason=factors[-1]["reason"]["says"].rstrip(".。"))
    named = titles(figures)
    rows = [
        (
            named.get(each["model"], each["model"]),
            formats.day(each["origin"]),
            formats.number(each["purchases"], 3),
            formats.number(each["ratio"], 3),
            formats.number(each["standard_error"], 3),
            formats.number(each["spend"], 3),
        )
        for each in known
    ]
    titled = (
        _("Model"),
        _("Origin"),
        _("Factor on purchases"),
        _("Found one year before"),
        _("Standard error of its logarithm"),
        _("Factor on revenue"),
    )
    shown = table([formats.say(title) for title in titled], rows, words=2) if rows else None
    return Block("seasons", formats.say(_("How much is the calendar?")), answer, table=shown)


def cost_block(figures: Figures, formats: Formats) -> Block:
    """Seconds and memory."""
    named = titles(figures)
    spent = [
        (
            each["name"],
            sum(turn["seconds"] for turn in each["turns"]),
            max((turn["memory_mb"] or 0.0 for turn in each["turns"]), default=0.0),
        )
        for each in figures["contenders"]
    ]
    slowest = max(spent, key=lambda one: one[1])
    rows = [(named[name], formats.number(s, 2), formats.number(mb, 1)) for name, s, mb in spent]
    titled = (_("Forecast by"), _("Seconds"), _("Memory, MB"))
    answer = formats.say(SLOWEST, name=names(figures)[slowest[0]], seconds=formats.number(slowest[1], 2))
    columns = [formats.say(title) for title in titled]
    return Block("cost", formats.say(_("What does it cost?")), answer, table=table(columns, rows))

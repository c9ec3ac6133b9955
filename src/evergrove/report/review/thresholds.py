"""Thresholds that would change, and what that would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.report.page import Block, table
from evergrove.report.words import ORDERS, counted
from evergrove.segments.codes import Criterion
from evergrove.segments.sentences.words import CRITERION_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.report.types import Figures
    from evergrove.text import Formats

QUESTIONS: Mapping[str, str] = {
    "anew": _("What would a new measurement of the thresholds change?"),
    "quantiles": _("What if bounds of tiers were shares of this shop's customers?"),
}
NOTHING = _("Nothing: measured anew, all thresholds are what they were.")
NOBODY = _("The thresholds would change, and nobody would stand elsewhere by the figures of the day.")
WOULD = _(
    "{customers} of {all} {customers:customer|customers} would stand elsewhere ({share}), by the figures of the day."
)
MOVES = _("Most of them: {moves}.")
MOVE = _("{before} → {after} {customers}")
NAMES: Mapping[str, str] = {
    "churn_chance": _("Churned below this chance of another purchase"),
    "decline_days": _("Declining after so many days of silence, by the shop's rhythm"),
    "churn_days": _("Churned after so many days of silence, by the shop's rhythm"),
    "own_stretch": _("Churned after so many times the longest usual gap of one's own"),
}
BOUND = _("{criterion}: {tier} from")
COLUMNS = (_("Threshold"), _("Holds now"), _("Would be"))
SHOWN = 6
MONEY = ("spend", "average_order", "clv_12m", "clv_total")


def threshold_block(
    option: Figures, customers: int, names: Mapping[str, Mapping[str, str]], formats: Formats
) -> Block:
    """
    One way to measure, beside the one that holds.

    Args:
        option: One of ``options`` in ``thresholds`` of the review's figures.
        customers: In all.
        names: Of tiers and stages.
        formats: The reader's language.
    """
    rows = [
        (
            _name(each["name"], names["tier"], formats),
            _figure(each["name"], each["held"], formats),
            _figure(each["name"], each["other"], formats),
        )
        for each in option["yardsticks"]
    ]
    return Block(
        f"thresholds_{option['key']}",
        formats.say(QUESTIONS[option["key"]]),
        _answer(option, customers, formats),
        table=table([formats.say(title) for title in COLUMNS], rows) if rows else None,
        note=_moves(option, names, formats),
    )


def _answer(option: Figures, customers: int, formats: Formats) -> str:
    # By the axis that moves most: who moves on both would count twice.
    most = max(sum(each["customers"] for each in option[axis]) for axis in ("tier", "stage"))
    if not most:
        return formats.say(NOBODY if option["yardsticks"] else NOTHING)
    numbers = {"customers": formats.number(most), "all": formats.number(customers)}
    return formats.say(WOULD, **numbers, share=formats.percent(most / customers))


def _moves(option: Figures, names: Mapping[str, Mapping[str, str]], formats: Formats) -> str:
    """The most frequent moves of both axes."""
    moves = sorted(
        ((axis, each) for axis in ("tier", "stage") for each in option[axis]),
        key=lambda move: -move[1]["customers"],
    )
    written = [
        formats.say(
            MOVE,
            before=names[axis].get(each["from"], each["from"]),
            after=names[axis].get(each["to"], each["to"]),
            customers=formats.number(each["customers"]),
        )
        for axis, each in moves[:SHOWN]
    ]
    return formats.say(MOVES, moves=formats.enumerated(written)) if written else ""


def _name(name: str, tiers: Mapping[str, str], formats: Formats) -> str:
    criterion, slash, tier = name.partition("/")
    if not slash:
        return formats.say(NAMES[name])
    spoken = formats.say(CRITERION_WORDS[Criterion[criterion.upper()]])
    return formats.say(BOUND, criterion=spoken[:1].upper() + spoken[1:], tier=tiers.get(tier, tier))


def _figure(name: str, value: float | None, formats: Formats) -> str:
    criterion = name.partition("/")[0]
    if name == "churn_chance":
        return formats.percent(value, 1)
    if criterion in MONEY:
        return formats.money(value)
    if criterion == "frequency" and value is not None:
        return counted(round(value), ORDERS, formats)
    return formats.number(value, 1 if name == "own_stretch" else 0)

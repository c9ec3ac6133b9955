"""The targets board in words: what is measured, what it should come to, and whether it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.measurement.targets.rules import SAID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.text import Formats

MEASURES: Mapping[str, str] = {
    "early_churn": _("New customers not heard of again"),
    "quarterly_repurchase": _("Growing customers who bought in the quarter"),
    "cross_sell_share": _("Their revenue from what is new to them"),
    "mature_share": _("Revenue from mature customers"),
    "mature_churn": _("Mature customers lost in the quarter"),
    "referral_conversion": _("Referred customers buy so many times as often"),
}
MEANINGS: Mapping[str, str] = {
    "early_churn": _(
        "Of customers whose first order lies 90 to 180 days back: no second order and no recorded activity from day 1 to day 90."
    ),
    "quarterly_repurchase": _(
        "Of customers in growth when the quarter began: those with an order in it. The quarter is the three months that end with the month."
    ),
    "cross_sell_share": _(
        "Of the quarter's revenue from customers in growth when it began: what went to categories, or to thirds of the prices within a category, of which they had bought nothing before. Customers without earlier lines are left out."
    ),
    "mature_share": _(
        "Of the net revenue of the 365 days: what came from customers who are mature at their end."
    ),
    "mature_churn": _(
        "Of customers who were mature when the quarter began: those who are churned at its end."
    ),
    "referral_conversion": _(
        "First orders within 30 days of registering: the share among those sent by another customer over the share among all others."
    ),
}
GOALS: Mapping[str, str] = {"at_most": _("at most {bound}"), "at_least": _("at least {bound}")}
VERDICTS: Mapping[str, str] = {
    "met": _("reached"),
    "missed": _("missed"),
    "open": _("not certain"),
    "unknown": _("not known"),
}
WAYS: Mapping[str, str] = {"better": _("better"), "worse": _("worse"), "open": _("no certain change")}
TIMES = _("{number} times")
CHANGE = _("{change} ({way})")
POINTS = _("{number} points")
MEANS: Mapping[tuple[str, str], str] = {
    ("start", "start"): _(
        "Of customers of whom held when the month began: {of}. Counted is of whom this held then, too: {who}."
    ),
    ("start", "end"): _(
        "Of customers of whom held when the month began: {of}. Counted is of whom holds at its end: {who}."
    ),
    ("end", "start"): _(
        "Of customers of whom holds at the end of the month: {of}. Counted is of whom held when it began: {who}."
    ),
    ("end", "end"): _(
        "Of customers of whom holds at the end of the month: {of}. Counted is of whom this holds then, too: {who}."
    ),
}
"""By when customers are asked of whom the share is, and when those who are counted."""
ANNUAL = _("In a year that would be {share}.")
REASONS: Mapping[str, str] = {code: sentence.template for code, sentence in SAID.items()}
BASES: Mapping[str, str] = {
    "published": _("From the orders and the stages that were known on {as_of}."),
    "looked_back": _(
        "No run was made in that month: {as_of} is looked back upon, by the orders until then as they are known today."
    ),
}
ALL_KNOWN = _(
    "{met} of {known} known {known:target|targets} {met:is|are} reached, {missed} missed, {open} not certain."
)
NOT_KNOWN = _("{unknown} more cannot be given.")
LEVEL = _(
    "All intervals hold the truth in {level} of cases; a target counts as reached or missed where all of its interval says so."
)


def name_of(target: Mapping[str, Any], formats: Formats) -> str:
    """What a target is called: the shop's own name for it, else that of what is measured."""
    names: Mapping[str, str] = target["names"]
    own = names.get(formats.language)
    if own is None and target["asks"] is not None:  # nothing but a name tells what it is
        own = names.get("en") or next(iter(names.values()))
    return own or formats.say(MEASURES[target["measure"]])


def meaning(target: Mapping[str, Any], formats: Formats) -> str:
    """What is measured: one of the six, or what the shop's conditions ask."""
    asks = target["asks"]
    if asks is None:
        return formats.say(MEANINGS[target["measure"]])
    of, who = asks["words"][formats.language]
    return formats.say(MEANS[asks["denominator_at"], asks["numerator_at"]], of=of, who=who)


def figure(target: Mapping[str, Any], value: float | None, formats: Formats) -> str:
    """A value of a target's measure: a share, or how many times as often."""
    if value is None:
        return formats.percent(None)
    if target["measure"] == "referral_conversion":
        return formats.say(TIMES, number=formats.number(value, 1))
    return formats.percent(value, 1)


def goal(target: Mapping[str, Any], formats: Formats) -> str:
    """What it should come to."""
    return formats.say(GOALS[target["side"]], bound=_bound(target, formats))


def _bound(target: Mapping[str, Any], formats: Formats) -> str:
    bound = target["bound"]
    if target["measure"] == "referral_conversion":
        return formats.say(TIMES, number=formats.number(bound, 0 if bound == round(bound) else 1))
    return formats.percent(bound, 0 if round(100 * bound, 9) == round(100 * bound) else 1)


def bounds(target: Mapping[str, Any], formats: Formats) -> str:
    """The interval of a value; a stroke where there is none."""
    low, high = target["low"], target["high"]
    if low is None or high is None:
        return formats.percent(None)
    return formats.between(figure(target, low, formats), figure(target, high, formats))


def moved(target: Mapping[str, Any], formats: Formats) -> str:
    """The change since three months before, and whether it is one."""
    if target["change"] is None:
        return formats.percent(None)
    change = target["change"]
    sign = "+" if change > 0 else ""
    size = (
        formats.number(change, 1)
        if target["measure"] == "referral_conversion"
        else formats.say(POINTS, number=f"{sign}{formats.number(100 * change, 1)}")
    )
    return formats.say(CHANGE, change=size, way=formats.say(WAYS[target["way"]]))


def gap(target: Mapping[str, Any], formats: Formats) -> str:
    """By how much a target is missed; nothing where it is reached."""
    if target["gap"] is None or target["gap"] <= 0:
        return formats.percent(None)
    if target["measure"] == "referral_conversion":
        return formats.number(target["gap"], 1)
    return formats.say(POINTS, number=formats.number(100 * target["gap"], 1))


def headline(board: Mapping[str, Any], formats: Formats) -> str:
    """How many targets are reached."""
    count = dict.fromkeys(VERDICTS, 0)
    for target in board["targets"]:
        count[target["verdict"]] += 1
    numbers = {verdict: formats.number(many) for verdict, many in count.items()}
    known = formats.number(len(board["targets"]) - count["unknown"])
    return formats.sentences(
        formats.say(ALL_KNOWN, known=known, **numbers),
        formats.say(NOT_KNOWN, unknown=numbers["unknown"]) if count["unknown"] else "",
    )


def note(target: Mapping[str, Any], formats: Formats) -> str:
    """What else is to be known of a value: why there is none, or what it comes to in a year."""
    if target["reason"] is not None:
        return formats.say(REASONS[target["reason"]])
    return (
        formats.say(ANNUAL, share=formats.percent(target["annual"])) if target["annual"] is not None else ""
    )


def basis(board: Mapping[str, Any], formats: Formats) -> str:
    """From what the month was read."""
    return formats.say(BASES[board["basis"]], as_of=formats.day(board["as_of"]))

"""The four figures at the top, each with what has changed since about a month ago."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.report.amounts import short
from evergrove.report.answers import at_stake_amounts
from evergrove.report.definitions import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evergrove.text import Formats
    from evergrove.web.overview.standing import Standing

ACTIVE = _("Active share")
EXPECTED = _("{customers} are expected to order within {days}")
OF_ALL = _("{share} of what would come if nobody had left")
BOUGHT = _("have bought at least once")
BESIDES = _("have bought at least once; Customers also counts {prospects} who {prospects:has|have} not yet")
NOT_CARRIED = _("These data do not carry it.")
NO_AMOUNTS = _("Your orders hold no amounts.")
SINCE = _("{change} since {day}")
UNCHANGED = _("Unchanged since {day}")
POINTS = _("{number} points")
ACTIVE_DAYS = 180
WORSE = frozenset({"value_likely_lost"})
"""Figures that nobody wants to rise."""
Worded = tuple[str, str]
"""A figure as it is written, and the line below it."""


@dataclass(frozen=True)
class Stat:
    """
    A figure as the page shows it.

    Attributes:
        key: Of the figure in the API's answer.
        name: What it is called.
        value: Written.
        note: What it speaks of, or how sure it is.
        change: Since the run about a month before; empty where none is kept.
        trend: Where it went and whether that is good, as the page marks it: "up good", "down bad"; empty: nowhere.
    """

    key: str
    name: str
    value: str
    note: str
    change: str
    trend: str


def stats(base: Standing) -> list[Stat]:
    """Value at stake, customers, active share, value likely lost."""
    return [_stat(base, key) for key in WRITTEN]


def _stat(base: Standing, key: str) -> Stat:
    found, formats = base.told.figures[key], base.formats
    why = NOT_CARRIED if base.told.concentration["curves"] else NO_AMOUNTS
    value, note = (formats.number(None), formats.say(why)) if found["value"] is None else WRITTEN[key](base)
    name = ACTIVE if key == "active_share" else DEFINITIONS[key].name
    change, rises = _changed(base, key)
    trend = (
        "" if rises is None else f"{'up' if rises else 'down'} {'good' if rises != (key in WORSE) else 'bad'}"
    )
    return Stat(key, formats.say(name), value, note, change, trend)


def _at_stake(base: Standing) -> Worded:
    found, formats = base.told.figures["value_at_stake"], base.formats
    low, value, high = at_stake_amounts(base.figures, formats)
    return value, "" if found["low"] is None else formats.interval(low, high, found["level"])


def _customers(base: Standing) -> Worded:
    bought, formats = base.told.figures["customers"]["value"], base.formats
    prospects = sum(row["customers"] for row in base.cells if row["stage"] == "prospect")
    if not prospects:
        return formats.number(bought), formats.say(BOUGHT)
    return formats.number(bought), formats.say(BESIDES, prospects=formats.number(prospects))


def _active(base: Standing) -> Worded:
    figures, formats = base.told.figures, base.formats
    expected = figures["expected_active"]["value"]
    note = formats.say(EXPECTED, customers=formats.number(expected), days=formats.days(ACTIVE_DAYS))
    return formats.percent(figures["active_share"]["value"]), note


def _lost(base: Standing) -> Worded:
    found, formats = base.told.figures["value_likely_lost"], base.formats
    share = found.get("share")
    note = "" if share is None else formats.say(OF_ALL, share=formats.percent(share, 0))
    return short(found["value"], formats), note


WRITTEN: Mapping[str, Callable[[Standing], Worded]] = {
    "value_at_stake": _at_stake,
    "customers": _customers,
    "active_share": _active,
    "value_likely_lost": _lost,
}


def _changed(base: Standing, key: str) -> tuple[str, bool | None]:
    """By how much a figure differs from the month before, and whether it rose; nothing where one of the two is not known."""
    before: dict[str, Any] | None = base.told.before
    then = None if before is None else before["figures"].get(key)
    now = base.told.figures[key]["value"]
    if before is None or then is None or now is None:
        return "", None
    change = _difference(key, float(now), float(then), base.formats)
    day = base.formats.day(before["as_of"])
    if not change:
        return base.formats.say(UNCHANGED, day=day), None
    return base.formats.say(SINCE, change=change, day=day), float(now) > float(then)


def _difference(key: str, now: float, then: float, formats: Formats) -> str:
    """With its sign: customers by number, shares in points, money in per cent; empty where it rounds to nothing."""
    if key == "customers":
        return signed(now - then, formats)
    if key == "active_share":
        points = signed(100 * (now - then), formats, 1)
        return formats.say(POINTS, number=points) if points else ""
    if then <= 0 or abs(now / then - 1) < 0.0005:
        return ""
    return ("+" if now > then else "-") + formats.percent(abs(now / then - 1), 1)


def signed(number: float, formats: Formats, digits: int = 0) -> str:
    """A difference with its sign; empty where it rounds to nothing."""
    if not round(number, digits):
        return ""
    return ("+" if number > 0 else "") + formats.number(number, digits)

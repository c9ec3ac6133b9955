"""What a playbook does, in words: whom it takes in, under which conditions, what each step is, when it lets go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.api.playbooks import PlaybookLine, StepLine, TakesIn
    from evergrove.text import Formats

    Words = Mapping[str, Mapping[str, str]]

PATH = "/playbooks"
OWN_PAGES = frozenset({"new", "files"})
"""Last parts of paths that are pages: a playbook with such a key is shown one step below."""
STATES: Mapping[str, tuple[str, str]] = {
    "started": (_("Running"), "good"),
    "waiting": (_("waits for approval"), "warn"),
    "paused": (_("Paused"), "warn"),
    "draft": (_("Not started"), ""),
    "locked": (_("Locked"), ""),
}
"""What a state is called, and how its mark looks; those at work first."""
TAKES_IN: Mapping[str, str] = {
    "stage": _("Takes in whoever enters “{stage}” from now on."),
    "tier": _("Takes in whoever enters “{tier}” from now on."),
    "next_order": _("Takes in customers whose next order is in sight: {tiers}."),
    "segment": _("Takes in whoever enters or leaves the segment {segment}."),
    "health": _("Takes in whoever's health falls below {below} of 100."),
    "anniversary": _("Takes in customers on the anniversary of their first order."),
    "event": _("Takes in customers of whom a program tells: {event}."),
}
LEAVES = _("Takes in whoever leaves “{place}” from now on.")
DIRECTIONS: Mapping[str, str] = {
    "up": _("Takes in whoever rises to another tier from now on."),
    "down": _("Takes in whoever falls to another tier from now on."),
}
MOVED = _("Takes in whoever moves to another tier or stage from now on.")
ANSWERERS: Mapping[str, str] = {
    "promoter": _("Takes in whoever answers 9 or 10 when asked whether they would recommend you."),
    "passive": _("Takes in whoever answers 7 or 8 when asked whether they would recommend you."),
    "detractor": _("Takes in whoever answers 0 to 6 when asked whether they would recommend you."),
}
ORDERS = _("Takes in whoever reaches {orders} {orders:order|orders}.")
SPEND = _("Takes in whoever has spent {amount} in all.")
EVERY_DAYS = _("Takes in customers every {days}.")
EVERY_WEEK = _("Takes in customers once a week: {weekday}.")
EVERY_MONTH = _("Takes in customers on day {day} of each month.")
UNLESS = _("Unless {event} follows within {hours} {hours:hour|hours}.")
WEEKDAYS = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)
CHANNELS: Mapping[str, str] = {
    "email": _("an e-mail"),
    "sms": _("a text message"),
    "wechat": _("a message by WeChat"),
    "wecom": _("a message by WeCom"),
    "line": _("a message by LINE"),
    "webhook": _("a message by webhook"),
    "task": _("a task for the staff"),
    "file": _("a row of a file"),
    "console": _("a line on the screen"),
}
ELSE = _("{first}, else {other}")
AT_ONCE = _("On the day they enter: {what}.")
AFTER = _("{days} after they enter: {what}.")
THEN = _("Right after that: {what}.")
AFTER_WAIT = _("{days} after that: {what}.")
BEFORE_GAP = _("{days} before the usual time to a second order is over: {what}.")
BEFORE_ORDER = _("{days} before the next order is expected: {what}.")
WAITS_FOR = _("a wait until {event} comes, {days} at most")
WAITS = _("a wait of {days}")
WITH_COUPON = _("With {percent} off (code {code}).")
OWN_CODES = _("With a code of their own, from the coupon campaign {campaign}.")


@dataclass(frozen=True)
class Note:
    """
    A sentence, and what stands behind it as it was written.

    Attributes:
        text: In the reader's language.
        code: A condition; empty: none.
    """

    text: str
    code: str = ""


def path_of(key: str, below: str = "") -> str:
    """Where a playbook is shown, or one of the pages below it."""
    safe = quote(key, safe="")
    if not below and key in OWN_PAGES:
        return f"{PATH}/{safe}/now"
    return f"{PATH}/{safe}{f'/{below}' if below else ''}"


def takes_in(told: TakesIn, formats: Formats, words: Words) -> str:
    """Whom a playbook takes in, as a sentence."""
    sentence = _trigger(told, formats, words)
    if not told.unless:
        return sentence
    return formats.sentences(sentence, formats.say(UNLESS, event=told.unless, hours=told.within_hours))


def _trigger(told: TakesIn, formats: Formats, words: Words) -> str:
    say = formats.say
    if told.kind == "nps":
        return say(ANSWERERS[told.enters])
    if told.kind in {"stage", "tier"} and not told.enters:
        left = _place(told.leaves, told.kind, words)
        return say(LEAVES, place=left) if left else say(DIRECTIONS.get(told.direction, MOVED))
    if told.kind == "milestone":
        return (
            say(ORDERS, orders=told.orders) if told.orders else say(SPEND, amount=formats.money(told.spend))
        )
    if told.kind == "schedule":
        return _schedule(told, formats)
    place = _place(told.enters, told.kind, words)
    fields = {
        "stage": place,
        "tier": place,
        "tiers": formats.enumerated([words["tier"].get(tier, tier) for tier in told.tiers]),
        "segment": told.enters or told.leaves,
        "event": told.event,
        "below": formats.number(told.below),
    }
    return say(TAKES_IN[told.kind], **fields)


def _schedule(told: TakesIn, formats: Formats) -> str:
    if told.every == "days":
        return formats.say(EVERY_DAYS, days=formats.days(told.on))
    if told.every == "week":
        return formats.say(EVERY_WEEK, weekday=formats.say(WEEKDAYS[told.on - 1]))
    return formats.say(EVERY_MONTH, day=told.on)


def _place(code: str, axis: str, words: Words) -> str:
    return words.get(axis, {}).get(code, code)


def cell(told: TakesIn, formats: Formats, words: Words) -> str:
    """Tiers and stages that a playbook is made for; empty: anybody, or what its trigger says."""
    tiers, stages = told.for_tiers, told.for_stages
    if not tiers and not stages:
        tiers = told.tiers or ([told.enters] if told.kind == "tier" and told.enters else [])
        stages = [told.enters] if told.kind == "stage" and told.enters else []
    named = (
        formats.enumerated([words["tier"].get(each, each) for each in tiers]),
        formats.enumerated([words["stage"].get(each, each) for each in stages]),
    )
    return " × ".join(each for each in named if each)


def conditions(line: PlaybookLine, formats: Formats) -> list[Note]:
    """What must hold besides before anybody enters, and how often one may."""
    told, say = line.takes_in, formats.say
    found = [
        (told.causes == ["evidence"], say(_("Only orders and other facts begin it, not time alone.")), ""),
        (told.causes == ["clock"], say(_("Only time that passes begins it.")), ""),
        (
            bool(told.silent_days),
            say(_("The latest order is {days} ago or longer."), days=formats.days(told.silent_days)),
            "",
        ),
        (
            bool(told.widest_days),
            say(
                _("The day of the next order is known to within {days}."), days=formats.days(told.widest_days)
            ),
            "",
        ),
        (bool(told.audience), say(_("Only customers of whom this is true:")), told.audience),
        (
            bool(told.key),
            say(_("One occasion is told from another by this column:")),
            told.key,
        ),
        (line.reentry == "once", say(_("Each customer enters once.")), ""),
        (line.reentry == "per_key", say(_("Each customer enters once for each occasion.")), ""),
        (
            line.reentry_days is not None,
            say(_("Nobody enters again within {days}."), days=formats.days(line.reentry_days or 0)),
            "",
        ),
    ]
    return [Note(text, code) for holds, text, code in found if holds]


def step(one: StepLine, line: PlaybookLine, formats: Formats, *, after_wait: bool = False) -> str:
    """When a step is taken, what it is, and what it carries."""
    when = _when(one, formats, _what(one, formats), after_wait=after_wait)
    if one.coupon_campaign:
        return formats.sentences(when, formats.say(OWN_CODES, campaign=one.coupon_campaign))
    if not one.coupon or line.coupon is None:
        return when
    percent = formats.percent(line.coupon.percent / 100, 0)
    return formats.sentences(when, formats.say(WITH_COUPON, percent=percent, code=line.coupon.code))


def _when(one: StepLine, formats: Formats, what: str, *, after_wait: bool) -> str:
    before = formats.days(one.lead_days)
    if one.timing == "next_order":
        return formats.say(BEFORE_ORDER, days=before, what=what)
    if one.timing == "first_gap":
        return formats.say(BEFORE_GAP, days=before, what=what)
    if one.after_days:
        days = formats.days(one.after_days)
        return formats.say(AFTER_WAIT if after_wait else AFTER, days=days, what=what)
    return formats.say(THEN if after_wait else AT_ONCE, what=what)


def _what(one: StepLine, formats: Formats) -> str:
    if one.do == "wait":
        days = formats.days(one.valid_days)
        sentence = WAITS_FOR if one.wait_for else WAITS
        return formats.say(sentence, event=one.wait_for, days=days)
    several = [formats.say(CHANNELS.get(each, each)) for each in one.channels or [one.channel]]
    told = several[0]
    for other in several[1:]:
        told = formats.say(ELSE, first=told, other=other)
    return told


def all_steps(line: PlaybookLine, formats: Formats) -> list[str]:
    """Each step in one line."""
    return [
        step(each, line, formats, after_wait=_after_wait(line.steps, place))
        for place, each in enumerate(line.steps)
    ]


def _after_wait(steps: Sequence[StepLine], place: int) -> bool:
    """Whether the days of a step are counted from the end of a wait before it."""
    return any(each.do == "wait" for each in steps[:place])


def step_notes(one: StepLine, formats: Formats) -> list[Note]:
    """What else holds of a step."""
    say = formats.say
    if one.do == "wait":
        goes_on = one.otherwise == "go_on"
        text = say(
            _("If it does not come, the next step has its turn.")
            if goes_on
            else _("If it does not come, the customer leaves the playbook.")
        )
        return [Note(text)] if one.wait_for else []
    found = [
        (bool(one.only_if), say(_("Only for whom this is true; others pass it over:")), one.only_if),
        (
            one.most_likely < 1,
            say(
                _("Held back while the chance of an order within 7 days is above {chance}."),
                chance=formats.percent(one.most_likely, 0),
            ),
            "",
        ),
        (
            one.timing != "next_order",
            say(
                _("It may wait {days} for its turn; after that it is missed."),
                days=formats.days(one.valid_days),
            ),
            "",
        ),
    ]
    return [Note(text, code) for holds, text, code in found if holds]


def exits(line: PlaybookLine, formats: Formats, words: Words) -> list[Note]:
    """When it lets go of a customer, whichever comes first."""
    told, say = line.exits, formats.say

    def named(codes: Sequence[str], axis: str) -> str:
        return formats.enumerated([words[axis].get(each, each) for each in codes])

    found = [
        (told.order, say(_("With the first order after they entered.")), ""),
        (bool(told.into), say(_("On reaching {places}."), places=named(told.into, "stage")), ""),
        (bool(told.stays_in), say(_("On leaving {places}."), places=named(told.stays_in, "stage")), ""),
        (bool(told.tiers), say(_("On reaching {places}."), places=named(told.tiers, "tier")), ""),
        (bool(told.when), say(_("Once this is true:")), told.when),
        (bool(told.event), say(_("With the first event of this name:")), told.event),
    ]
    return [Note(text, code) for holds, text, code in found if holds] or [
        Note(say(_("Only with its last step.")))
    ]


def limits(line: PlaybookLine, formats: Formats) -> list[Note]:
    """How much it may do, and who goes first."""
    say = formats.say
    found = [
        (
            line.most_per_day is not None,
            say(
                _(
                    "No more than {most} {most:customer enters|customers enter} on one day; the others wait to be released."
                ),
                most=formats.number(line.most_per_day or 0),
            ),
        ),
        (bool(line.budget), say(_("Its costs are booked on the budget {budget}."), budget=line.budget)),
        (
            True,
            say(
                _(
                    "Rank {priority}: of two playbooks that want one customer on one day, the smaller number goes first."
                ),
                priority=line.priority,
            ),
        ),
    ]
    return [Note(text) for holds, text in found if holds]

"""Playbooks as the page shows them: whom they take in, what they send, how far they are, what they earned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evergrove.api import playbooks as routes
from evergrove.core import _
from evergrove.report.earned import NOT_YET, earned
from evergrove.web.frame import ask
from evergrove.web.overview.waiting import works_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.api.playbooks import PlaybookLine, StepLine, TakesIn
    from evergrove.http import Call
    from evergrove.report.page import Finding
    from evergrove.text import Formats
    from evergrove.web.overview.standing import Standing

STATES: Mapping[str, tuple[str, str]] = {
    "draft": (_("Not started"), ""),
    "started": (_("Running"), "good"),
    "paused": (_("Paused"), "warn"),
    "waiting": (_("waits for approval"), "warn"),
    "locked": (_("locked"), ""),
}
"""What a state is called, and how its mark looks."""
TAKES_IN: Mapping[str, str] = {
    "stage": _("Takes in whoever enters “{stage}” from now on."),
    "tier": _("Takes in whoever enters “{tier}” from now on."),
    "next_order": _("Takes in customers whose next order is in sight: {tiers}."),
    "segment": _("Takes in whoever enters or leaves the segment {segment}."),
    "health": _("Takes in whoever fares worse of late."),
    "milestone": _("Takes in whoever reaches a milestone."),
    "anniversary": _("Takes in customers on the anniversary of their first order."),
    "schedule": _("Takes in customers on days of the calendar."),
    "event": _("Takes in customers of whom a program tells: {event}."),
}
MOVED = _("Takes in whoever moves to another tier or stage from now on.")
ANSWERERS: Mapping[str, str] = {
    "promoter": _("Takes in whoever answers 9 or 10 when asked whether they would recommend you."),
    "passive": _("Takes in whoever answers 7 or 8 when asked whether they would recommend you."),
    "detractor": _("Takes in whoever answers 0 to 6 when asked whether they would recommend you."),
}
AT_ONCE = _("On the day they enter: an e-mail.")
AFTER = _("{days} after they enter: an e-mail.")
BEFORE_GAP = _("{days} before the usual time to a second order is over: an e-mail.")
BEFORE_ORDER = _("{days} before the next order is expected: an e-mail.")
WITH_COUPON = _("With {percent} off (code {code}).")
IN_IT = _("{active} {active:customer is|customers are} in it now, {over} {over:has|have} been through it.")
NOT_STARTED = _("It has not been started, so it has earned nothing.")


@dataclass(frozen=True)
class Play:
    """
    A playbook.

    Attributes:
        key: Its key.
        name: What it is called.
        goal: What reaching it means.
        state: Started, paused, or a draft.
        tag: The state in words, and how its mark looks.
        takes_in: Whom it takes in.
        steps: Its messages.
        people: How many are in it and were; empty where nobody ever was.
        earned: What it brought against customers kept untreated; None where nothing was measured.
        instead: Why there is no figure; empty where there is one.
        told: As the API tells whom it takes in.
    """

    key: str
    name: str
    goal: str
    state: str
    tag: tuple[str, str]
    takes_in: str
    steps: tuple[str, ...]
    people: str
    earned: Finding | None
    instead: str
    told: TakesIn = field(repr=False)

    def works_in(self, tier: str | None, stage: str) -> bool:
        """Whether customers of a cell are those it takes in."""
        return works_in(self.told, tier, stage)


def plays_of(call: Call, base: Standing) -> tuple[list[Play], Finding | None]:
    """All playbooks, those at work first, and what all of them together earned."""
    lines = ask(call, routes.playbooks).items
    measured = {each["playbook"]: each for each in ask(call, routes.effects, newest=True).items}
    plays = [_play(line, measured.pop(line.key, None), base) for line in lines]
    order = {"started": 0, "waiting": 1, "paused": 2, "draft": 3, "locked": 4}
    whole = next(iter(measured.values()), None)  # the one row that is no playbook's
    together = None if whole is None else earned(whole, "", base.formats)
    return sorted(plays, key=lambda play: order[play.state]), together


def _play(line: PlaybookLine, measured: Mapping[str, Any] | None, base: Standing) -> Play:
    formats = base.formats
    word, kind = STATES[line.state]
    found = None if measured is None else earned(measured, line.name, formats)
    instead = "" if found else formats.say(NOT_STARTED if line.state == "draft" else NOT_YET)
    return Play(
        key=line.key,
        name=line.name,
        goal=line.goal,
        state=line.state,
        tag=(formats.say(word), kind),
        takes_in=_takes_in(line.takes_in, base),
        steps=tuple(_step(step, line, formats) for step in line.steps),
        people=_people(line.enrolled, formats),
        earned=found,
        instead=instead,
        told=line.takes_in,
    )


def _takes_in(told: TakesIn, base: Standing) -> str:
    formats, words = base.formats, base.words
    if told.kind == "nps":
        return formats.say(ANSWERERS[told.enters])
    tiers = formats.enumerated([words["tier"][tier] for tier in told.tiers])
    stage, tier = words["stage"].get(told.enters, ""), words["tier"].get(told.enters, "")
    if told.kind in {"stage", "tier"} and not told.enters:
        return formats.say(MOVED)
    named = {"segment": told.enters or told.leaves, "event": told.event}
    return formats.say(TAKES_IN[told.kind], stage=stage, tier=tier, tiers=tiers, **named)


def _step(step: StepLine, line: PlaybookLine, formats: Formats) -> str:
    """When a message leaves, and what it carries."""
    before = formats.days(step.lead_days)
    if step.timing == "next_order":
        when = formats.say(BEFORE_ORDER, days=before)
    elif step.timing == "first_gap":
        when = formats.say(BEFORE_GAP, days=before)
    else:
        when = (
            formats.say(AFTER, days=formats.days(step.after_days))
            if step.after_days
            else formats.say(AT_ONCE)
        )
    if not step.coupon or line.coupon is None:
        return when
    percent = formats.percent(line.coupon.percent / 100, 0)
    return formats.sentences(when, formats.say(WITH_COUPON, percent=percent, code=line.coupon.code))


def _people(enrolled: Mapping[str, int], formats: Formats) -> str:
    active = enrolled.get("active", 0)
    over: Sequence[int] = [number for state, number in enrolled.items() if state != "active"]
    if not active and not sum(over):
        return ""
    return formats.say(IN_IT, active=formats.number(active), over=formats.number(sum(over)))

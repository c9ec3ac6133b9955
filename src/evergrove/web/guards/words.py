"""Guards in words: what each of them asks, and where it is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.api.guards import GuardSetting
    from evergrove.text import Formats

SETTINGS = "/settings/general"


@dataclass(frozen=True)
class Asks:
    """
    What a guard asks of a message.

    Attributes:
        name: In two words.
        says: What blocks, and what becomes of the message then.
        path: Where it is set or settled.
        where: What that place is called.
    """

    name: str
    says: str
    path: str
    where: str


GUARDS: Mapping[str, Asks] = {
    "stopped": Asks(
        _("The stop"),
        _("What people have stopped keeps its place and waits."),
        "/outbox#channels",
        _("Message channels"),
    ),
    "channel": Asks(
        _("The channel"),
        _(
            "Nothing leaves by a channel that is not set up; another one is taken where the step names several."
        ),
        "/outbox#channels",
        _("Message channels"),
    ),
    "person": Asks(
        _("The person"),
        _("Whoever was erased, has not agreed, asked for no more or has no address is never written to."),
        "#suppressions",
        _("Addresses nothing is sent to"),
    ),
    "profiling": Asks(
        _("Valuing"),
        _("Whoever does not want to be valued, or is under age, is sent nothing that comes of a value."),
        "/settings/privacy",
        _("Privacy"),
    ),
    "called_off": Asks(
        _("Called off"),
        _("Who has left the playbook meanwhile is sent nothing more of it, nor is anybody while it rests."),
        "/playbooks",
        _("Playbooks"),
    ),
    "case": Asks(
        _("Open matters"),
        _("While a complaint, a bad answer or a return is open, nothing is advertised to the person."),
        "#cases",
        _("Open matters"),
    ),
    "caps": Asks(
        _("How often"),
        _("No more messages than a person is to get, all playbooks together."),
        SETTINGS,
        _("Settings"),
    ),
    "quiet": Asks(
        _("When"),
        _(
            "At night and on holidays the message waits for a better hour; own hours are used where they are known."
        ),
        SETTINGS,
        _("Settings"),
    ),
    "budget": Asks(
        _("Money"),
        _("No more money than people have allowed: the message waits until there is some."),
        "/budgets",
        _("Budgets"),
    ),
    "tokens": Asks(
        _("Permission by message"),
        _("Some platforms allow one message for each time that a customer has agreed."),
        "/outbox#channels",
        _("Message channels"),
    ),
    "speed": Asks(
        _("The provider's speed"),
        _("Messages leave no faster than the provider takes them; the others wait their turn."),
        SETTINGS,
        _("Settings"),
    ),
}
"""By the names of the API."""
CASES: Mapping[str, str] = {
    "complaint": _("Complaint"),
    "detractor": _("Bad answer"),
    "return": _("Goods on the way back"),
}
PER_SPAN = _("{day} a day, {week} a week, {month} a month")
BESIDE = _("by channel: {caps}")
LOW_TIER = _("for the low tier {share} of each, and at least 1")
QUIET = _("nothing leaves from {start} to {end}, in the customer's zone")
DUE = _("due at {hour}")
OWN_HOURS = _("at a customer's own hours from {n} {n:event|events} on")
NO_OWN_HOURS = _("own hours are not used")
NO_HOLIDAYS = _("no holidays")
POSTPONED = _("holidays: {days}; what is due leaves on the next day")
DROPPED = _("holidays: {days}; what is due does not leave at all")
FROM_AGE = _("from {n} {n:year|years} of age on")
ANY_AGE = _("ages are not looked at")
RATES = _("at most {rates}")
NO_RATES = _("not slowed down")


def settings_said(found: list[GuardSetting], formats: Formats) -> list[str]:
    """
    What is set for a guard, as sentences.

    Args:
        found: As the API tells them; none: nothing is set for it.
        formats: Of the reader.
    """
    value, say = {each.name: each.value for each in found}, formats.say
    if "per_day" in value:
        spans = {span: formats.number(value[f"per_{span}"]) for span in ("day", "week", "month")}
        beside = [say(BESIDE, caps=value["channel_caps"])] if value["channel_caps"] else []
        share = formats.percent(value["low_tier_share"])
        return [say(PER_SPAN, **spans), *beside, say(LOW_TIER, share=share)]
    if "quiet_from" in value:
        return _hours(value, formats)
    if "least_age" in value:
        age = value["least_age"]
        return [say(FROM_AGE, n=formats.number(age)) if age else say(ANY_AGE)]
    if "channel_rates" in value:
        rates = value["channel_rates"]
        return [say(RATES, rates=rates) if rates else say(NO_RATES)]
    return []


def _hours(value: Mapping[str, object], formats: Formats) -> list[str]:
    say = formats.say
    start, end, due = (f"{value[name]}:00" for name in ("quiet_from", "quiet_until", "send_hour"))
    days = value["holidays"]
    off = (
        say(DROPPED if value["on_holidays"] == "drop" else POSTPONED, days=days) if days else say(NO_HOLIDAYS)
    )
    own = say(OWN_HOURS, n=value["own_hours_events"]) if value["own_hours"] == "on" else say(NO_OWN_HOURS)
    return [say(QUIET, start=start, end=end), say(DUE, hour=due), own, off]

"""What was decided for a customer: what was allowed, what each was worth, with what chance it came up, and which arm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.api import decisions, playbooks
from evergrove.core import _
from evergrove.report.earned import unbroken
from evergrove.text.formats import NOTHING
from evergrove.web.frame import ask, reader_of
from evergrove.web.outbox.words import channel_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.api.decisions import ActionLine, ChoiceLine, DecisionLine
    from evergrove.http import Call
    from evergrove.text import Formats

OUTCOMES: Mapping[str, tuple[str, str]] = {
    "send": (_("leaves"), "good"),
    "control": (_("kept untreated by chance"), ""),
    "blocked": (_("held back"), "warn"),
    "outranked": (_("another one goes first"), ""),
    "skipped": (_("passed over"), ""),
}
SHOWN = 50
"""Decisions on the page; the API has all of them."""
DO_NOTHING = _("Nothing")


@dataclass(frozen=True)
class Action:
    """
    Something that was allowed.

    Attributes:
        it: As the API gives it.
        name: Of the playbook, or nothing.
        channel: In words.
        value: Written.
        chance: With which it could have come up, written.
    """

    it: ActionLine
    name: str
    channel: str
    value: str
    chance: str


@dataclass(frozen=True)
class Choice:
    """
    A choice among all that was allowed.

    Attributes:
        it: As the API gives it.
        day: Of it.
        share: Of choices that are drawn by chance, written.
        arm_chance: Of being treated, written; empty: there was no arm.
        actions: What was allowed, the likeliest first, nothing last.
    """

    it: ChoiceLine
    day: str
    share: str
    arm_chance: str
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class Decided:
    """
    What became of one message.

    Attributes:
        it: As the API gives it.
        name: Of the playbook.
        day: Written.
        outcome: In words.
        kind: How its mark looks.
        channel: In words; empty: none.
    """

    it: DecisionLine
    name: str
    day: str
    outcome: str
    kind: str
    channel: str


def decided(call: Call, customer_id: str) -> dict[str, Any]:
    """What the view shows: decisions, the newest first, and the choices behind them."""
    formats = reader_of(call).formats
    names = {each.key: each.name for each in ask(call, playbooks.playbooks).items}
    found = ask(call, decisions.decisions, customer_id=customer_id, limit=SHOWN)
    return {
        "decided": [_decided(each, names, formats) for each in found.items],
        "choices": [_choice(each, names, formats) for each in found.choices],
        "most": SHOWN,
    }


def _decided(each: DecisionLine, names: Mapping[str, str], formats: Formats) -> Decided:
    word, kind = OUTCOMES[each.outcome]
    channel = channel_name(formats, each.channel) if each.channel else ""
    name = names.get(each.playbook, each.playbook)
    return Decided(each, name, formats.day(each.as_of), formats.say(word), kind, channel)


def _choice(each: ChoiceLine, names: Mapping[str, str], formats: Formats) -> Choice:
    return Choice(
        each,
        formats.day(each.as_of),
        formats.percent(each.share, 0),
        "" if each.arm_probability is None else formats.percent(each.arm_probability, 0),
        tuple(_action(one, names, formats) for one in each.actions),
    )


def _action(each: ActionLine, names: Mapping[str, str], formats: Formats) -> Action:
    return Action(
        each,
        names.get(each.playbook, each.playbook) if each.playbook else formats.say(DO_NOTHING),
        channel_name(formats, each.channel) if each.channel else "",
        NOTHING if each.value is None else unbroken(formats.money(each.value)),
        formats.percent(each.probability, 1),
    )

"""
The guards, in their one order: at the decision and again before the wire. The first that blocks gives the reason.

Some have nothing to say at a decision: what is stopped, or too fast for a provider, only waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from evergrove.campaigns.types import Reason
from evergrove.decisions.budgets import EXHAUSTED
from evergrove.decisions.caps import full
from evergrove.decisions.cases import OPEN_CASE
from evergrove.decisions.types import Block
from evergrove.outbox.stopping import STOPPED

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from evergrove.decisions.money import Budget, Cost
    from evergrove.decisions.types import Facts
    from evergrove.settings import OutreachSettings

    Guard = Callable[[Facts, "Around"], Block | None]


class Money(Protocol):
    """Who knows whether a message can be paid for; before the wire, asking takes the money."""

    def short(self, cost: Cost) -> Budget | None:
        """The first budget that has not enough left; None: all have."""
        ...


class Speed(Protocol):
    """Who knows when the provider of a channel takes the next message; asking takes that place."""

    def place(self, channel: str) -> datetime | None:
        """The moment; None: at once."""
        ...


@dataclass(frozen=True)
class Around:
    """
    What guards look at beside the message itself.

    Attributes:
        settings: Caps, hours, holidays.
        now: The present moment.
        money: None: there are no budgets.
        speed: None: nothing is sent now.
    """

    settings: OutreachSettings
    now: datetime
    money: Money | None = None
    speed: Speed | None = None


def stopped(facts: Facts, around: Around) -> Block | None:
    """People have stopped it: it keeps its place in the queue."""
    if facts.is_leaving and facts.is_stopped:
        return Block(Reason(STOPPED), around.now)
    return None


def channel(facts: Facts, _around: Around) -> Block | None:
    """Nothing can leave by a channel that is not set up."""
    if facts.is_set_up:
        return None
    code = "delivery.no_channel" if facts.is_leaving else "decisions.channel_not_set_up"
    return Block(Reason(code, {} if facts.is_leaving else {"channel": facts.channel}))


def person(facts: Facts, _around: Around) -> Block | None:
    """Erased, then consent (unknown is not a yes), then suppression, then whether there is an address."""
    code = facts.standing.block
    return None if code is None else Block(Reason(code))


def profiling(facts: Facts, _around: Around) -> Block | None:
    """Whoever is not to be valued is sent nothing that comes of a value, and every playbook's message does."""
    code = facts.standing.unprofiled if facts.of_playbook else None
    return None if code is None else Block(Reason(code))


def called_off(facts: Facts, _around: Around) -> Block | None:
    """The customer has left the playbook, or it rests."""
    return None if facts.called_off is None else Block(Reason(facts.called_off))


def case(facts: Facts, _around: Around) -> Block | None:
    """Nobody is advertised to while something is open with them."""
    if facts.case is None or not facts.is_marketing:
        return None
    return Block(Reason(OPEN_CASE, {"kind": facts.case.kind}), facts.case.until, is_held=True)


def caps(facts: Facts, _around: Around) -> Block | None:
    """Not more messages than the person is to get, all playbooks together."""
    found = full(facts.caps, facts.tallies, facts.channel) if facts.is_marketing else None
    return None if found is None else Block(Reason(found.code, found.params))


def quiet(facts: Facts, around: Around) -> Block | None:
    """Quiet hours and holidays only move the moment, unless no moment is left, or holidays are to drop it."""
    hours = facts.hours
    if hours.is_holiday and facts.is_marketing and around.settings.on_holidays == "drop":
        return Block(Reason("decisions.holiday"))
    if facts.is_leaving:
        code = "decisions.holiday" if hours.is_holiday else "delivery.quiet_hours"
        return Block(Reason(code), hours.not_before) if hours.not_before > around.now else None
    if max(hours.not_before, around.now) >= hours.valid_until:
        return Block(Reason("decisions.no_hour_left", {"until": hours.valid_until.isoformat()}))
    return None


def budget(facts: Facts, around: Around) -> Block | None:
    """No more money than people have allowed."""
    if facts.cost is None or around.money is None:
        return None
    short = around.money.short(facts.cost)
    if short is None:
        return None
    told = {"scope": short.scope, "period": short.period}
    return Block(Reason(EXHAUSTED, told), short.span_ends(around.now), is_held=True)


def tokens(facts: Facts, _around: Around) -> Block | None:
    """Some channels let a person be written to as often as they have agreed, and no more often."""
    if facts.tokens is None or facts.tokens > 0:
        return None
    return Block(Reason("decisions.no_token", {"channel": facts.channel}))


def speed(facts: Facts, around: Around) -> Block | None:
    """Not faster than the provider takes it."""
    place = around.speed.place(facts.channel) if around.speed is not None and facts.is_leaving else None
    if place is None:
        return None
    return Block(Reason("decisions.provider_rate", {"channel": facts.channel}), place)


ORDER: tuple[Guard, ...] = (
    stopped,
    channel,
    person,
    profiling,
    called_off,
    case,
    caps,
    quiet,
    budget,
    tokens,
    speed,
)
"""The one order. The control assignment comes after all of them (``service``)."""


def first_block(facts: Facts, around: Around) -> Block | None:
    """
    Why a message does not leave now; None: nothing speaks against it.

    Args:
        facts: Of the message by one channel.
        around: Settings, moment, money and speed.
    """
    for guard in ORDER:
        found = guard(facts, around)
        if found is not None:
            return found
    return None

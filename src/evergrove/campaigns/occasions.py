"""What events tell playbooks: which occasions have begun, keyed by a cart say, and which were over in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from evergrove.campaigns.definition import Trigger

LATE_HOURS = 24
"""For so long an occasion is made good when nobody looked in time; later a message would come as a surprise."""


@dataclass(frozen=True)
class ToldEvent:
    """
    An event of a customer.

    Attributes:
        customer_id: Under which the person stands.
        name: Of the event.
        at: When it happened.
        received_at: When it was told.
        keys: What it names, such as order_id, by the name of the column.
    """

    customer_id: str
    name: str
    at: datetime
    received_at: datetime
    keys: Mapping[str, str]


@dataclass(frozen=True)
class Occasion:
    """What starts a playbook for one customer: the latest event of one key."""

    customer_id: str
    key: str
    at: datetime


def names_asked(triggers: Iterable[Trigger]) -> frozenset[str]:
    """Names of events that some triggers look at."""
    return frozenset(name for each in triggers for name in (each.event, each.unless) if name)


def looks_back(trigger: Trigger) -> timedelta:
    """How old an event may be that still starts something."""
    return timedelta(hours=trigger.within_hours + LATE_HOURS)


def occasions(
    trigger: Trigger, told: Collection[ToldEvent], now: datetime, since: datetime | None
) -> tuple[Occasion, ...]:
    """
    The occasions that have begun by now.

    What ends an occasion and does not say which one, as an order that names no cart, ends all of the customer.

    An event with the same key that comes later takes the place of the one before: a cart that is looked at again is not
    abandoned yet. Events that were told long after they happened, or happened before the playbook was started, start
    nothing.

    Args:
        trigger: Of kind event.
        told: Events of the names that it looks at.
        now: The present moment.
        since: When the playbook was started; None: it never was.
    """
    latest: dict[tuple[str, str], ToldEvent] = {}
    over: dict[tuple[str, str], datetime] = {}
    for each in told:
        key = each.keys.get(trigger.key, "") if trigger.key else ""
        place = (each.customer_id, key)
        if each.name == trigger.unless:
            over[place] = max(over.get(place, each.at), each.at)
        if each.name == trigger.event and (key or not trigger.key):
            latest[place] = max(latest.get(place, each), each, key=_moment)
    wait, oldest = timedelta(hours=trigger.within_hours), now - looks_back(trigger)
    return tuple(
        Occasion(customer, key, each.at)
        for (customer, key), each in sorted(latest.items())
        if oldest < each.at <= now - wait
        and (since is None or each.at >= since)
        and each.received_at - each.at < timedelta(hours=LATE_HOURS)
        and not max(over.get((customer, named), oldest) for named in (key, "")) >= each.at
    )


def _moment(told: ToldEvent) -> datetime:
    return told.at

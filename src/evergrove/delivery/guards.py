"""The guards before the wire: those of ``decisions`` in their one order, with everything read afresh."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from evergrove.campaigns import called_off
from evergrove.decisions.budgets import budgets, commit, standing
from evergrove.decisions.calendars import country_of, is_rest, zone_named
from evergrove.decisions.caps import ONE, caps_for, own_caps, tallies_of
from evergrove.decisions.cases import holding, open_cases
from evergrove.decisions.facts import spent_on, tokens_of
from evergrove.decisions.guards import Around, first_block
from evergrove.decisions.holding import held_until
from evergrove.decisions.hours import opening
from evergrove.decisions.money import Budget, Cost
from evergrove.decisions.rates import Pace
from evergrove.decisions.tables import decision
from evergrove.decisions.types import Facts, Hours
from evergrove.outbox.stopping import is_stopped, stopped
from evergrove.people.identity import members_of
from evergrove.people.parts import among, in_parts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.decisions.caps import Tallies
    from evergrove.decisions.cases import Case
    from evergrove.decisions.facts import Templates
    from evergrove.decisions.types import Block
    from evergrove.outbox import Claim
    from evergrove.people import Standing
    from evergrove.settings import Cap, Settings

MARKETING = "marketing"


@dataclass(frozen=True)
class Hindrance:
    """Why a message does not leave now, and from when on it may; ``until`` None: it never will."""

    reason: str
    until: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def hindrances(
    connection: Connection,
    begun: Sequence[Claim],
    standings: Mapping[str, Standing],
    settings: Settings,
    now: datetime,
    channel: str,
    templates: Templates | None = None,
) -> dict[str, Hindrance]:
    """
    The first guard that stops each message, in the order of ``decisions.guards``.

    Args:
        connection: Of the transaction in which the messages were begun: what was said until now counts.
        begun: Messages in the state ``attempting``, one a customer, all of one category.
        standings: Of their customers, read in this transaction.
        settings: Caps, quiet hours, and the zone of those of whom none is known.
        now: The moment at which they were begun.
        channel: The one that would take them.
        templates: Of channels on which every message takes a token of the customer's.

    Returns:
        Customer to hindrance; those who are not among them may be written to.
    """
    if not begun:
        return {}
    around = Around(
        settings.outreach, now, Till(connection, now), Pace(connection, settings.outreach.rates, now)
    )
    read = _Read(connection, begun, standings, settings, now, channel, templates or {})
    found: dict[str, Hindrance] = {}
    for claim in begun:
        block = first_block(read.facts(claim), around)
        if block is None:
            read.leaves(claim)
        else:
            found[claim.message.customer_id] = _hindrance(block, claim, now)
    return found


def _hindrance(block: Block, claim: Claim, now: datetime) -> Hindrance:
    until = held_until(block.until, claim.message.valid_until, now) if block.is_held else block.until
    code = block.reason.code
    if code.startswith("decisions.cap_"):
        return Hindrance("delivery.capped", None, {"cap": code, **block.reason.params})
    return Hindrance(code, until, block.reason.params)


class _Read:
    """What guards look at for the messages of one round, read in their transaction."""

    def __init__(
        self,
        connection: Connection,
        begun: Sequence[Claim],
        standings: Mapping[str, Standing],
        settings: Settings,
        now: datetime,
        channel: str,
        templates: Templates,
    ) -> None:
        self._standings, self._settings, self._now, self._channel = standings, settings, now, channel
        messages = [claim.message for claim in begun]
        customers = {each.customer_id for each in messages}
        self._persons = _wait_for(connection, customers)
        self._stops = {each.scope for each in stopped(connection)}
        self._off = called_off(connection, [_occasion(claim) for claim in begun])
        wanted = {(each.customer_id, each.channel, each.template) for each in messages}
        self._tokens = tokens_of(connection, wanted, templates)
        self._paid = spent_on(connection, [claim.id for claim in begun]) if templates else frozenset()
        self._gone: dict[str, list[str]] = defaultdict(list)
        self._zones = {customer: self._zone(standings[customer]) for customer in customers}
        is_marketing = messages[0].category == MARKETING
        self._cases: dict[str, tuple[Case, ...]] = (
            open_cases(connection, customers, now) if is_marketing else {}
        )
        self._caps: dict[str, tuple[Cap, ...]] = own_caps(connection, customers) if is_marketing else {}
        self._tiers = _tiers(connection, {each.decision_id for each in messages}) if is_marketing else {}
        self._tallies = _tallies(connection, self._zones, begun, now) if is_marketing else {}

    def facts(self, claim: Claim) -> Facts:
        """Of one message."""
        message, outreach = claim.message, self._settings.outreach
        customer, zone = message.customer_id, self._zones[message.customer_id]
        standing = self._standings[customer]
        is_marketing = message.category == MARKETING
        return Facts(
            standing,
            self._hours(claim, zone, known=zone_named(standing.zone) is not None),
            self._told(customer),
            caps_for(outreach, self._tiers.get(message.decision_id, ""), self._caps.get(customer, ())),
            channel=message.channel,
            case=holding(self._cases.get(customer, ()), message.playbook),
            cost=Cost(claim.id, message.channel, message.playbook, message.cost),
            tokens=1 if claim.id in self._paid else self._tokens.get(_token(claim)),
            is_set_up=message.channel == self._channel,
            is_marketing=is_marketing,
            of_playbook=bool(message.playbook),
            is_stopped=is_stopped(self._stops, message.channel, message.playbook),
            called_off=self._off.get(_occasion(claim)),
            is_leaving=True,
        )

    def leaves(self, claim: Claim) -> None:
        """A message of this round leaves: it counts for the others of the same person."""
        person = self._persons[claim.message.customer_id]
        self._gone[person].append(claim.message.channel)

    def _told(self, customer: str) -> Tallies:
        told = dict(self._tallies.get(customer, {}))
        for channel in self._gone[self._persons[customer]]:
            for name in ("", channel):
                told[name] = told[name] + ONE if name in told else ONE
        return told

    def _zone(self, standing: Standing) -> ZoneInfo:
        # A machine may not know the zone that another has accepted: the shop's then counts, as in decisions.
        return zone_named(standing.zone) or zone_named(self._settings.value.timezone) or ZoneInfo("UTC")

    def _hours(self, claim: Claim, zone: ZoneInfo, *, known: bool) -> Hours:
        outreach = self._settings.outreach
        rests = claim.message.category == MARKETING and is_rest(
            self._now.astimezone(zone).date(), country_of(zone.key), outreach.days_off
        )
        start = opening(self._now, zone, outreach, with_holidays=claim.message.category == MARKETING)
        return Hours(start, claim.message.valid_until, zone.key, known, is_holiday=rests)


@dataclass
class Till:
    """
    Budgets before the wire: what was not committed at the decision is committed now.

    Attributes:
        connection: Of a ``writing`` block.
        now: The present moment.
    """

    connection: Connection
    now: datetime
    _going: dict[tuple[str, str], Decimal] = field(default_factory=dict)

    @cached_property
    def _kept(self) -> tuple[Budget, ...]:
        return budgets(self.connection)

    def short(self, cost: Cost) -> Budget | None:
        """The first budget that refuses a message, because it has too little left or was made smaller since."""
        under = [each for each in self._kept if each.covers(cost)]
        if not under or not cost.amount:
            return None
        is_refused = bool(commit(self.connection, [cost], self.now))
        for each in standing(self.connection, under, self.now):
            going = self._going.get(each.budget.key, Decimal(0)) + cost.amount
            if each.spent + going > each.budget.amount or (is_refused and each.left < cost.amount):
                return each.budget
        if is_refused:  # somebody gave money back between the two questions: it may come again for it
            return under[0]
        for one in under:
            self._going[one.key] = self._going.get(one.key, Decimal(0)) + cost.amount
        return None


def _tallies(
    connection: Connection, zones: Mapping[str, ZoneInfo], begun: Sequence[Claim], now: datetime
) -> dict[str, Tallies]:
    """What each person has had, those of this round apart: each of them is counted when it leaves."""
    apart, groups = [claim.id for claim in begun], defaultdict[ZoneInfo, set[str]](set)
    for customer, zone in zones.items():
        groups[zone].add(customer)
    found: dict[str, Tallies] = {}
    for zone, customers in groups.items():
        found |= tallies_of(connection, customers, now, zone, planned=False, apart_from=apart)
    return found


def _tiers(connection: Connection, decisions: Collection[str]) -> dict[str, str]:
    """The tier that a customer had when a message was decided, by the decision's name: caps go by it to the end."""
    found = dict[str, str]()
    for part in in_parts(decisions):
        found |= {row.id: row.tier for row in connection.execute(_TIERS, {"some": part})}
    return found


_TIERS = select(decision.c.id, decision.c.tier).where(among(decision.c.id))


def _wait_for(connection: Connection, customers: Collection[str]) -> dict[str, str]:
    """
    The person that each customer is; in PostgreSQL, wait for workers who begin messages to another of their ids.

    Customers' own locks are all held by now, and persons' are taken in one order: nobody waits in a ring.
    """
    members = members_of(connection, customers)
    if connection.dialect.name == "postgresql":
        for person in sorted({min(group) for group in members.values() if len(group) > 1}):
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(person, 1))))
    return {customer: min(group) for customer, group in members.items()}


def _token(claim: Claim) -> tuple[str, str, str]:
    return claim.message.customer_id, claim.message.channel, claim.message.template


def _occasion(claim: Claim) -> tuple[str, str, str]:
    return claim.message.playbook, claim.message.customer_id, claim.message.occasion

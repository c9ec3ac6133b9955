"""What guards look at, read for many proposals in a few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.core import stable_id
from evergrove.decisions.calendars import zone_named
from evergrove.decisions.caps import caps_for, own_caps, tallies_of
from evergrove.decisions.cases import holding, open_cases
from evergrove.decisions.hours import hours_of
from evergrove.decisions.money import Cost, coupon_variance
from evergrove.decisions.types import Facts, Option
from evergrove.outbox.channel_tables import CHANNEL_TOKEN
from evergrove.outbox.tokens import balance
from evergrove.people import standing_of
from evergrove.people.parts import in_parts

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.campaigns.types import Proposal
    from evergrove.decisions.caps import Tallies
    from evergrove.decisions.types import Hours
    from evergrove.people import Standing
    from evergrove.settings import OutreachSettings

TEN_THOUSANDTH = Decimal("0.0001")
Templates = Mapping[tuple[str, str], str]
"""(channel, template) to the platform's own name of the template, where a message takes a token of the customer's."""


@dataclass(frozen=True)
class Context:
    """
    What a decision needs to know and the ledger does not.

    Attributes:
        channels: That are set up, for choosing among several; a message with one channel only waits for it to be.
            None: not known.
        own_hours: Hours at which customers are active, the best first; who is not in it is written to at the usual.
        templates: Of channels on which every message takes a token.
        discount_rate: Effective annual rate, at which later contacts count less.
    """

    channels: frozenset[str] | None = None
    own_hours: Mapping[str, Sequence[int]] = field(default_factory=dict)
    templates: Templates = field(default_factory=dict)
    discount_rate: float = 0.10


NOTHING_KNOWN = Context()


def contact_cost(settings: OutreachSettings) -> Decimal:
    """Of one message."""
    return Decimal(str(settings.contact_cost)).quantize(TEN_THOUSANDTH)


def cost_of(proposal: Proposal, channel: str, contact: Decimal) -> Cost:
    """
    What a proposal takes from budgets: the contact, and what its coupon is expected to cost.

    Args:
        proposal: Of a campaign.
        channel: By which it would leave.
        contact: Cost of the message itself.
    """
    ref = stable_id("outbox", proposal.playbook, proposal.customer_id, proposal.occasion, proposal.step)
    coupon = proposal.coupon_cost
    return Cost(
        ref,
        channel,
        proposal.playbook,
        contact + (coupon or Decimal(0)),
        coupon_variance(coupon),
        proposal.budget,
    )


def options_of(
    connection: Connection,
    proposals: Sequence[Proposal],
    settings: OutreachSettings,
    shop_zone: str,
    now: datetime,
    context: Context,
) -> list[list[Option]]:
    """
    The channels of each proposal with what guards look at; none for those that the playbook itself skips.

    Args:
        connection: Of any block.
        proposals: Of campaigns.
        settings: Caps, hours, holidays.
        shop_zone: The workspace's zone.
        now: The present moment.
        context: Channels that are set up, hours of customers' own.
    """
    asked = [each for each in proposals if each.skip is None]
    customers = {each.customer_id for each in asked}
    standings = _standings(connection, asked, settings, now)
    zones = {customer: each.zone for found in standings.values() for customer, each in found.items()}
    hours = [
        hours_of(
            each.due,
            each.until,
            zones.get(each.customer_id),
            shop_zone,
            settings,
            context.own_hours.get(each.customer_id, ()),
        )
        for each in asked
    ]
    tallies = _tallies(connection, asked, hours)
    own, cases = own_caps(connection, customers), open_cases(connection, customers, now)
    wanted = {(each.customer_id, channel, each.template) for each in asked for channel in each.channels}
    tokens = tokens_of(connection, wanted, context.templates)
    contact = contact_cost(settings)
    by_proposal = iter(hours)

    def option(proposal: Proposal, channel: str, when: Hours) -> Option:
        customer = proposal.customer_id
        return Option(
            channel,
            Facts(
                standings[channel][customer],
                when,
                tallies.get((customer, when.not_before), {}),
                caps_for(settings, proposal.tier, own.get(customer, ())),
                channel=channel,
                case=holding(cases.get(customer, ()), proposal.playbook),
                cost=cost_of(proposal, channel, contact),
                tokens=tokens.get((customer, channel, proposal.template)),
                is_set_up=len(proposal.channels) == 1
                or context.channels is None
                or channel in context.channels,
            ),
        )

    found: list[list[Option]] = []
    for each in proposals:
        if each.skip is not None:
            found.append([])
            continue
        when = next(by_proposal)
        found.append([option(each, channel, when) for channel in each.channels])
    return found


def tokens_of(
    connection: Connection, wanted: Collection[tuple[str, str, str]], templates: Templates
) -> dict[tuple[str, str, str], int]:
    """
    How many messages customers may still get where each takes a token.

    Args:
        connection: Of any block.
        wanted: (customer, channel, template).
        templates: Which of them take one.
    """
    asking: dict[tuple[str, str], set[str]] = defaultdict(set)
    for customer, channel, template in wanted:
        if (channel, template) in templates:
            asking[channel, template].add(customer)
    found: dict[tuple[str, str, str], int] = {}
    for (channel, template), customers in asking.items():
        left = balance(connection, customers, channel, templates[channel, template])
        found |= {(customer, channel, template): left.get(customer, 0) for customer in customers}
    return found


def spent_on(connection: Connection, outbox_ids: Collection[str]) -> frozenset[str]:
    """Messages that have a token already, from an attempt of which nobody knows whether it arrived."""
    row = CHANNEL_TOKEN.c
    return frozenset(
        name
        for part in in_parts(outbox_ids)
        for name in connection.execute(select(row.spent_by).where(row.spent_by.in_(part))).scalars()
    )


def _standings(
    connection: Connection, asked: Sequence[Proposal], settings: OutreachSettings, now: datetime
) -> dict[str, dict[str, Standing]]:
    """By channel and customer."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for each in asked:
        for channel in each.channels:
            wanted[channel].add(each.customer_id)
    return {
        channel: standing_of(connection, customers, channel, now=now, least_age=settings.least_age)
        for channel, customers in wanted.items()
    }


def _tallies(
    connection: Connection, asked: Sequence[Proposal], hours: Sequence[Hours]
) -> dict[tuple[str, datetime], Tallies]:
    """Messages before each customer's moment; customers of one zone share one, so there are few moments."""
    groups: dict[tuple[datetime, str], set[str]] = defaultdict(set)
    for each, when in zip(asked, hours, strict=True):
        groups[when.not_before, when.zone].add(each.customer_id)
    found: dict[tuple[str, datetime], Tallies] = {}
    for (moment, zone), customers in groups.items():
        kept = zone_named(zone)
        if kept is not None:
            counted = tallies_of(connection, customers, moment, kept)
            found |= {(customer, moment): tallies for customer, tallies in counted.items()}
    return found

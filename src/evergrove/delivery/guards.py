"""The guards before the wire, in their fixed order; each block has its stored reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from evergrove.campaigns import called_off
from evergrove.decisions.hours import next_allowed, zone_named
from evergrove.decisions.members import counts_of_persons
from evergrove.delivery.rules import is_capped
from evergrove.outbox import Counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.outbox import Claim
    from evergrove.people import Standing
    from evergrove.settings import Settings

MARKETING = "marketing"
OWN = Counts(1, 1, 1)


@dataclass(frozen=True)
class Hindrance:
    """Why a message does not leave now, and from when on it may; ``until`` None: it never will."""

    reason: str
    until: datetime | None = None


def hindrances(
    connection: Connection,
    begun: Sequence[Claim],
    standings: Mapping[str, Standing],
    settings: Settings,
    now: datetime,
    channel: str,
) -> dict[str, Hindrance]:
    """
    The first guard that stops each message: erased, consent, suppression, profiling, called off, cap, quiet hours.

    Args:
        connection: Of the transaction in which the messages were begun: what was said until now counts.
        begun: Messages in the state ``attempting``, one a customer, all of one category.
        standings: Of their customers, read in this transaction.
        settings: Caps, quiet hours, and the zone of those of whom none is known.
        now: The moment at which they were begun.
        channel: The one that would take them.

    Returns:
        Customer to hindrance; those who are not among them may be written to.
    """
    customers = [claim.message.customer_id for claim in begun]
    category = begun[0].message.category
    counts = counts_of_persons(connection, customers, now, planned=False) if category == MARKETING else {}
    off = called_off(connection, [_occasion(claim) for claim in begun])
    found: dict[str, Hindrance] = {}
    for claim in begun:
        customer = claim.message.customer_id
        standing = standings[customer]
        if claim.message.channel != channel:
            found[customer] = Hindrance("delivery.no_channel")
        elif standing.block is not None:
            found[customer] = Hindrance(standing.block)
        elif standing.unprofiled is not None and claim.message.playbook:
            found[customer] = Hindrance(standing.unprofiled)
        elif (reason := off.get(_occasion(claim))) is not None:
            found[customer] = Hindrance(reason)
        elif is_capped(_others(counts.get(customer, OWN)), settings.outreach):
            found[customer] = Hindrance("delivery.capped")
        else:
            # A machine may not know the zone that another has accepted: the shop's then counts, as in decisions.
            zone = zone_named(standing.zone) or zone_named(settings.value.timezone) or ZoneInfo("UTC")
            outreach = settings.outreach
            opening = next_allowed(now, zone, outreach.quiet_from, outreach.quiet_until)
            if opening != now:
                found[customer] = Hindrance("delivery.quiet_hours", opening)
    return found


def _occasion(claim: Claim) -> tuple[str, str, str]:
    return claim.message.playbook, claim.message.customer_id, claim.message.occasion


def _others(counts: Counts) -> Counts:
    """Without the message itself, which has just been begun and counts in every window."""
    return Counts(counts.day - 1, counts.week - 1, counts.month - 1)

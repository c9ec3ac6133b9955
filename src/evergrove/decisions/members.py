"""A person of several customers is written to as one: counts, arms and steps of all of them are looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.campaigns.store import assignments_of, parts
from evergrove.outbox import OUTBOX, Counts, sent_counts
from evergrove.people.identity import members_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.campaigns.control import Assignment, Place
    from evergrove.campaigns.types import Proposal

Step = tuple[str, str, str, int]
"""Playbook, customer, occasion, step: by which a message is unique."""


def counts_of_persons(
    connection: Connection, customers: Collection[str], until: datetime, *, planned: bool = True
) -> dict[str, Counts]:
    """``sent_counts`` of everybody who is one person with each customer, added up."""
    members = members_of(connection, customers)
    found = sent_counts(
        connection, {each for group in members.values() for each in group}, until, planned=planned
    )
    return {
        customer: Counts(*(sum(getattr(found[m], name) for m in told) for name in ("day", "week", "month")))
        for customer, group in members.items()
        if (told := [each for each in group if each in found])
    }


def arms_of_persons(connection: Connection, customers: Collection[str]) -> dict[Place, Assignment]:
    """
    Every arm that customers are in already, or anybody who is one person with them: untreated, if any of them is.

    The coin was thrown for each before they were known to be one; who was promised to stay untreated stays so.
    """
    members = members_of(connection, customers)
    stored = assignments_of(connection, {each for group in members.values() for each in group})
    by_customer: dict[str, list[Assignment]] = {}
    for each in stored.values():
        by_customer.setdefault(each.customer_id, []).append(each)
    found: dict[Place, Assignment] = {}
    for customer, group in members.items():
        for member in (customer, *(each for each in group if each != customer)):
            for each in by_customer.get(member, ()):
                place = (each.layer, each.layer_key, customer)
                if place not in found or (each.arm == "control" and found[place].arm != "control"):
                    found[place] = replace(each, customer_id=customer)
    return found


def told_to_another(connection: Connection, proposals: Sequence[Proposal]) -> set[Step]:
    """The steps among some that another customer of the same person was sent, or is to be sent, already."""
    members = members_of(connection, {each.customer_id for each in proposals})
    others = {
        member: customer for customer, group in members.items() for member in group if member != customer
    }
    column, found = OUTBOX.c, set[Step]()
    for part in parts(others):
        query = select(column.playbook, column.customer_id, column.occasion, column.step).where(
            column.customer_id.in_(part)
        )
        found |= {
            (each.playbook, others[each.customer_id], each.occasion, each.step)
            for each in connection.execute(query)
        }
    return found & {step_of(each) for each in proposals}


def step_of(proposal: Proposal) -> Step:
    """By what the proposal's message is unique."""
    return proposal.playbook, proposal.customer_id, proposal.occasion, proposal.step

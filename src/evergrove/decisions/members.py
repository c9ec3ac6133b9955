"""A person of several customers is written to as one: counts, arms and steps of all of them are looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.campaigns.store import assignments_of, parts
from evergrove.outbox import OUTBOX
from evergrove.people.identity import members_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

    from evergrove.campaigns.control import Assignment, Place
    from evergrove.campaigns.types import Proposal

Step = tuple[str, str, str, int]
"""Playbook, customer, occasion, step: by which a message is unique."""


@dataclass(frozen=True)
class Arms:
    """
    Arms of customers who are one person with others.

    Attributes:
        stored: Every arm that the customers themselves are in already.
        adopted: Those that only others of the same person are in, as the customers' own: to be stored.
        torn: Places in which others of the same person are in the other arm.
    """

    stored: Mapping[Place, Assignment]
    adopted: tuple[Assignment, ...]
    torn: frozenset[Place]

    @property
    def known(self) -> dict[Place, Assignment]:
        """All that need no coin."""
        return {**self.stored, **{each.place: each for each in self.adopted}}

    def is_torn(self, proposal: Proposal, period: str) -> bool:
        """
        Whether the person was promised both: to be treated under one id, to be left alone under another.

        Args:
            proposal: To one of the ids.
            period: Of the global control.
        """
        layers = (("global", period), ("playbook", proposal.playbook))
        return any((layer, key, proposal.customer_id) in self.torn for layer, key in layers)


def arms_of_persons(connection: Connection, customers: Collection[str]) -> Arms:
    """Every arm that customers are in already, or anybody who is one person with them."""
    members = members_of(connection, customers)
    every = assignments_of(connection, {each for group in members.values() for each in group})
    by_customer: dict[str, list[Assignment]] = {}
    for each in every.values():
        by_customer.setdefault(each.customer_id, []).append(each)
    own: dict[Place, Assignment] = {}
    others: dict[Place, Assignment] = {}
    torn: set[Place] = set()
    for customer, group in members.items():
        for member in (customer, *group):
            for each in by_customer.get(member, ()):
                place = (each.layer, each.layer_key, customer)
                first = own.get(place) or others.get(place)
                if first is not None and first.arm != each.arm:
                    torn.add(place)
                if first is None:
                    (own if member == customer else others)[place] = replace(each, customer_id=customer)
    return Arms(own, tuple(others.values()), frozenset(torn))


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

"""What each proposal is believed to bring its customer, after what it costs: by playbook, tier and stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evergrove.decisions.effects.keeping import read_kept
from evergrove.decisions.effects.types import ANYWHERE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from sqlalchemy import Connection

    from evergrove.campaigns.types import Proposal
    from evergrove.decisions.effects import Effect

DIGITS = 4
"""Decimals of amounts, as the ledger keeps them."""
Place = tuple[str, str, str]
"""Playbook, tier, stage."""


@dataclass(frozen=True)
class Worth:
    """
    What one contact is believed to bring; currency.

    Attributes:
        mean: Extra gross margin over the window, at the price paid.
        sd: Of the belief.
        cost: Of contacting a treated person over the window, never below that of one message.
        is_assumed: Whether it rests on an assumption.
    """

    mean: float
    sd: float
    cost: float
    is_assumed: bool

    @property
    def net(self) -> float:
        """What is left of it, to the ledger's last digit: what differs by less brings the same."""
        return round(self.mean - self.cost, DIGITS)


@dataclass(frozen=True)
class Beliefs:
    """
    Beliefs of one day, to be looked up.

    Attributes:
        by_place: Effects; under an empty tier and stage that of all cells without their own.
        costs: Contact cost of a treated person by playbook.
        contact: Cost of one message.
    """

    by_place: Mapping[Place, Effect] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)
    contact: float = 0.0

    def of(self, playbook: str, tier: str, stage: str) -> Worth | None:
        """
        What is believed of a playbook in a cell; None: nothing.

        An assumption of exactly nothing, of which nothing is measured, is no belief: it comes of a shop whose customers have
        brought nothing yet, and would forbid for ever what nobody has tried.
        """
        found = self.by_place.get((playbook, tier, stage)) or self.by_place.get(
            (playbook, ANYWHERE, ANYWHERE)
        )
        if found is None or (found.mean == 0.0 and found.assumed_weight == 1.0):
            return None
        cost = max(self.costs.get(playbook, 0.0), self.contact)
        return Worth(found.mean, found.sd, cost, found.is_assumed)

    def of_proposal(self, proposal: Proposal) -> Worth | None:
        """The same for the customer of a proposal."""
        return self.of(proposal.playbook, proposal.tier, proposal.stage)


NO_BELIEFS = Beliefs()


def beliefs_of(kept: Sequence[tuple[Effect, Decimal, object]], contact: Decimal) -> Beliefs:
    """
    Beliefs as they are looked up.

    Args:
        kept: From ``effects.keeping.read_kept``.
        contact: Cost of one message.
    """
    return Beliefs(
        {(each.playbook, each.tier, each.stage): each for each, _cost, _about in kept},
        {each.playbook: float(cost) for each, cost, _about in kept},
        float(contact),
    )


def beliefs_on(connection: Connection, as_of: date, contact: Decimal) -> Beliefs:
    """
    What was believed on a day, or last before it.

    Args:
        connection: Of any block.
        as_of: The day.
        contact: Cost of one message.
    """
    return beliefs_of(read_kept(connection, as_of), contact)

"""What each proposal is believed to bring its customer, after what it costs: by playbook, tier and stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evergrove.decisions.effects.keeping import read_kept
from evergrove.decisions.effects.types import ANYWHERE
from evergrove.decisions.weariness import carried

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from sqlalchemy import Connection

    from evergrove.campaigns.types import Proposal
    from evergrove.decisions.effects import Effect
    from evergrove.decisions.weariness import Carried

USUAL_RATE = 0.10
"""The discount rate, where nobody says another."""
USUAL_WINDOW = 90.0
"""Days over which an effect is counted, where the belief does not say it."""
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
        fatigue: What is lost by those whom one message drives off its channel, by channel; nothing where it is not known.
    """

    mean: float
    sd: float
    cost: float
    is_assumed: bool
    fatigue: Mapping[str, float] = field(default_factory=dict)

    def net(self, channel: str) -> float:
        """What is left of it by a channel, to the ledger's last digit: what differs by less brings the same."""
        return round(self.mean - self.cost - self.fatigue.get(channel, 0.0), DIGITS)


@dataclass(frozen=True)
class Beliefs:
    """
    Beliefs of one day, to be looked up.

    Attributes:
        by_place: Effects; under an empty tier and stage that of all cells without their own.
        costs: Contact cost of a treated person by playbook.
        contact: Cost of one message.
        channels: What they have carried lately; only those of which it is known how many they drive away.
        windows: Days over which an effect is counted, by playbook.
        discount_rate: Effective annual rate.
    """

    by_place: Mapping[Place, Effect] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)
    contact: float = 0.0
    channels: Mapping[str, Carried] = field(default_factory=dict)
    windows: Mapping[str, float] = field(default_factory=dict)
    discount_rate: float = USUAL_RATE

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
        fatigue = {
            name: each.lost(self.windows.get(playbook, USUAL_WINDOW), self.discount_rate)
            * self._later(each, tier, stage)
            for name, each in self.channels.items()
        }
        return Worth(found.mean, found.sd, self._cost(playbook), found.is_assumed, fatigue)

    def of_proposals(self, proposals: Sequence[Proposal]) -> list[Worth | None]:
        """The same for the customers of proposals, in their order."""
        places = [(each.playbook, each.tier, each.stage) for each in proposals]
        known = {each: self.of(*each) for each in set(places)}
        return [known[each] for each in places]

    def _cost(self, playbook: str) -> float:
        return max(self.costs.get(playbook, 0.0), self.contact)

    def _later(self, of: Carried, tier: str, stage: str) -> float:
        """Profit of a later contact by a channel, in a cell: of what it has carried; what loses money would not be sent."""
        profits = 0.0
        for playbook, count in of.begun.items():
            found = self._found(playbook, tier, stage)
            profits += 0.0 if found is None else count * max(0.0, found.mean - self._cost(playbook))
        return profits / max(1, sum(of.begun.values()))

    def _found(self, playbook: str, tier: str, stage: str) -> Effect | None:
        return self.by_place.get((playbook, tier, stage)) or self.by_place.get((playbook, ANYWHERE, ANYWHERE))


def beliefs_of(
    kept: Sequence[tuple[Effect, Decimal, Mapping[str, Any]]],
    contact: Decimal,
    channels: Mapping[str, Carried] | None = None,
    discount_rate: float = USUAL_RATE,
) -> Beliefs:
    """
    Beliefs as they are looked up.

    Args:
        kept: From ``effects.keeping.read_kept``.
        contact: Cost of one message.
        channels: From ``weariness.carried``; None: fatigue is not counted.
        discount_rate: Effective annual rate.
    """
    return Beliefs(
        {(each.playbook, each.tier, each.stage): each for each, _cost, _about in kept},
        {each.playbook: float(cost) for each, cost, _about in kept},
        float(contact),
        channels or {},
        {each.playbook: float(about.get("window_days", USUAL_WINDOW)) for each, _cost, about in kept},
        discount_rate,
    )


def beliefs_on(
    connection: Connection, as_of: date, contact: Decimal, now: datetime, discount_rate: float = USUAL_RATE
) -> Beliefs:
    """
    What was believed on a day, or last before it.

    Args:
        connection: Of any block.
        as_of: The day.
        contact: Cost of one message.
        now: What channels have carried is counted back from here.
        discount_rate: Effective annual rate.
    """
    kept = read_kept(connection, as_of)
    return beliefs_of(kept, contact, carried(connection, now) if kept else None, discount_rate)

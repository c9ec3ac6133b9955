"""What is believed of a playbook's effect, and what the belief is made from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from evergrove.stats.normal import quantile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

ASSUMED_FROM = 0.2
"""From this weight of the assumption on an effect is called assumed."""
ANYWHERE = ""
"""Tier and stage of the effect that stands for all cells of a playbook in which nobody has been measured."""


@dataclass(frozen=True)
class MeasuredCell:
    """
    What randomised people of one cell have shown; several of one cell are people of different times.

    Attributes:
        playbook: Its key.
        tier: At the assignment.
        stage: At the assignment.
        effect: Gross margin per assigned customer over the window, treated less control, before contact cost; currency.
        se: Standard error of ``effect``, > 0.
        people_treated: As assigned.
        people_control: As assigned.
        as_of: The day on which the window of these people was over; an effect grows old from then on.
    """

    playbook: str
    tier: str
    stage: str
    effect: float
    se: float
    people_treated: int
    people_control: int
    as_of: date


@dataclass(frozen=True)
class Prior:
    """
    What a playbook is assumed to bring before anybody has been measured.

    Attributes:
        playbook: Its key.
        mean: Gross margin per assigned customer over the window; currency.
        contact_cost: Of treating a customer, >= 0; the assumption is never surer than that.
    """

    playbook: str
    mean: float
    contact_cost: float

    @property
    def sd(self) -> float:
        """As large as the assumption itself."""
        return max(abs(self.mean), self.contact_cost)


@dataclass(frozen=True)
class Effect:
    """
    What a playbook is believed to bring a customer of one cell.

    Attributes:
        playbook: Its key.
        tier: Of the cell; empty: of every cell that has no effect of its own.
        stage: The same.
        mean: Incremental gross margin per assigned customer at the price paid, before contact and fulfilment cost, over
            the playbook's window; currency.
        sd: Of the belief about the mean, not of customers.
        people_treated: Measured in the cell; in the whole playbook for the effect without a cell.
        people_control: The same.
        assumed_weight: Share of the mean that comes from assumptions, 0 to 1; 1 where nobody of the playbook is measured.
        as_of: The day of the belief.
    """

    playbook: str
    tier: str
    stage: str
    mean: float
    sd: float
    people_treated: int
    people_control: int
    assumed_weight: float
    as_of: date

    @property
    def is_assumed(self) -> bool:
        """Whether it is called assumed."""
        return self.assumed_weight >= ASSUMED_FROM

    def interval(self, level: float = 0.8) -> tuple[float, float]:
        """The bounds between which the effect lies with a probability."""
        reach = quantile(level) * self.sd
        return self.mean - reach, self.mean + reach

    def as_json(self, level: float = 0.8) -> dict[str, Any]:
        """The same for machines, with its interval and its label."""
        low, high = self.interval(level)
        return asdict(self) | {
            "as_of": self.as_of.isoformat(),
            "low": low,
            "high": high,
            "level": level,
            "assumed": self.is_assumed,
        }


def effect_in(effects: Sequence[Effect], playbook: str, tier: str, stage: str) -> Effect | None:
    """The effect of a playbook in a cell, or else the one that stands for cells without their own; None: neither."""
    found = {(each.tier, each.stage): each for each in effects if each.playbook == playbook}
    return found.get((tier, stage)) or found.get((ANYWHERE, ANYWHERE))

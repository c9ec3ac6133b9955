"""What sets a group apart: attributes that are more or less frequent in it, and figures that lie elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.stats import Estimate

FORMAT = "evergrove.persona/1"


@dataclass(frozen=True)
class Counted:
    """
    How many have each value of one attribute; of some, such as channels, a customer may have several.

    Attributes:
        known: Customers of the group of whom the attribute is known.
        known_others: The same of everybody else.
        values: Value -> how many of the group have it, and how many of the others.
    """

    known: int
    known_others: int
    values: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Attribute:
    """
    One value of one attribute.

    Attributes:
        name: Of the attribute.
        value: Its value.
        ours: Share of the group that has it, of those of whom the attribute is known.
        others: The same of everybody else.
        lift: How many times as frequent it is here, with its interval.
        p: Of shares at least as far apart by chance.
        q: The same, corrected for all that was asked.
    """

    name: str
    value: str
    ours: float
    others: float
    lift: Estimate
    p: float
    q: float

    def as_json(self) -> dict[str, Any]:
        """As it stands in documents."""
        return {
            "name": self.name,
            "value": self.value,
            "share": self.ours,
            "share_of_others": self.others,
            "lift": _known(self.lift.value),
            "low": _known(self.lift.low),
            "high": _known(self.lift.high),
            "q": self.q,
        }


@dataclass(frozen=True)
class Shift:
    """
    One figure.

    Attributes:
        name: Of the figure.
        ours: Its median in the group, of those of whom it is known.
        others: The median of everybody else.
        delta: Cliff's delta with its interval: how often one of ours has more than one of the others, less how often.
        p: Of a delta at least as far from 0 by chance.
        q: The same, corrected for all that was asked.
    """

    name: str
    ours: float
    others: float
    delta: Estimate
    p: float
    q: float

    def as_json(self) -> dict[str, Any]:
        """As it stands in documents."""
        return {
            "name": self.name,
            "median": self.ours,
            "median_of_others": self.others,
            "delta": _known(self.delta.value),
            "low": _known(self.delta.low),
            "high": _known(self.delta.high),
            "q": self.q,
        }


@dataclass(frozen=True)
class Persona:
    """
    What sets a group apart, the most telling first.

    Attributes:
        customers: In the group.
        others: Everybody else.
        asked: How many comparisons were made, whether they told anything or not.
        chance: Share of what is told that may be chance, on average over many such lists.
        level: Probability between the bounds.
        attributes: Values that are more or less frequent.
        shifts: Figures that lie elsewhere.
    """

    customers: int
    others: int
    asked: int
    chance: float
    level: float
    attributes: tuple[Attribute, ...]
    shifts: tuple[Shift, ...]

    def as_json(self) -> dict[str, Any]:
        """The document, but for the group's name."""
        return {
            "format": FORMAT,
            "customers": self.customers,
            "others": self.others,
            "asked": self.asked,
            "chance": self.chance,
            "level": self.level,
            "attributes": [each.as_json() for each in self.attributes],
            "shifts": [each.as_json() for each in self.shifts],
        }


def _known(value: float) -> float | None:
    return value if isfinite(value) else None

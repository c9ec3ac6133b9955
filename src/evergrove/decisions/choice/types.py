"""What is chosen, and within which limits. Arrays have one row a customer and one column an action."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int32]
Flags = NDArray[np.bool_]
Kind = Literal["budget", "channel_budget", "cap", "channel_cap"]

NOTHING = -1
"""The pick of a customer who is left alone."""
SLACK = 1e-9
"""Share of a limit, or amount below 1, by which sums of floats may seem to pass it."""


@dataclass(frozen=True)
class Limit:
    """
    One limit over all customers together.

    Attributes:
        kind: "budget" and "channel_budget" count money, "cap" and "channel_cap" count contacts.
        channel: Which channel it is about; None: all.
        most: Money or contacts, >= 0.
    """

    kind: Kind
    channel: str | None
    most: float

    @property
    def name(self) -> str:
        """Of the limit, as errors name it."""
        return self.kind if self.channel is None else f"{self.kind} {self.channel}"

    @property
    def counts_money(self) -> bool:
        """Whether costs are counted, not contacts."""
        return self.kind in {"budget", "channel_budget"}


@dataclass(frozen=True)
class Limits:
    """
    Limits, and what one action uses of each.

    Attributes:
        each: The limits, R of them.
        money: 1 where the cost of an action counts. Shape (R, k).
        contacts: 1 where an action counts as one contact. Shape (R, k).
        most: Of each limit. Shape (R,).
    """

    each: tuple[Limit, ...]
    money: Floats
    contacts: Floats
    most: Floats

    def used(self, spent: Floats, contacted: Floats) -> Floats:
        """Of each limit, by costs summed and contacts counted a column. Shapes (k,), (k,) -> (R,)."""
        total: Floats = self.money @ spent + self.contacts @ contacted
        return total

    def used_by(self, columns: NDArray[np.intp], costs: Floats) -> Floats:
        """What single actions use of each limit. Shapes (m,), (m,) -> (R, m)."""
        use: Floats = self.money[:, columns] * costs + self.contacts[:, columns]
        return use

    @property
    def slack(self) -> Floats:
        """What rounding of sums may seem to add to each limit. Shape (R,)."""
        return SLACK * np.maximum(1.0, self.most)

    @property
    def beside_budget(self) -> Limits:
        """All but the budget for everything."""
        kept = np.array([limit.kind != "budget" for limit in self.each], dtype=bool)
        each = tuple(limit for limit, is_kept in zip(self.each, kept, strict=True) if is_kept)
        return Limits(each, self.money[kept], self.contacts[kept], self.most[kept])

    def shrunk(self, most: Floats) -> Limits:
        """The same limits with less, or more, in them."""
        return Limits(self.each, self.money, self.contacts, most)


@dataclass(frozen=True)
class Choice:
    """
    What was chosen for every customer.

    Attributes:
        picked: Column of the action of each customer, or -1 for nothing. Shape (n,).
        value: Of all picks together, after their costs and fatigue.
        spent: What all picks together cost the budget.
        contacts: How many customers have an action.
        limits: As they were given.
        used: Of each limit. Shape (R,).
        prices: Value that one more unit of each limit would bring, at the margin; 0 where it does not bind. Shape (R,).
        bound: No choice within the limits has a higher value.
        exact: Whether this value is proven to be the highest.
    """

    picked: Whole
    value: float
    spent: float
    contacts: int
    limits: Limits = field(repr=False)
    used: Floats = field(repr=False)
    prices: Floats = field(repr=False)
    bound: float
    exact: bool

    @property
    def price(self) -> float:
        """What one more unit of the total budget would bring, at the margin; 0 without such a budget."""
        found = [p for limit, p in zip(self.limits.each, self.prices, strict=True) if limit.kind == "budget"]
        return float(found[0]) if found else 0.0

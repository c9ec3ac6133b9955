"""What every action is worth for every customer, laid out for passes over a million of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.decisions.choice.errors import NotFinite, ShapesDiffer
from evergrove.decisions.choice.types import NOTHING, Floats, Whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from evergrove.decisions.choice.types import Flags, Limits

BLOCK = 16_384
"""Customers looked at in one pass: so few that a pass stays in the processor's own memory."""


@dataclass(frozen=True)
class Table:
    """
    Worth and cost, a row an action, so that passes over customers run along memory.

    Attributes:
        worth: After costs and fatigue; -inf where the action is not to be picked. Shape (k, n).
        cost: What the action uses of budgets; 0 where it is not to be picked. Shape (k, n).
    """

    worth: Floats
    cost: Floats

    @property
    def actions(self) -> int:
        """How many columns were given, k."""
        return len(self.worth)

    @property
    def customers(self) -> int:
        """How many rows were given, n."""
        return int(self.worth.shape[1])

    def blocks(self) -> Iterator[slice]:
        """Runs of customers that cover all of them."""
        for start in range(0, self.customers, BLOCK):
            yield slice(start, min(start + BLOCK, self.customers))

    def of(self, picks: Whole) -> tuple[Floats, Floats]:
        """Worth and cost of the picks; 0 and 0 for nothing. Shapes (n,), (n,)."""
        rows = np.arange(self.customers)
        none = picks == NOTHING
        at = np.where(none, 0, picks)
        return np.where(none, 0.0, self.worth[at, rows]), np.where(none, 0.0, self.cost[at, rows])

    def sums(self, picks: Whole) -> tuple[float, Floats, Floats]:
        """Worth of all picks together, and cost and contacts a column. Shapes (k,), (k,)."""
        worth, spent, contacted = 0.0, np.zeros(self.actions), np.zeros(self.actions)
        for at in self.blocks():
            for action in range(self.actions):
                here = picks[at] == action
                contacted[action] += np.count_nonzero(here)
                spent[action] += (here * self.cost[action, at]).sum()
                # Nobody's pick is worth less than 0, and 0 times -inf would be no number.
                worth += float((here * np.maximum(self.worth[action, at], 0.0)).sum())
        return worth, spent, contacted

    def part(self, customers: NDArray[np.intp]) -> Table:
        """The same for some customers only."""
        return Table(self.worth[:, customers], self.cost[:, customers])

    def priced(self, at: slice, limits: Limits, prices: Floats) -> Floats:
        """Worth after what the limits' prices take. Shape (k, block)."""
        per_cost, per_contact = prices @ limits.money, prices @ limits.contacts
        found: Floats = self.worth[:, at] - self.cost[:, at] * per_cost[:, None]
        found -= per_contact[:, None]
        return found

    def best(self, limits: Limits, prices: Floats) -> tuple[Whole, float]:
        """
        The best pick of every customer at given prices, and the sum of what these bring after prices.

        Of equals the first column is taken, and nothing before any of them.
        """
        picks = np.empty(self.customers, dtype=np.int32)
        total = 0.0
        for at in self.blocks():
            picks[at], top = leaders(self.priced(at, limits, prices))
            total += float(top.sum())
        return picks, total


def leaders(priced: Floats) -> tuple[Whole, Floats]:
    """The row of each column's highest figure above 0, else nothing; and that figure, else 0."""
    top = np.zeros(priced.shape[1])
    picks = np.full(priced.shape[1], NOTHING, dtype=np.int32)
    for action, row in enumerate(priced):
        better = row > top
        np.copyto(picks, action, where=better)
        np.maximum(top, row, out=top)
    return picks, top


def eligible(values: ArrayLike, costs: ArrayLike) -> Flags:
    """Where an action is allowed: neither its value nor its cost is NaN. Shape (n, k)."""
    found: Flags = ~(np.isnan(np.asarray(values)) | np.isnan(np.asarray(costs)))
    return found


def worth(
    values: ArrayLike, costs: ArrayLike, fatigue: ArrayLike | None = None, *, after_cost: bool = False
) -> Floats:
    """
    What an action is worth to the shop: its value, less its cost, less the fatigue that it brings.

    An action without effect is worth its cost with a minus before it, and nothing else.

    Args:
        values: Extra gross margin at the price paid. Shape (n, k); NaN where the action is not allowed.
        costs: Contact and fulfilment cost. Shape (n, k), or one that stretches to it.
        fatigue: Cost of contacts that can no longer be made: see ``fatigue``. Shape (n, k), or one that stretches to it.
        after_cost: Costs have been taken off the values already, and only count against budgets.

    Raises:
        ShapesDiffer: The shapes do not go together.
    """
    found = np.array(values, dtype=np.float64)
    if not after_cost:
        found -= _stretched("costs", costs, found.shape)
    if fatigue is not None:
        found -= _stretched("fatigue", fatigue, found.shape)
    return found


def table_of(
    values: ArrayLike,
    costs: ArrayLike,
    fatigue: ArrayLike | None = None,
    charged: ArrayLike | None = None,
    *,
    after_cost: bool = False,
) -> Table:
    """
    What is to be chosen from; an action that is not allowed, or worth less than nothing, is no candidate.

    Args:
        values: See ``worth``.
        costs: The same.
        fatigue: The same.
        charged: What counts against budgets, where that is not ``costs``. Shape (n, k), or one that stretches to it.
        after_cost: See ``worth``.

    Raises:
        ShapesDiffer: The shapes do not go together.
        NotFinite: Something is infinite.
    """
    given = np.asarray(values)
    if given.ndim != 2:
        raise ShapesDiffer(name="values", shape=given.shape, expected=("customers", "actions"))
    counted = _stretched(
        "costs" if charged is None else "charged", costs if charged is None else charged, given.shape
    )
    net = worth(given, costs, fatigue, after_cost=after_cost).T.copy()
    cost = np.array(counted.T, dtype=np.float64, order="C")
    for name, array in (("values", net), ("costs", cost)):
        _check_finite(name, array)
    # What is worth nothing is picked only where it brings money in.
    out = ~((net > 0.0) | ((net == 0.0) & (cost < 0.0))) | np.isnan(cost)
    net[out], cost[out] = -np.inf, 0.0
    return Table(net, cost)


def _stretched(name: str, array: ArrayLike, shape: tuple[int, ...]) -> Floats:
    given = np.asarray(array)
    try:
        return np.broadcast_to(given, shape)
    except ValueError as error:
        raise ShapesDiffer(name=name, shape=given.shape, expected=shape) from error


def _check_finite(name: str, array: Floats) -> None:
    if np.isinf(array.sum()) or np.isnan(array.sum()):
        broken = np.isinf(array)
        if broken.any():
            customer, action = np.argwhere(broken.T)[0]
            raise NotFinite(
                name=name,
                broken=int(broken.sum()),
                total=int(broken.size),
                customer=int(customer),
                action=int(action),
            )

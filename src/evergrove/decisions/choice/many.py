r"""
Several limits at once: their prices, and a mixture of whole choices that keeps all of them.

At given prices every customer's best pick is found by itself. Such a choice for everybody is a *column*: its worth and
what it uses of each limit. The best mixture of the columns known is a small linear programme, whose duals are the next
prices; a column found at these joins, until none can better the mixture (Dantzig and Wolfe). Prices are drawn towards
the best ones so far, because the programme's own leap about.

.. math::

    D(\lambda) = \sum_i \max_k (w_{ik} - \lambda \cdot u_{ik})^+ + \lambda \cdot b \ge \text{best}

Customers on whom the columns agree are settled. The others, mostly ties, are dealt out over the columns in the
mixture's shares, evenly within those to whom the columns offer the same.

Source:
    Dantzig and Wolfe (1960), Decomposition principle for linear programs, Operations Research 8(1), 101-111;
    smoothing: Wentges (1997), Int. Transactions in Operational Research 4(2), 151-162.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

from evergrove.decisions.choice.pricing import Relaxed
from evergrove.decisions.choice.types import NOTHING, Floats, Whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.decisions.choice.table import Table
    from evergrove.decisions.choice.types import Limits

CLOSE = 3e-7
"""Part of its value by which a mixture may lie below its bound."""
ROUNDS = 120
"""Columns after which the prices are good enough; the bound holds at any of them."""
TOWARDS_BEST = 0.5
"""Weight of the best prices so far in those tried next."""
SAMPLED = 20_000
"""Customers on whom prices are found that a larger base begins with."""
GOLDEN = 0.6180339887498949
"""Multiples of it, without their whole part, spread evenly over any stretch."""


@dataclass
class _Master:
    """Columns known, and the best prices. ``most`` is of the limits."""

    limits: Limits
    picks: list[Whole] = field(default_factory=list)
    worth: list[float] = field(default_factory=list)
    used: list[Floats] = field(default_factory=list)
    best: Floats = field(default_factory=lambda: np.empty(0))
    bound: float = np.inf
    tried: list[Floats] = field(default_factory=list)

    def price_out(self, table: Table, prices: Floats) -> None:
        """Add the column that is best at some prices."""
        picks, after = table.best(self.limits, prices)
        self.add(table, picks)
        self.tried.append(prices)
        bound = after + float(prices @ self.limits.most)
        if bound < self.bound:
            self.bound, self.best = bound, prices

    def add(self, table: Table, picks: Whole) -> None:
        """Add a column."""
        worth, spent, contacted = table.sums(picks)
        self.picks.append(picks)
        self.worth.append(worth)
        self.used.append(self.limits.used(spent, contacted))

    def mixed(self) -> tuple[Floats, Floats, float]:
        """Shares of the columns in the best mixture, the limits' duals, and the mixture's worth."""
        scale = max(1.0, float(np.abs(self.worth).max()))
        size = np.maximum(1.0, self.limits.most)
        found = linprog(
            -np.array(self.worth) / scale,
            A_ub=np.array(self.used).T / size[:, None],
            b_ub=self.limits.most / size,
            A_eq=np.ones((1, len(self.worth))),
            b_eq=[1.0],
            method="highs-ds",
        )
        duals = np.maximum(0.0, -found.ineqlin.marginals) * scale / size
        return np.maximum(found.x, 0.0), duals, -float(found.fun) * scale


def by_prices(table: Table, limits: Limits) -> Relaxed:
    """
    A choice near the best one with parts, and the bound that this one gives.

    The picks may pass a limit by a few customers: see ``taken_back``.

    Args:
        table: Worth and cost of every action.
        limits: Two at least.
    """
    master = _Master(limits)
    master.add(table, np.full(table.customers, NOTHING, dtype=np.int32))
    dear = _DEAR * max(1.0, float(table.worth.max(initial=0.0)))
    master.add(table, table.best(limits, np.full(len(limits.each), dear))[0])
    for prices in _first(table, limits):
        master.price_out(table, prices)
    shares = _converged(master, table)
    picked = _dealt(master, shares)
    return Relaxed(picked, master.best, master.bound, None)


_DEAR = 1e9
"""Times the highest worth: a price at which only what brings money in is picked."""


def _first(table: Table, limits: Limits) -> list[Floats]:
    """Prices to begin with: none, and for many customers those found for some of them."""
    nothing = np.zeros(len(limits.each))
    if table.customers <= 4 * SAMPLED:
        return [nothing]
    every = table.customers // SAMPLED
    some = np.arange(every // 2, table.customers, every)
    part = table.part(some)
    small = _Master(limits.shrunk(limits.most * len(some) / table.customers))
    small.add(part, np.full(len(some), NOTHING, dtype=np.int32))
    small.price_out(part, nothing)
    shares = _converged(small, part)
    # The first column has no prices: it is nothing for everybody.
    used = [p for p, share in zip(small.tried, shares[1:], strict=True) if share > 0.0]
    return [nothing, small.best, *used]


def _converged(master: _Master, table: Table) -> Floats:
    """Columns until the mixture comes near its bound; its shares."""
    shares, duals, worth = master.mixed()
    for _round in range(ROUNDS):
        if master.bound - worth <= CLOSE * max(1.0, abs(worth)):
            break
        before = master.bound
        master.price_out(table, TOWARDS_BEST * master.best + (1.0 - TOWARDS_BEST) * duals)
        if master.bound >= before:
            master.price_out(table, duals)
        shares, duals, worth = master.mixed()
    return shares


def _dealt(master: _Master, shares: Floats) -> Whole:
    """One pick a customer: where columns differ, theirs in turn, in the mixture's shares."""
    used = np.flatnonzero(shares > CLOSE)
    offered = np.array([master.picks[number] for number in used])
    picked: Whole = offered[0].copy()
    open_ = np.flatnonzero((offered != offered[0]).any(axis=0))
    order = open_[np.lexsort(offered[:, open_])]
    until = np.cumsum(shares[used]) / shares[used].sum()
    turn: NDArray[np.float64] = np.modf(0.5 + GOLDEN * np.arange(len(order)))[0]
    column = np.minimum(np.searchsorted(until, turn, side="right"), len(used) - 1)
    picked[order] = offered[column, order]
    return picked

r"""
What other budgets would bring where further limits stay as they are, such as the budget of a channel.

Customers of one kind have the same worth and cost of every action, so a linear programme over kinds says how many of each
get what, if the last customer could be given a part of an action:

.. math::

    \max \sum_{rk} w_{rk} x_{rk}, \quad \sum_k x_{rk} \le n_r, \quad \sum_{rk} u_{lrk} x_{rk} \le b_l, \quad x \ge 0
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from evergrove.decisions.choice.curve import POINTS, Curve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.decisions.choice.table import Table
    from evergrove.decisions.choice.types import Floats, Limits

THRIFT = 1e-9
"""Part of its value that an action is thought worth less for what it costs: of plans worth the same the cheaper is taken."""


@dataclass(frozen=True)
class Bought:
    """
    What one budget buys.

    Attributes:
        value: Worth of it all.
        money: What it uses of the budget.
        price: Value that one more unit of the budget would bring.
        picks: Customers of each kind by action, parts included. Shape (r, k).
    """

    value: float
    money: float
    price: float
    picks: Floats


@dataclass(frozen=True)
class Kinds:
    """
    Customers by kind, and the limits beside the budget.

    Attributes:
        table: Worth and cost of each action for one customer of each kind.
        people: How many customers there are of each. Shape (r,).
        others: All limits but the budget.
    """

    table: Table
    people: Floats
    others: Limits

    def bought(self, budget: float) -> Bought:
        """
        The best that a budget buys.

        Args:
            budget: Money for everything; infinite: as much as is worth it.
        """
        action, kind = np.nonzero(np.isfinite(self.table.worth))
        worth, cost = self.table.worth[action, kind], self.table.cost[action, kind]
        picks = np.zeros((len(self.people), self.table.actions))
        if not len(kind):
            return Bought(0.0, 0.0, 0.0, picks)
        all_of_it = float(self.people @ np.maximum(self.table.cost.max(axis=0), 0.0))
        thrift = THRIFT * worth.max() / max(float(np.abs(cost).max()), 1.0)
        limits = vstack([csr_array(cost[None, :]), csr_array(self.others.used_by(action, cost))])
        found = linprog(
            -(worth - thrift * cost),
            A_ub=vstack([_each_once(kind, len(self.people)), limits]),
            b_ub=np.concatenate([self.people, [min(budget, all_of_it)], self.others.most]),
            method="highs",
        )
        picks[kind, action] = found.x
        price = max(0.0, -float(found.ineqlin.marginals[len(self.people)])) if np.isfinite(budget) else 0.0
        return Bought(float(worth @ found.x), float(cost @ found.x), price, picks)

    def curve(self) -> Curve:
        """Value against budget, evenly from 0 until more money would bring nothing."""
        last = self.bought(np.inf)
        budgets = np.linspace(0.0, max(0.0, last.money), POINTS)
        found = [self.bought(float(budget)) for budget in budgets[:-1]]
        values = np.array([each.value for each in (*found, last)])
        # At a kink any price between two slopes is right; none is to seem higher than that of less money.
        return Curve(budgets, values, np.minimum.accumulate([each.price for each in (*found, last)]))


def _each_once(kind: NDArray[np.intp], kinds: int) -> csr_array:
    """Nobody gets two actions. Shape (r, columns)."""
    columns = np.arange(len(kind))
    return csr_array((np.ones(len(kind)), (kind, columns)), shape=(kinds, len(kind)))


def alike(values: Floats) -> tuple[NDArray[np.intp], Floats, NDArray[np.intp]]:
    """
    One row of each kind, how many rows are of it, and the kind of every row.

    Args:
        values: Rows of one kind are equal in every column; NaN equals NaN. Shape (n, k).
    """
    kind = np.zeros(len(values), dtype=np.intp)
    for column in values.T:
        code = np.unique(column, return_inverse=True)[1]
        kind = np.unique(kind * (len(values) + 1) + code, return_inverse=True)[1]
    _kinds, rows, people = np.unique(kind, return_index=True, return_counts=True)
    return rows, people.astype(np.float64), kind

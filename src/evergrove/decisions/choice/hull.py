r"""
The steps from the cheapest to the dearest pick of each customer that a single price can lead to.

With one limit, the picks that are best at some price are the corners of the upper hull of the points (use, worth) of a
customer's actions, nothing included, from the one that uses least. Going down with the price they are met in the order
of their slopes, and the greedy choice over all customers' steps is the best one of the relaxed problem:

.. math::

    \text{slope} = \frac{w_{j} - w_{i}}{u_{j} - u_{i}}, \quad u_j > u_i,\ w_j > w_i

Source:
    Sinha and Zoltners (1979), The multiple-choice knapsack problem, Operations Research 27(3), 503-515.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.decisions.choice.types import NOTHING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.decisions.choice.table import Table
    from evergrove.decisions.choice.types import Floats, Whole


_Round = tuple["Whole", "Whole", "Whole", "Floats", "Floats", "Floats"]
"""Customer, action before, action, slope, use, gain of one step a customer."""


@dataclass(frozen=True)
class Steps:
    """
    Steps of all customers, first steps first; of one customer, each has a lower slope than the one before.

    Attributes:
        start: Pick of each customer that uses least, and of these brings most. Shape (n,).
        customer: Whose step it is. Shape (s,).
        before: What is picked before it, or -1. Shape (s,).
        action: What is picked after it. Shape (s,).
        slope: Worth that is gained for each unit used, > 0. Shape (s,).
        use: Units used more, > 0. Shape (s,).
        gain: Worth gained, > 0. Shape (s,).
    """

    start: Whole
    customer: Whole
    before: Whole
    action: Whole
    slope: Floats
    use: Floats
    gain: Floats

    def taken(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> Whole:
        """The pick of each customer after the chosen steps."""
        picks = self.start.copy()
        # Of several steps of one customer the last one written stays: they stand in their order.
        picks[self.customer[chosen]] = self.action[chosen]
        return picks


def steps_of(table: Table, money: Floats, contacts: Floats) -> Steps:
    """
    All steps of all customers towards one limit.

    Args:
        table: Worth and cost of every action.
        money: 1 for actions whose cost the limit counts. Shape (k,).
        contacts: 1 for actions that it counts as a contact. Shape (k,).
    """
    start = np.empty(table.customers, dtype=np.int32)
    rounds: list[list[_Round]] = []
    for at in table.blocks():
        use = table.cost[:, at] * money[:, None] + contacts[:, None]
        worth = table.worth[:, at]
        start[at], now_use, now_worth = _cheapest(use, worth)
        for number, found in enumerate(_climb(use, worth, start[at], now_use, now_worth)):
            if number == len(rounds):
                rounds.append([])
            customer, *rest = found
            rounds[number].append((customer + np.int32(at.start), *rest))  # type: ignore[arg-type]
    flat = [part for each in rounds for part in each]
    if not flat:
        none, zero = np.empty(0, dtype=np.int32), np.empty(0)
        return Steps(start, none, none, none, zero, zero, zero)
    columns = [np.concatenate(column) for column in zip(*flat, strict=True)]
    return Steps(start, *columns)


def _cheapest(use: Floats, worth: Floats) -> tuple[Whole, Floats, Floats]:
    """Where each customer's hull begins: the pick that uses least; of equals the one that brings most."""
    picks = np.full(use.shape[1], NOTHING, dtype=np.int32)
    least, most = np.zeros(use.shape[1]), np.zeros(use.shape[1])
    for action in range(len(use)):
        possible = worth[action] > -np.inf
        better = possible & ((use[action] < least) | ((use[action] == least) & (worth[action] > most)))
        np.copyto(picks, action, where=better)
        np.copyto(least, use[action], where=better)
        np.copyto(most, worth[action], where=better)
    return picks, least, most


def _climb(use: Floats, worth: Floats, now: Whole, now_use: Floats, now_worth: Floats) -> list[_Round]:
    """Round by round the next corner of those who have one."""
    found: list[_Round] = []
    who = np.arange(use.shape[1], dtype=np.int32)
    ceiling = np.full(use.shape[1], np.inf)
    while True:
        action, slope = _steepest(use, worth, now_use, now_worth)
        there = slope > 0.0
        if not there.any():
            return found
        who, action, use, worth = who[there], action[there], use[:, there], worth[:, there]
        column = np.arange(len(who))
        next_use, next_worth = use[action, column], worth[action, column]
        # Rounding may lift a slope over the one before it, where three points lie on one line.
        ceiling = np.minimum(ceiling[there], slope[there])
        found.append(
            (who, now[there], action, ceiling, next_use - now_use[there], next_worth - now_worth[there])
        )
        now, now_use, now_worth = action, next_use, next_worth


def _steepest(use: Floats, worth: Floats, now_use: Floats, now_worth: Floats) -> tuple[Whole, Floats]:
    """The action with the steepest way up from where each stands, the farthest of equals; slope 0 where there is none."""
    best = np.zeros(use.shape[1])
    action = np.full(use.shape[1], NOTHING, dtype=np.int32)
    reach = np.zeros(use.shape[1])
    for row in range(len(use)):
        more, gain = use[row] - now_use, worth[row] - now_worth
        slope = np.zeros_like(best)
        np.divide(gain, more, out=slope, where=(more > 0.0) & (gain > 0.0))
        better = (slope > best) | ((slope == best) & (slope > 0.0) & (more > reach))
        np.copyto(action, row, where=better)
        np.copyto(best, slope, where=better)
        np.copyto(reach, more, where=better)
    return action, best

"""
The best choice for a few customers, by dynamic programming over what has been used so far.

A state is what the customers looked at until now use of each limit, and what their picks are worth. A state goes when it
cannot keep the limits any more, when another one uses no more and is worth no less, or when even the prices' bound on
what the others can add does not lift it over the best choice known. Costs are used as they are, never rounded to a grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.decisions.choice.branching import branch
from evergrove.decisions.choice.types import NOTHING, Floats, Whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.decisions.choice.table import Table
    from evergrove.decisions.choice.types import Limits

MOST_STATES = 20_000
"""States kept after one customer; beyond it another way has to be gone, or the best ones go on and nothing is proven."""
FEWER_STATES = 4_000
"""The same where nothing has to be proven."""
COMPARED = 1000
"""States of several limits that are held against each other two by two."""


@dataclass(frozen=True)
class Solved:
    """
    The best picks that were found.

    Attributes:
        picked: Column a customer, or -1. Shape (m,).
        worth: Of all of them together.
        proven: No other choice within the limits has more.
    """

    picked: Whole
    worth: float
    proven: bool


@dataclass(frozen=True)
class _Options:
    """What one customer may be given, nothing first: actions, worth, and use of each limit."""

    action: Whole
    worth: Floats
    use: Floats


@dataclass(frozen=True)
class _States:
    """Worth (S,), use (R, S), the state each comes from (S,) and the option that led from it (S,)."""

    worth: Floats
    use: Floats
    parent: Whole
    option: Whole

    def kept(self, which: NDArray[np.intp]) -> _States:
        return _States(self.worth[which], self.use[:, which], self.parent[which], self.option[which])


def solve(table: Table, limits: Limits, prices: Floats, known: Whole, *, surely: bool = True) -> Solved:
    """
    The best picks of a few customers.

    Args:
        table: Of these customers only.
        limits: What is left for them.
        prices: Vectors of prices whose bounds cut states off; each bounds, the more the nearer to the best. Shape (L, R).
        known: Picks that keep the limits; the result is worth no less. Shape (m,).
        surely: Where there are too many states, ask an outside solver; else go on with the best of them.
    """
    options = [_options(table, limits, row) for row in range(table.customers)]
    tops = np.array([_tops(each, prices) for each in options]).reshape(table.customers, len(prices))
    order = np.argsort(-_regrets(options, prices), kind="stable")
    ahead = np.vstack([np.cumsum(tops[order][::-1], axis=0)[::-1], np.zeros(len(prices))])
    least = np.array([each.use.min(axis=1) for each in options]).reshape(table.customers, -1)
    spare = np.vstack([np.cumsum(least[order][::-1], axis=0)[::-1], np.zeros(len(limits.most))])
    best, beaten = known.copy(), table.sums(known)[0]
    states = _States(
        np.zeros(1), np.zeros((len(limits.most), 1)), np.zeros(1, dtype=np.int32), np.zeros(1, dtype=np.int32)
    )
    history, proven = [], True
    for place, row in enumerate(order):
        states = _grown(states, options[row])
        room = limits.most[:, None] + 0.5 * limits.slack[:, None] - states.use
        fits = (room >= spare[place + 1][:, None]).all(axis=0)
        bounds = states.worth + (ahead[place + 1][:, None] + prices @ np.maximum(room, 0.0)).min(axis=0)
        # Equal ones go too: what is known is as good.
        states = states.kept(np.flatnonzero(fits & (bounds > beaten + 1e-12 * (1.0 + abs(beaten)))))
        if len(states.worth) == 0:
            return Solved(best, beaten, proven)
        states = _undominated(states)
        most = MOST_STATES if surely else FEWER_STATES
        if len(states.worth) > most:
            if surely and (outside := branch(table, limits)) is not None:
                worth = table.sums(outside)[0]
                return (
                    Solved(outside, worth, proven=True)
                    if worth > beaten
                    else Solved(best, beaten, proven=True)
                )
            proven, surely = False, False
            states = states.kept(np.argpartition(-states.worth, FEWER_STATES)[:FEWER_STATES])
        history.append(states)
    last = int(np.argmax(states.worth))
    if states.worth[last] > beaten:
        best, beaten = _traced(history, options, order, last), float(states.worth[last])
    return Solved(best, beaten, proven)


def _options(table: Table, limits: Limits, row: int) -> _Options:
    there = np.flatnonzero(table.worth[:, row] > -np.inf)
    use = limits.used_by(there, table.cost[there, row])
    return _Options(
        np.concatenate([[NOTHING], there]).astype(np.int32),
        np.concatenate([[0.0], table.worth[there, row]]),
        np.hstack([np.zeros((len(limits.most), 1)), use]),
    )


def _tops(options: _Options, prices: Floats) -> Floats:
    """What the customer can add at most at each vector of prices."""
    top: Floats = (options.worth - prices @ options.use).max(axis=1)
    return top


def _regrets(options: list[_Options], prices: Floats) -> Floats:
    """How much worse the second best option of each customer is at the last prices: the clear cases come first."""
    found = np.full(len(options), np.inf)
    for row, each in enumerate(options):
        if len(each.worth) > 1:
            second, first = np.sort(each.worth - prices[-1] @ each.use)[-2:]
            found[row] = first - second
    return found


def _grown(states: _States, options: _Options) -> _States:
    """Every state with every option."""
    count, ways = len(states.worth), len(options.worth)
    return _States(
        (states.worth[:, None] + options.worth).ravel(),
        (states.use[:, :, None] + options.use[:, None, :]).reshape(len(states.use), -1),
        np.repeat(np.arange(count, dtype=np.int32), ways),
        np.tile(np.arange(ways, dtype=np.int32), count),
    )


def _undominated(states: _States) -> _States:
    """Without those that use no less of anything than another that is worth as much; of many limits only some are seen."""
    if len(states.use) == 1:
        states = states.kept(np.lexsort((-states.worth, states.use[0])).astype(np.int32))
        before = np.concatenate([[-np.inf], np.maximum.accumulate(states.worth)[:-1]])
        return states.kept(np.flatnonzero(states.worth > before))
    states = states.kept(np.argsort(-states.worth, kind="stable"))
    few = states.use[:, :COMPARED]
    size = few.shape[1]
    no_more = (few[:, :, None] <= few[:, None, :]).all(axis=0)
    # Sorted by worth: whoever stands before is worth no less.
    beaten = np.triu(no_more, 1).any(axis=0)
    return states.kept(np.concatenate([np.flatnonzero(~beaten), np.arange(size, len(states.worth))]))


def _traced(history: list[_States], options: list[_Options], order: NDArray[np.intp], last: int) -> Whole:
    """The picks that led to a state."""
    picks = np.full(len(order), NOTHING, dtype=np.int32)
    for states, row in zip(reversed(history), order[::-1], strict=True):
        picks[row] = options[row].action[states.option[last]]
        last = int(states.parent[last])
    return picks

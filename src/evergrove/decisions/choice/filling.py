"""What a price leaves over: taking back what does not fit, and giving out what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.decisions.choice.types import NOTHING, Floats, Whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.decisions.choice.table import Table
    from evergrove.decisions.choice.types import Limits

TINY = 1e-300
"""Stands for a use of nothing where a gain is divided by it."""
MANY = 20_000
"""Moves to one action that are looked at together: what a price leaves over is seldom enough for as many."""


@dataclass(frozen=True)
class _Moves:
    """Other picks that some customers could have: customer (m,), action (m,), gain (m,), what they use more (R, m)."""

    customer: NDArray[np.intp]
    action: NDArray[np.intp]
    gain: Floats
    use: Floats

    def kept(self, which: NDArray[np.intp]) -> _Moves:
        return _Moves(self.customer[which], self.action[which], self.gain[which], self.use[:, which])


def room_left(table: Table, limits: Limits, picks: Whole) -> Floats:
    """What is left of each limit, with the rounding that is allowed for. Shape (R,)."""
    _worth, spent, contacted = table.sums(picks)
    left: Floats = limits.most + 0.5 * limits.slack - limits.used(spent, contacted)
    return left


def fill(table: Table, limits: Limits, prices: Floats, picks: Whole) -> Whole:
    """
    Better picks for whoever they still fit for, the most gain for what they use (at the prices) first.

    Afterwards no customer can have a better pick than theirs without taking from another.

    Args:
        table: Worth and cost of every action.
        limits: At least one.
        prices: What a unit of each limit is worth. Shape (R,).
        picks: Within the limits. Shape (n,).
    """
    picks, room = picks.copy(), room_left(table, limits, picks)
    while True:
        moves = _fitting(table, limits, prices, picks, room)
        if len(moves.gain) == 0:
            return picks
        while len(moves.gain):
            moves, room = _given_out(moves, prices, picks, room)


def _fitting(table: Table, limits: Limits, prices: Floats, picks: Whole, room: Floats) -> _Moves:
    """Better picks that fit by themselves; of very many to one action, the best at the prices."""
    worth, cost = table.of(picks)
    found = [
        _to(action, table, limits, prices, picks, (worth, cost), room) for action in range(table.actions)
    ]
    return _Moves(
        np.concatenate([each.customer for each in found]),
        np.concatenate([each.action for each in found]),
        np.concatenate([each.gain for each in found]),
        np.concatenate([each.use for each in found], axis=1),
    )


def _to(
    action: int,
    table: Table,
    limits: Limits,
    prices: Floats,
    picks: Whole,
    now: tuple[Floats, Floats],
    room: Floats,
) -> _Moves:
    """Those of one action."""
    worth, cost = now
    who = np.flatnonzero(table.worth[action] > worth)
    for number, left in enumerate(room):
        money, contacts = limits.money[number], limits.contacts[number]
        # The last column is nothing.
        kept = np.append(money, 0.0)[picks[who]] * cost[who] + np.append(contacts, 0.0)[picks[who]]
        who = who[money[action] * table.cost[action, who] + contacts[action] - kept <= left]
    gain = table.worth[action, who] - worth[who]
    if len(who) > MANY:
        rate = _rate(gain, prices @ _more(action, table, limits, picks, who, cost))
        best = np.argpartition(-rate, MANY)[:MANY]
        who, gain = who[best], gain[best]
    return _Moves(who, np.full(len(who), action), gain, _more(action, table, limits, picks, who, cost))


def _more(
    action: int, table: Table, limits: Limits, picks: Whole, who: NDArray[np.intp], cost: Floats
) -> Floats:
    """What customers would use more of each limit with an action than with their picks. Shape (R, m)."""
    none = picks[who] == NOTHING
    old = limits.used_by(np.where(none, 0, picks[who]), cost[who]) * ~none
    new = limits.used_by(np.full(len(who), action), table.cost[action, who])
    more: Floats = new - old
    return more


def _rate(gain: Floats, dear: Floats) -> Floats:
    """Gain for what it uses at the prices; infinite where that is nothing."""
    rate: Floats = np.where(dear > 0.0, gain / np.maximum(dear, TINY), np.inf)
    return rate


def _given_out(moves: _Moves, prices: Floats, picks: Whole, room: Floats) -> tuple[_Moves, Floats]:
    """As many of the best moves as fit together, one a customer; and those of others that fit afterwards."""
    rate = _rate(moves.gain, prices @ moves.use)
    order = np.lexsort((-moves.gain, -rate))
    _, first = np.unique(moves.customer[order], return_index=True)
    chosen = order[np.sort(first)]
    over = (np.cumsum(moves.use[:, chosen], axis=1) > room[:, None]).any(axis=0)
    fitting = chosen[: int(np.argmax(over)) if over.any() else len(chosen)]
    picks[moves.customer[fitting]] = moves.action[fitting]
    room = room - moves.use[:, fitting].sum(axis=1)
    others = ~np.isin(moves.customer, moves.customer[fitting]) & (moves.use <= room[:, None]).all(axis=0)
    return moves.kept(np.flatnonzero(others)), room


def taken_back(table: Table, limits: Limits, prices: Floats, picks: Whole) -> Whole:
    """
    The picks without those that are least missed, so that every limit is kept.

    Limits on contacts come first: taking one back never uses more of these, and what it leaves of a budget is seen after.

    Args:
        table: Worth and cost of every action.
        limits: At least one.
        prices: What a unit of each limit is worth. Shape (R,).
        picks: Of every customer. Shape (n,).
    """
    picks = picks.copy()
    for number in np.argsort([limit.counts_money for limit in limits.each], kind="stable"):
        over = -room_left(table, limits, picks)[number]
        if over <= 0.0:
            continue
        who = np.flatnonzero(picks != NOTHING)
        worth, cost = table.of(picks)
        use = limits.used_by(picks[who].astype(np.intp), cost[who])
        missed = (worth[who] - prices @ use) / np.maximum(use[number], TINY)
        there = np.flatnonzero(use[number] > 0.0)
        order = there[np.argsort(missed[there], kind="stable")]
        enough = int(np.searchsorted(np.cumsum(use[number, order]), over)) + 1
        picks[who[order[:enough]]] = NOTHING
    return picks

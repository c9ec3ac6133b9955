"""The rules of thumb that shops go by, and the two oracles that know."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from benchmarks.policy_play import STAGES, Decided

from evergrove.decisions.choice.choosing import choose
from evergrove.models import BgNbd, Summary
from evergrove.models.estimate import FlatRidge
from evergrove.simulation.draws import keyed_uniforms
from evergrove.simulation.worlds import NOTHING, Contacts, expected_amount

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.policy_play import Asked, Flags, Integers

    from evergrove.decisions.choice.types import Choice
    from evergrove.models import Floats
    from evergrove.simulation.worlds import Belief, Life, Week, World


def rounds(world: World) -> float:
    """Contacts that a customer may still have in a year: what ending a channel costs is counted over them."""
    return 52.0 / world.cadence


def within_budget(order: Integers, action: Integers, asked: Asked) -> Integers:
    """
    Give customers their actions one after the other while the money lasts.

    Args:
        order: Rows, the first first.
        action: Of each row, or -1.
        asked: The budget, and whose channels are reachable.
    """
    told = asked.world.actions
    wanted = order[action[order] != NOTHING]
    wanted = wanted[asked.allowed[wanted, action[wanted]]]
    spent = np.cumsum(np.array([each.planned for each in told])[action[wanted]])
    picked = np.full(len(action), NOTHING)
    afforded = wanted[spent <= asked.budget]
    picked[afforded] = action[afforded]
    return picked


def usual(asked: Asked) -> Integers:
    """What the shop's own rules do with each customer, by stage."""
    keys = [action.key for action in asked.world.actions]
    told = [asked.world.usual.get(stage, "nothing") for stage in STAGES]
    return np.array([keys.index(key) if key in keys else NOTHING for key in told])[asked.stage]


class Rule:
    """A rule that has nothing to learn: the usual action, in an order of its own."""

    def __init__(self, order: Callable[[Asked], Floats], action: Callable[[Asked], Integers] = usual) -> None:
        """``order`` gives the customers who come first the highest figures."""
        self._order, self._action = order, action

    def decide(self, asked: Asked) -> Decided:
        """The first in order, while the budget lasts."""
        order = np.argsort(-self._order(asked), kind="stable")
        picked = within_budget(order, self._action(asked), asked)
        return Decided(picked, np.zeros(len(picked), dtype=np.bool_))

    def see(self, week: Week, life: Life) -> None:
        """Learns nothing."""


def nothing(asked: Asked) -> Integers:
    """Nobody is contacted."""
    return np.full(len(asked.customer), NOTHING)


def cheapest(asked: Asked) -> Integers:
    """Everybody gets the action that costs least."""
    return np.full(len(asked.customer), int(np.argmin([each.planned for each in asked.world.actions])))


def by_chance(asked: Asked) -> Floats:
    """An order that says nothing."""
    weeks = np.full(len(asked.customer), asked.life.week)
    return keyed_uniforms(asked.life.cast.seed, "random order", asked.customer, weeks)


def rfm(asked: Asked) -> Floats:
    """The sum of three scores from 1 to 5, then spend."""
    scores = sum(_quintile(each) for each in (-asked.silence, asked.orders, asked.spend))
    return np.asarray(scores + asked.spend / (1 + asked.spend.max()))


def _quintile(values: Floats) -> Floats:
    below, upto = (np.searchsorted(np.sort(values), values, side=side) for side in ("left", "right"))
    return np.ceil(5 * (below + upto) / 2 / max(len(values), 1))


class Predicted:
    """Orders by BG/NBD, fitted once at day 0: by value of the next year, or by the risk of having lost it."""

    def __init__(self, life: Life) -> None:
        """Fit on everything known at day 0."""
        rows = _summary(life, np.flatnonzero(life.orders > 0))
        with warnings.catch_warnings():
            # In short histories a and b may be anything together; what is foretold from them is the same.
            warnings.simplefilter("ignore", FlatRidge)
            self._model = BgNbd.fit(rows).model

    def value(self, asked: Asked) -> Floats:
        """Expected spend of the next year."""
        rows = _summary(asked.life, asked.customer)
        orders = self._model.expected_purchases(52.0, rows.frequency, rows.recency, rows.T)
        return np.asarray(orders * expected_amount(asked.life, asked.customer))

    def orders(self, asked: Asked, weeks: float) -> Floats:
        """Expected orders of the next weeks."""
        rows = _summary(asked.life, asked.customer)
        return np.asarray(self._model.expected_purchases(weeks, rows.frequency, rows.recency, rows.T))

    def risk(self, asked: Asked) -> Floats:
        """Chance of having left."""
        rows = _summary(asked.life, asked.customer)
        return np.asarray(1 - self._model.probability_alive(rows.frequency, rows.recency, rows.T))


def _summary(life: Life, customer: Integers) -> Summary:
    born = life.cast.born[customer]
    return Summary(
        frequency=(life.orders[customer] - 1).astype(np.float64),
        recency=(life.last[customer] - born).astype(np.float64),
        T=(life.week - 1 - born).astype(np.float64),
        unit="week",
    )


def best_within(values: Floats, allowed: Flags, asked: Asked, exploration: float = 0.0) -> Integers:
    """The product's chooser on values before costs, with this world's costs and limits; shape (k,)."""
    return np.asarray(chosen(values, allowed, asked, exploration).picked, dtype=np.int64)


def chosen(values: Floats, allowed: Flags, asked: Asked, exploration: float = 0.0) -> Choice:
    """The choice itself, with its prices."""
    told = asked.world.actions
    costs = np.array([each.cost for each in told])
    hazard = np.array([each.unsubscribe for each in told])
    worth = np.where(allowed, values, np.nan)
    ahead = np.maximum(np.nan_to_num(worth - costs).max(axis=1, initial=0.0), 0.0)
    return choose(
        worth,
        costs,
        budget=asked.budget,
        fatigue=hazard * ahead[:, None] * rounds(asked.world),
        charged=np.array([each.planned for each in told]),
        exploration=exploration,
    )


class Oracle:
    """The product's chooser, told the true effects: given what can be seen, or given the customers' hidden state."""

    def __init__(self, belief: Belief | None) -> None:
        """With a belief it knows what can be known; without one, everything."""
        self._belief = belief

    def decide(self, asked: Asked) -> Decided:
        """The best choice under the same limits."""
        picked = best_within(self.values(asked), asked.allowed, asked)
        return Decided(picked, np.zeros(len(picked), dtype=np.bool_))

    def values(self, asked: Asked) -> Floats:
        """True expected effects before costs, shape (k, actions)."""
        if self._belief is not None:
            return self._belief.expected_changes(asked.life, asked.customer)
        each = [np.full(len(asked.customer), n) for n in range(len(asked.world.actions))]
        return np.stack([asked.life.true_changes(Contacts(asked.customer, n)) for n in each], axis=1)

    def see(self, week: Week, life: Life) -> None:  # noqa: ARG002 - a week shows all that it needs
        """Weigh the hidden states anew."""
        if self._belief is not None:
            self._belief.see(week)

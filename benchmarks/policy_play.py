"""One policy in one world: what it decides week by week, and what that was truly to be expected to earn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from evergrove.simulation.draws import keyed_uniforms
from evergrove.simulation.worlds import NOTHING, contacts_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models import Floats
    from evergrove.simulation.worlds import Contacts, Life, Week, World

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

QUARTER = 13  # weeks
TIERS = ("high", "potential", "medium", "low")
STAGES = ("new", "growth", "mature", "decline", "churned")
TOP_SHARES = (0.05, 0.20, 0.50)
"""Of customers with spend in the last 12 months who are high, at least potential, at least medium."""


@dataclass(frozen=True, eq=False)
class Asked:
    """
    About whom it is decided this week, and what is seen of them; shape (k,) each unless said.

    Attributes:
        life: The world as it can be seen.
        customer: Rows in it.
        allowed: Whose channel still is reachable, shape (k, actions).
        orders: So far.
        silence: Weeks since the last.
        age: Weeks since the first.
        amount: Mean of their full prices.
        spend: Of the last 52 weeks.
        tired: Contacts so far, recent ones counting more.
        tier: Position in ``TIERS``.
        stage: Position in ``STAGES``.
    """

    life: Life
    customer: Integers
    allowed: Flags
    orders: Floats
    silence: Floats
    age: Floats
    amount: Floats
    spend: Floats
    tired: Floats
    tier: Integers
    stage: Integers

    @property
    def world(self) -> World:
        """Of which a policy reads costs, limits and channels only."""
        return self.life.world

    def contacts(self, picked: Integers) -> Contacts:
        """The contacts of these customers that picks ask for."""
        return contacts_of(self.customer, picked)

    @property
    def budget(self) -> float:
        """Of this week."""
        return self.world.budget * len(self.customer)


@dataclass(frozen=True, eq=False)
class Decided:
    """
    What a policy wants to do; shape (k,) each.

    Attributes:
        picked: Action of each customer, or -1.
        explored: Whether that was drawn for learning: such customers are no controls.
    """

    picked: Integers
    explored: Flags


class Policy(Protocol):
    """Decides for customers, and may look at everything that was seen."""

    def decide(self, asked: Asked) -> Decided:
        """What to do this week."""

    def see(self, week: Week, life: Life) -> None:
        """A week that is over."""


@dataclass(eq=False)
class Played:
    """
    What one policy did in one world.

    Attributes:
        profit: Expected incremental profit of each week's contacts, shape (weeks,).
        exploration: Of it, what contacts drawn for learning brought, shape (weeks,).
        cost: Of contacts, shape (weeks,).
        exploration_cost: Of those drawn for learning, shape (weeks,).
        contacts: Made, shape (weeks,).
        life: As it stands at the end.
    """

    profit: Floats
    exploration: Floats
    cost: Floats
    exploration_cost: Floats
    contacts: Floats
    life: Life = field(repr=False)

    @property
    def third_quarter(self) -> float:
        """Score 1."""
        return float(self.profit[2 * QUARTER :].sum())

    @property
    def cumulative(self) -> float:
        """Score 2."""
        return float(self.profit.sum())


class Standing:
    """Tiers and stages of customers, by bounds that were fixed at day 0."""

    def __init__(self, life: Life) -> None:
        """Bounds from the year before day 0."""
        spent = _last_year(life, np.flatnonzero(life.orders > 0))
        shares = 1 - np.array(TOP_SHARES)
        self._bounds = np.quantile(spent[spent > 0], shares) if (spent > 0).any() else np.ones(len(shares))

    def ask(self, life: Life, customer: Integers) -> Asked:
        """What is seen of these customers."""
        met = life.met(customer)
        orders, silence = met.orders, met.silence
        age = (life.week - life.cast.born[customer]).astype(np.float64)
        spend = _last_year(life, customer)
        tier = len(TIERS) - 1 - (spend[:, None] >= self._bounds).sum(axis=1)
        gap = (age - silence) / np.maximum(orders - 1, 1)
        own = orders >= 5  # four gaps
        p80, p95 = (
            np.where(own, np.maximum(-np.log(1 - p) * gap, 2.0), days / 7)
            for p, days in ((0.8, 90), (0.95, 180))
        )
        stage = np.select(
            [silence > p95, silence > p80, orders <= 1, orders >= 6],
            [STAGES.index(name) for name in ("churned", "decline", "new", "mature")],
            STAGES.index("growth"),
        )
        allowed = life.reachable[customer]
        return Asked(life, customer, allowed, orders, silence, age, met.amount, spend, met.tired, tier, stage)


def play(policy: Policy, life: Life) -> Played:
    """
    Let a policy decide through all weeks of a world, which goes on from where it stands.

    A share of the contacts is held back by a draw that belongs to the customer and the week, the same for all policies.
    """
    world = life.world
    standing = Standing(life)
    sums = np.zeros((5, world.weeks))
    cost_of = np.array([action.cost for action in world.actions])
    for week in range(world.weeks):
        customer = life.candidates()
        asked = standing.ask(life, customer)
        decided = policy.decide(asked)
        held = (
            keyed_uniforms(life.cast.seed, "control", customer, np.full(len(customer), life.week))
            < world.control
        )
        picked = np.where(held & ~decided.explored, NOTHING, decided.picked)
        contacts = contacts_of(customer, picked)
        explored = decided.explored[picked != NOTHING]
        cost = cost_of[contacts.action]
        gain = life.true_changes(contacts) - cost
        sums[:, week] = gain.sum(), gain[explored].sum(), cost.sum(), cost[explored].sum(), len(cost)
        policy.see(life.live(contacts), life)
    profit, exploration, cost, exploration_cost, contacts_made = sums
    return Played(profit, exploration, cost, exploration_cost, contacts_made, life)


def _last_year(life: Life, customer: Integers) -> Floats:
    return np.asarray(
        life.spend[max(life.week - 52, 0) : life.week][:, customer].sum(axis=0), dtype=np.float64
    )

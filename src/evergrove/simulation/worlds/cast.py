"""Who lives in a world: drawn before its first week, so that policies share all that they do not decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincinv

from evergrove.simulation.draws import keyed_uniforms

if TYPE_CHECKING:
    from evergrove.simulation.worlds.types import Flags, Floats, Integers, World

FAR = 10**6  # weeks


@dataclass(frozen=True, eq=False)
class Cast:
    """
    The customers of a world and all chance that no decision changes; shape (n,) each unless said.

    Attributes:
        source: Where each comes from.
        kind: The type of each: its pace and its character.
        born: Week of the first order, counted from the beginning of the history.
        gone: First week in which he does not live any more.
        spend: True mean amount of an order.
        buys: Chance of an anyway order in a week of life, as uniform numbers, shape (weeks, n).
        turn: In which week of the cadence it is decided about each.
        never: Who is never contacted.
        seed: Of the world.
    """

    source: Integers
    kind: Integers
    born: Integers
    gone: Integers
    spend: Floats
    buys: Floats
    turn: Integers
    never: Flags
    seed: int

    def __len__(self) -> int:
        return len(self.source)

    def uniform(self, purpose: str, customer: Integers, week: int) -> Floats:
        """Numbers in (0, 1), one a customer, for one purpose in one week; the same in every run."""
        return keyed_uniforms(self.seed, purpose, customer, np.full(len(customer), week))

    def amounts(self, world: World, purpose: str, customer: Integers, week: int) -> Floats:
        """Full prices of orders, gamma distributed around each customer's mean; shape (k,)."""
        chance = self.uniform(purpose, customer, week)
        return np.asarray(self.spend[customer] * gammaincinv(world.shape, chance) / world.shape)


def draw_cast(world: World, seed: int) -> Cast:
    """Draw the customers of a world."""
    random = np.random.default_rng([seed, 20_071])
    n = world.customers
    source = random.choice(len(world.sources), n, p=[each.share for each in world.sources])
    reached = np.cumsum(world.mixture, axis=1)[source]
    kind = np.minimum((random.random(n)[:, None] > reached).sum(axis=1), world.types - 1)
    early = random.random(n) >= world.later
    at = random.random(n)
    born = np.where(early, at * world.known, world.known + at * world.weeks).astype(np.int64)
    lasts = np.log(random.random(n)) / np.log1p(-world.leaving[kind])
    factor = np.array([each.spend for each in world.sources])[source]
    return Cast(
        source=source,
        kind=kind,
        born=born,
        gone=born + 1 + np.minimum(lasts, FAR).astype(np.int64),
        spend=world.amount * factor * (world.spread - 1) / random.standard_gamma(world.spread, n),
        buys=random.random((world.span, n), dtype=np.float32).astype(np.float64),
        turn=random.integers(0, world.cadence, n),
        never=random.random(n) < world.never,
        seed=seed,
    )

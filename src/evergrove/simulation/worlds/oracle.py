"""What a contact is truly worth given all that can be seen: the simulator's own Bayes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.simulation.worlds.response import expected_change, intensity, susceptible, ways_of

if TYPE_CHECKING:
    from evergrove.simulation.worlds.life import Life, Week
    from evergrove.simulation.worlds.types import Floats, Integers, World

GONE, FREE, OWING = 0, 1, 2


class Belief:
    """
    How likely each hidden state of each customer is, given all that was seen of him: a forward filter.

    It knows the world's parameters, not the customers: their type, whether they live and whether they owe an order
    are weighed by everything that they did, answers to contacts included. This is exact, so that the mean of the
    true changes over customers who look alike is what it says.

    Attributes:
        weights: Shape (3, n, types): gone, alive, alive and owing an order.
    """

    def __init__(self, life: Life) -> None:
        """Of a world at the beginning of its history."""
        self.world: World = life.world
        prior = self.world.mixture[life.cast.source]
        self.weights = np.stack([np.zeros_like(prior), prior, np.zeros_like(prior)])
        self._born = life.cast.born
        self._suits = [susceptible(self.world, n) for n in range(len(self.world.actions))]
        self._ways = [ways_of(self.world, action) for action in self.world.actions]

    def copy(self) -> Belief:
        """Another that can go on differently."""
        other = object.__new__(Belief)
        other.__dict__ = self.__dict__ | {"weights": self.weights.copy()}
        return other

    def see(self, week: Week) -> None:
        """Learn from what a week showed."""
        older = np.flatnonzero(self._born < week.number)
        told = np.zeros(len(self._born), dtype=np.bool_)
        told[week.contacts.customer] = True
        self._see_silent(week, older[~told[older]])
        for action in range(len(self.world.actions)):
            at = np.flatnonzero(week.contacts.action == action)
            self._see_answers(week, action, at)
        known = np.flatnonzero(self._born <= week.number)
        self._pass(known)

    def expected_changes(self, life: Life, customer: Integers) -> Floats:
        """
        Expected change of margin by each action, given what was seen; shape (k, actions).

        Args:
            life: The world as it can be seen.
            customer: About whom it is asked.
        """
        gone, free, owing = self.weights[:, customer]
        met = life.met(customer)
        found = np.empty((len(customer), len(self.world.actions)))
        for action, told in enumerate(self.world.actions):
            strength = intensity(told, met)[:, None] * self._suits[action]
            change = expected_change(self.world, action, strength, slice(None))
            found[:, action] = (free * change.free + owing * change.owing + gone * change.left).sum(axis=1)
        return found * expected_amount(life, customer)[:, None]

    def _see_silent(self, week: Week, who: Integers) -> None:
        """Customers without a contact: an order comes, or none."""
        q = self.world.buying
        orders, redeemed, could = week.orders[who], week.redeemed[who], week.could_redeem[who]
        chance = np.stack([ways.redeemed for ways in self._ways])[week.coupon[who]]
        with_coupon = np.where(redeemed[:, None], chance, 1 - chance)
        bought = np.where(could[:, None], with_coupon, 1.0) * q
        gone, free, owing = self.weights[:, who]
        ordered = (orders > 0)[:, None]
        self.weights[:, who] = (
            np.where(ordered, 0.0, gone),
            np.where(ordered, free * bought, free * (1 - q) + owing * q),
            np.where(ordered, 0.0, owing * (1 - q)),
        )

    def _see_answers(self, week: Week, action: int, at: Integers) -> None:
        """Customers with a contact: each way in which it may have ended, with an order that came anyway or not."""
        told, ways, q = self.world.actions[action], self._ways[action], self.world.buying
        who = week.contacts.customer[at]
        met = type(week.met)(**{name: values[at] for name, values in vars(week.met).items()})
        strength = intensity(told, met)[:, None] * self._suits[action]
        gone, free, owing = self.weights[:, who]
        no, revived = np.exp(-strength), -np.expm1(-told.revival * strength)
        extra, pulled = 1 - no, no * ways.pulled
        deterred = no * (1 - ways.pulled) * ways.deterred
        none = no * (1 - ways.pulled) * (1 - ways.deterred)
        redeemed = week.redeemed[who][:, None]
        # An order that came anyway redeems the new coupon with its chance; one that was caused always does.
        anyway = np.where(redeemed, ways.redeemed, 1 - ways.redeemed) if told.off else 1.0
        caused = redeemed if told.off else 1.0
        zero = (free * none * (1 - q) + (free * deterred + owing * (deterred + none)) * q,
                free * deterred * (1 - q) + owing * (deterred + none) * (1 - q))  # fmt: skip
        one = (
            free * none * q * anyway
            + caused * (free * extra * (1 - q) + (free * pulled + owing * (extra + pulled)) * q),
            caused * (free * pulled + owing * (extra + pulled)) * (1 - q),
        )
        two = (free * extra * q * caused, np.zeros_like(free))
        left = (gone * (1 - revived), gone * revived * caused, np.zeros_like(gone))
        number = np.minimum(week.orders[who], 2)[:, None]
        self.weights[:, who] = (
            np.choose(number, left),
            np.choose(number, (zero[0], one[0], two[0])),
            np.choose(number, (zero[1], one[1], two[1])),
        )

    def _pass(self, who: Integers) -> None:
        """The end of a week: some leave, some debts expire, and weights add up to 1 again."""
        gone, free, owing = self.weights[:, who]
        leaving, expiry = self.world.leaving, self.world.expiry
        weights = np.stack(
            [
                gone + (free + owing) * leaving,
                (free + expiry * owing) * (1 - leaving),
                (1 - expiry) * owing * (1 - leaving),
            ]
        )
        self.weights[:, who] = weights / weights.sum(axis=(0, 2))[:, None]


def expected_amount(life: Life, customer: Integers) -> Floats:
    """
    Expected mean amount of customers given their orders, shape (k,).

    Amounts are gamma around a mean that is inverse gamma between customers, so that its expectation is closed.
    """
    world = life.world
    factor = np.array([source.spend for source in world.sources])[life.cast.source[customer]]
    scale = (world.spread - 1) * world.amount * factor
    seen = world.shape * life.total[customer]
    return np.asarray((scale + seen) / (world.spread - 1 + world.shape * life.orders[customer]))

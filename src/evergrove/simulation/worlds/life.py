"""A world that lives week by week: who buys, who answers, and what of it can be seen."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.simulation.worlds.cast import draw_cast
from evergrove.simulation.worlds.response import (
    Met,
    by_state,
    expected_change,
    intensity,
    susceptible,
    ways_of,
)
from evergrove.simulation.worlds.types import NOTHING, Flags, Floats, Integers

if TYPE_CHECKING:
    from evergrove.simulation.worlds.cast import Cast
    from evergrove.simulation.worlds.types import World


@dataclass(frozen=True, eq=False)
class Contacts:
    """The contacts of a week: at most one a customer. Shape (k,) each; actions by their position."""

    customer: Integers
    action: Integers


@dataclass(frozen=True, eq=False)
class Week:
    """
    What a week showed.

    Attributes:
        number: Counted from the beginning of the history.
        contacts: Made in it.
        met: What they met that can be seen.
        orders: Of each customer, shape (n,).
        redeemed: Whether a coupon was, shape (n,).
        could_redeem: Whether an order that comes anyway could have: a valid coupon of an earlier contact. (n,).
        coupon: The action that it came from, shape (n,); meaningless without one.
    """

    number: int
    contacts: Contacts
    met: Met
    orders: Integers
    redeemed: Flags
    could_redeem: Flags
    coupon: Integers


class Life:
    """
    A world with its customers, at the beginning of some week.

    Everything but ``cast``, ``owes`` and ``alive`` can be seen by a shop.

    Attributes:
        world: What is true in it.
        cast: Who lives in it.
        week: That comes next.
        orders: So far, shape (n,).
        total: Of their full prices, shape (n,).
        last: Week of the last order, shape (n,).
        contacted: Contacts so far, shape (n,).
        margin: Realised at the price paid, shape (span, n).
        spend: Paid, shape (span, n).
        bought: Orders, shape (span, n).
        reachable: Whether the channel of each action still is, shape (n, actions).
        owes: Whether the next order that would come is swallowed, shape (n,).
    """

    def __init__(self, world: World, cast: Cast) -> None:
        """At the beginning of the history, before anybody has bought."""
        n = len(cast)
        self.world, self.cast = world, cast
        self.week = 0
        self.orders, self.total = np.zeros(n, dtype=np.int64), np.zeros(n)
        self.last = np.zeros(n, dtype=np.int64)
        self.contacted = np.zeros(n, dtype=np.int64)
        self.margin, self.spend = (np.zeros((world.span, n), dtype=np.float32) for _ in range(2))
        self.bought = np.zeros((world.span, n), dtype=np.int8)
        self.reachable = np.ones((n, len(world.actions)), dtype=np.bool_)
        self.owes = np.zeros(n, dtype=np.bool_)
        self._tired = np.zeros(n)
        self._coupon = np.zeros(n, dtype=np.int64)
        self._valid = np.zeros(n, dtype=np.int64)
        self._ways = [ways_of(world, action) for action in world.actions]
        self._suits = [susceptible(world, n) for n in range(len(world.actions))]
        channels = [action.channel for action in world.actions]
        self._same_channel = np.array([[a == b for b in channels] for a in channels])

    def copy(self) -> Life:
        """Another that can go on differently; they share the cast."""
        other = object.__new__(Life)
        shared = {"world", "cast", "_ways", "_suits", "_same_channel"}
        other.__dict__ = {k: v if k in shared else deepcopy(v) for k, v in self.__dict__.items()}
        return other

    @property
    def alive(self) -> Flags:
        """Who lives in the week that comes, first bought before it; shape (n,)."""
        return (self.cast.born < self.week) & (self.week < self.cast.gone)

    def candidates(self) -> Integers:
        """Customers about whom it is decided this week, but for those who are never contacted."""
        turn = (self.week + self.cast.turn) % self.world.cadence == 0
        return np.flatnonzero(turn & (self.orders > 0) & ~self.cast.never)

    def met(self, customer: Integers) -> Met:
        """What a contact of these customers would meet, as far as it can be seen."""
        orders = self.orders[customer]
        return Met(
            silence=(self.week - self.last[customer]).astype(np.float64),
            orders=orders.astype(np.float64),
            amount=self.total[customer] / np.maximum(orders, 1),
            tired=self.world.fatigue * self._tired[customer],
        )

    def true_changes(self, contacts: Contacts, weeks: int | None = None) -> Floats:
        """
        Expected change of margin by each contact, given the whole state of its customer; shape (k,).

        Args:
            contacts: About to be made.
            weeks: That count; None for all.
        """
        found = np.zeros(len(contacts.customer))
        alive = self.alive
        for action in range(len(self.world.actions)):
            row = np.flatnonzero(contacts.action == action)
            who = contacts.customer[row]
            kind = self.cast.kind[who]
            change = expected_change(self.world, action, self._strength(action, who), kind, weeks)
            found[row] = self.cast.spend[who] * by_state(change, alive[who], self.owes[who])
        return found

    def live(self, contacts: Contacts) -> Week:
        """Let a week pass in which these contacts are made."""
        world, cast, week, n = self.world, self.cast, self.week, len(self.cast)
        met = self.met(contacts.customer)
        could, coupon = self._valid > 0, self._coupon.copy()
        caused, redeemed_now = self._answer(contacts)
        alive = self.alive
        comes = alive & (cast.buys[week] < world.buying[cast.kind])
        swallowed = comes & self.owes
        comes &= ~swallowed
        self.owes &= ~swallowed
        redeems = self._redeem(comes)
        everybody = np.arange(n)
        first = cast.born == week
        full = np.zeros(n)
        amount = np.zeros(n)
        for which, purpose, off in (
            (first, "first", np.zeros(n)),
            (comes, "anyway", np.where(redeems, self._off(self._coupon), 0.0)),
            (caused, "caused", np.where(redeemed_now, self._off(self._coupon), 0.0)),
        ):
            who = everybody[which]
            price = cast.amounts(world, purpose, who, week)
            full[who] += price
            amount[who] += price * off[who]
        number = first.astype(np.int64) + comes + caused
        self.margin[week] = full * world.margin - amount
        self.spend[week] = full - amount
        self.bought[week] = number
        self.total += full
        self.orders += number
        self.last[number > 0] = week
        expired = self.owes & (cast.uniform("expiry", everybody, week) < world.expiry)
        self.owes &= ~expired
        self._valid = np.maximum(self._valid - 1, 0)
        self._tired *= world.forgetting
        self.week += 1
        return Week(week, contacts, met, number, redeems | redeemed_now, could, coupon)

    def _strength(self, action: int, who: Integers) -> Floats:
        """I of customers, were they to live; shape (k,)."""
        seen = intensity(self.world.actions[action], self.met(who))
        return seen * self._suits[action][self.cast.kind[who]]

    def _off(self, coupon: Integers) -> Floats:
        return np.array([action.off for action in self.world.actions])[coupon]

    def _answer(self, contacts: Contacts) -> tuple[Flags, Flags]:
        """Who orders because of a contact, and with its coupon; shape (n,) each."""
        cast, week = self.cast, self.week
        caused, redeemed = np.zeros(len(cast), dtype=np.bool_), np.zeros(len(cast), dtype=np.bool_)
        alive = self.alive
        for action, told in enumerate(self.world.actions):
            who = contacts.customer[contacts.action == action]
            ways, kind, lives = self._ways[action], cast.kind[who], alive[who]
            strength = self._strength(action, who) * np.where(lives, 1.0, told.revival)
            extra = cast.uniform("extra", who, week) < -np.expm1(-strength)
            pulled = ~extra & lives & (cast.uniform("pulled", who, week) < ways.pulled[kind])
            deterred = ~extra & ~pulled & lives & (cast.uniform("deterred", who, week) < ways.deterred[kind])
            self.owes[who] |= pulled | deterred
            caused[who] = extra | pulled
            if told.off:
                redeemed[who] = extra | pulled
                self._coupon[who] = action
                self._valid[who] = np.where(extra | pulled, 0, self.world.valid)
            self.contacted[who] += 1
            self._tired[who] += 1.0
            leaves = cast.uniform("unsubscribe", who, week) < told.unsubscribe
            self.reachable[np.ix_(who[leaves], self._same_channel[action])] = False
        return caused, redeemed

    def _redeem(self, comes: Flags) -> Flags:
        """Which of the orders that come anyway redeem a coupon; it is used up."""
        found = np.zeros(len(comes), dtype=np.bool_)
        who = np.flatnonzero(comes & (self._valid > 0))
        chance = np.stack([ways.redeemed for ways in self._ways])[self._coupon[who], self.cast.kind[who]]
        found[who] = self.cast.uniform("redeemed", who, self.week) < chance
        self._valid[found] = 0
        return found


def nobody() -> Contacts:
    """No contacts at all."""
    return Contacts(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


def contacts_of(customer: Integers, picked: Integers) -> Contacts:
    """The contacts that decisions ask for; who gets nothing is left out."""
    asked = picked != NOTHING
    return Contacts(customer[asked], picked[asked])


def begin(world: World, seed: int) -> Life:
    """A world at day 0, its history lived without any contact."""
    life = Life(world, draw_cast(world, seed))
    for _week in range(world.known):
        life.live(nobody())
    return life

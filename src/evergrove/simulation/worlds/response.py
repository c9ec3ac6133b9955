r"""
How customers answer, and what is to be expected of each contact.

**What a contact does.** An action a meets customer i of type k (a pace and a character), r weeks after the last
order, with x orders so far of z on average and f of fatigue. It ends in one of four ways, asked for in this order:

======== ============================ ================================================================
way      chance                       what happens
======== ============================ ================================================================
extra    1 - exp(-I)                  an order this week that would not have come
pulled   p (.3 + .7 deal)             an order this week, and the next one that would come is not bought
deterred h annoyed                    the next one that would come is not bought
none     else                         nothing, but that a coupon may be redeemed
======== ============================ ================================================================

.. math::

    I = E\, \text{liking}\, B(r)\, F(x)\, S(z)\, (q_k / \bar q)^{\ell} / (1 + \phi f), \qquad
    B(r) = \exp\!\big(-\ln^2\!\tfrac{1 + r}{1 + \text{peak}} / 2\,\text{width}^2\big), \qquad
    F(x) = \frac{x^{s}}{x^{s} + \text{half}^{s}}, \qquad S(z) = \frac{z}{z + \text{small}}

for those who live, ``revival`` times as much for those who have left, who neither pull nor are deterred. q is the
chance of an order in a week. An order "not bought" is owed: the next one that would come
is swallowed, unless the debt expires before (chance ``expiry`` a week). A coupon is valid for ``valid`` weeks;
extra and pulled orders use it up, else the first order that comes anyway redeems it with chance .3 + .7 deal.

**What is expected.** Orders that come anyway are decided by numbers drawn beforehand. Given the whole state of a
customer (type, alive, owing), the contact changes expected margin by epsilon: the order's margin at the price paid,
less the margin of what is swallowed, less what is taken off orders that come anyway. The sum of epsilon over the
contacts of a policy is the expected incremental margin of that policy, for the same reason as in
``simulation.response``: each contact's changes are differences of a martingale given what came before. Contact and
fulfilment cost are not in it. None of these forms is one that a learner of Evergrove assumes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evergrove.simulation.worlds.types import Action, Flags, Floats, Integers, World


@dataclass(frozen=True, eq=False)
class Met:
    """
    What an action meets that can be seen, shape (n,) each.

    Attributes:
        silence: Weeks since the last order.
        orders: So far.
        amount: Mean of their full prices.
        tired: Fatigue of earlier contacts, times its factor phi.
    """

    silence: Floats
    orders: Floats
    amount: Floats
    tired: Floats


@dataclass(frozen=True, eq=False)
class Ways:
    """Chances by type, each asked for after the one before; shape (types,)."""

    pulled: Floats
    deterred: Floats
    redeemed: Floats


@dataclass(frozen=True, eq=False)
class Ahead:
    """
    What the next weeks hold for customers of each type who live, shape (types,) each.

    Attributes:
        swallowed: Chance that an order owed from now on is swallowed.
        redeems: Chance that a coupon is redeemed by an order that comes anyway.
        redeems_owing: The same for those who owe an order.
    """

    swallowed: Floats
    redeems: Floats
    redeems_owing: Floats


def ways_of(world: World, action: Action) -> Ways:
    """Chances of an action that depend on the type alone."""
    deal = 0.3 + 0.7 * world.of_characters("deal")
    return Ways(
        pulled=action.pulled * deal,
        deterred=action.deterred * world.of_characters("annoyed"),
        redeemed=deal if action.off > 0 else np.zeros(world.types),
    )


def ahead_of(world: World, redeemed: Floats, weeks: int | None = None) -> Ahead:
    """
    What the next weeks hold.

    Args:
        world: Its paces, expiry and validity.
        redeemed: Chance that an order redeems a valid coupon, shape (types,).
        weeks: How many of them are counted; None for all.
    """
    q, stays = world.buying, 1 - world.leaving
    goes_on = (1 - q) * stays * (1 - world.expiry)
    counted = 1.0 if weeks is None else 1 - goes_on**weeks
    free, owing = np.zeros(world.types), np.zeros(world.types)
    for _week in range(world.valid):
        later = stays * free
        free, owing = (
            q * (redeemed + (1 - redeemed) * later) + (1 - q) * later,
            q * later + (1 - q) * stays * (world.expiry * free + (1 - world.expiry) * owing),
        )
    return Ahead(swallowed=q * counted / (1 - goes_on), redeems=free, redeems_owing=owing)


def intensity(action: Action, met: Met) -> Floats:
    """The part of I that can be seen: E B(r) F(x) S(z) / (1 + phi f), shape (n,)."""
    bump = np.exp(-0.5 * (np.log((1 + met.silence) / (1 + action.peak)) / action.width) ** 2)
    regular = 1 / (1 + (action.half / np.maximum(met.orders, 1.0)) ** action.steep) if action.steep else 1.0
    worthwhile = met.amount / (met.amount + action.small) if action.small else 1.0
    return np.asarray(action.extra * bump * regular * worthwhile / (1 + met.tired))


def susceptible(world: World, action: int) -> Floats:
    """The part of I that depends on the type: liking and the power of the pace. Shape (types,)."""
    q = world.buying
    mean = float(np.array([source.share for source in world.sources]) @ world.mixture @ q)
    return np.asarray(world.of_characters("liking")[:, action] * (q / mean) ** world.loyalty)


@dataclass(frozen=True, eq=False)
class Expected:
    """Expected change of margin by hidden state, for each unit of mean amount; shapes as ``extra`` is."""

    free: Floats
    owing: Floats
    left: Floats


def expected_change(
    world: World, action: int, strength: Floats, kind: Integers | slice, weeks: int | None = None
) -> Expected:
    """
    Epsilon for each unit of a customer's mean amount.

    Args:
        world: All that is true.
        action: Position in ``world.actions``.
        strength: I, of those who live. Shape (n,) with ``kind`` (n,), or (n, types) with ``slice(None)``.
        kind: Types of the last axis.
        weeks: After the contact that count; None for all.
    """
    told = world.actions[action]
    ways = ways_of(world, told)
    ahead = ahead_of(world, ways.redeemed, weeks)
    pulled, deterred, swallowed, free, owing = (
        values[kind]
        for values in (ways.pulled, ways.deterred, ahead.swallowed, ahead.redeems, ahead.redeems_owing)
    )
    paid, full, off = world.margin - told.off, world.margin, told.off
    not_extra = np.exp(-strength)
    calm = not_extra * (1 - pulled)
    return Expected(
        free=(1 - not_extra) * paid
        + not_extra * pulled * (paid - full * swallowed)
        - calm * deterred * (full * swallowed + off * owing)
        - calm * (1 - deterred) * off * free,
        owing=(1 - not_extra) * paid + not_extra * pulled * paid - calm * off * owing,
        left=-np.expm1(-told.revival * strength) * paid,
    )


def by_state(expected: Expected, alive: Flags, owes: Flags) -> Floats:
    """The change of those whose state is known, shape (n,)."""
    return np.where(alive, np.where(owes, expected.owing, expected.free), expected.left)

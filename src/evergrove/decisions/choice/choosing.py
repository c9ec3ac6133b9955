"""The action, or none, for every customer that together add most within all limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.decisions.choice.exact import solve
from evergrove.decisions.choice.exploring import room_beside
from evergrove.decisions.choice.filling import fill, taken_back
from evergrove.decisions.choice.limits import limits_of
from evergrove.decisions.choice.many import by_prices
from evergrove.decisions.choice.pricing import Relaxed, by_one_price
from evergrove.decisions.choice.table import eligible, table_of
from evergrove.decisions.choice.types import NOTHING, Choice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from evergrove.decisions.choice.table import Table
    from evergrove.decisions.choice.types import Floats, Limits, Whole

CORE = 30
"""Customers among whom the best choice is found exactly: all of them, or those nearest to the margin."""
CORES = 4
"""How many times as many customers are looked at, 30 by 30, while the choice may still be bettered."""
CLOSE = 1e-5
"""Part of the bound by which a filled choice may miss it without being bettered any more."""


def choose(
    values: ArrayLike,
    costs: ArrayLike,
    budget: float | None = None,
    channels: Sequence[str] | None = None,
    channel_budgets: Mapping[str, float] | None = None,
    *,
    most_contacts: float | None = None,
    most_by_channel: Mapping[str, float] | None = None,
    fatigue: ArrayLike | None = None,
    charged: ArrayLike | None = None,
    after_cost: bool = False,
    exploration: float = 0.0,
    explorable: ArrayLike | None = None,
) -> Choice:
    """
    The action of each customer, or none, that together bring most value within all limits.

    Up to 30 customers the choice is the best there is. Of more, everybody far from the margin is settled by the price
    of each limit, the best choice is found among the 30 nearest to it, and what is left is filled up. An action worth
    less than nothing is never picked; one with a negative cost leaves others more.

    Args:
        values: Extra gross margin at the price paid, before costs. Shape (n, k); NaN where an action is not allowed.
        costs: Contact and fulfilment cost, taken off the values and counted against budgets. Shape (n, k), or one that
            stretches to it, such as (k,).
        budget: Money for everything; None: no limit.
        channels: Channel of every action; k of them.
        channel_budgets: Channel -> money.
        most_contacts: Contacts in all.
        most_by_channel: Channel -> contacts.
        fatigue: What contacts lost by unsubscribing cost: see ``fatigue_cost``. Shape (n, k), or one that stretches to it.
        charged: What counts against budgets where that is not ``costs``, as a coupon's expected face value does.
        after_cost: Costs are off the values already.
        exploration: Share that will be drawn at random by ``explore``: the limits leave room for what it is expected to use.
        explorable: Where ``explore`` may draw, see there.

    Raises:
        ShapesDiffer: The shapes do not go together.
        NotFinite: A value or a cost is infinite.
        ChannelUnknown: A limit is of a channel that no action goes over.
        LimitBelowNothing: A limit is negative.
        ShareImpossible: The share of exploration is not one.
        ExplorationTooDear: Drawing at random would use up a limit.
    """
    table = table_of(values, costs, fatigue, charged, after_cost=after_cost)
    limits = limits_of(table.actions, budget, channels, channel_budgets, most_contacts, most_by_channel)
    within = limits
    if exploration:
        counted = np.broadcast_to(np.asarray(costs if charged is None else charged), np.shape(values))
        allowed = eligible(values, counted)
        if explorable is not None:
            allowed &= np.asarray(explorable, dtype=bool)
        within = room_beside(limits, counted, allowed, exploration)
    relaxed = _relaxed(table, within)
    picked, proven = _finished(table, within, relaxed)
    worth, spent, contacted = table.sums(picked)
    return Choice(
        picked=picked,
        value=worth,
        spent=float(spent.sum()),
        contacts=int(contacted.sum()),
        limits=limits,
        used=limits.used(spent, contacted),
        prices=relaxed.prices,
        bound=worth if proven else max(worth, relaxed.bound),
        exact=proven,
    )


def _relaxed(table: Table, limits: Limits) -> Relaxed:
    """The choice that prices make, and their bound."""
    nothing = np.zeros(len(limits.each))
    picks, worth = table.best(limits, nothing)
    _worth, spent, contacted = table.sums(picks)
    if (limits.used(spent, contacted) <= limits.most + limits.slack).all():
        return Relaxed(picks, nothing, worth, np.empty(0, dtype=np.intp))
    if len(limits.each) == 1:
        return by_one_price(table, limits)
    return by_prices(table, limits)


def _finished(table: Table, limits: Limits, relaxed: Relaxed) -> tuple[Whole, bool]:
    """Whole picks within the limits, and whether they are proven to be best."""
    if not relaxed.prices.any() and relaxed.margin is not None and len(relaxed.margin) == 0:
        return relaxed.picked, True
    picks = taken_back(table, limits, relaxed.prices, relaxed.picked)
    picks = fill(table, limits, relaxed.prices, picks)
    near = _near_margin(table, limits, relaxed)
    for start in range(0, max(1, len(near) - CORE // 2), CORE // 2):
        if table.customers > CORE and relaxed.bound - table.sums(picks)[0] <= CLOSE * relaxed.bound:
            break
        core = np.sort(near[start : start + CORE])
        left = limits.most - _used_by_others(table, limits, picks, core)
        angles, all_of_them = _angles(relaxed.prices), table.customers <= CORE
        found = solve(table.part(core), limits.shrunk(left), angles, picks[core], surely=all_of_them)
        picks[core] = found.picked
        if all_of_them:
            return picks, found.proven
        picks = fill(table, limits, relaxed.prices, picks)
    return picks, False


def _near_margin(table: Table, limits: Limits, relaxed: Relaxed) -> NDArray[np.intp]:
    """Some customers whose second best pick is nearest to the best at the prices, the nearest first."""
    near = np.arange(table.customers) if relaxed.margin is None else relaxed.margin
    if table.customers <= CORE:
        return np.arange(table.customers)
    part = table.part(near)
    regret = np.concatenate([_regret(part.priced(at, limits, relaxed.prices)) for at in part.blocks()])
    return near[np.argsort(regret, kind="stable")[: CORE * CORES]]


def _regret(priced: Floats) -> Floats:
    """What a customer's second best pick brings less than the best, nothing included."""
    first, second = np.zeros(priced.shape[1]), np.full(priced.shape[1], -np.inf)
    for row in priced:
        second = np.maximum(second, np.minimum(first, row))
        first = np.maximum(first, row)
    gap: Floats = first - second
    return gap


def _used_by_others(table: Table, limits: Limits, picks: Whole, core: NDArray[np.intp]) -> Floats:
    others = picks.copy()
    others[core] = NOTHING
    _worth, spent, contacted = table.sums(others)
    return limits.used(spent, contacted)


def _angles(prices: Floats) -> Floats:
    """Vectors of prices around the best ones, which stand last: the lowest of their bounds cuts more than one of them."""
    factors = [0.0, 0.5, 0.8, 0.95, 1.05, 1.25, 2.0]
    around = [np.zeros_like(prices), *(prices * factor for factor in factors[1:])]
    for number in range(len(prices)):
        for factor in factors:
            other = prices.copy()
            other[number] *= factor
            around.append(other)
    return np.array([*around, prices])

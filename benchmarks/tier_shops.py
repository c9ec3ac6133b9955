"""
Shops whose truth is known: the product's simulated shop, and one in which nobody changes or leaves.

Purchase days are arrays, numbered by customer, so that years of nights can be counted from the night before.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log1p
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER_YEAR
from evergrove.segments.types import Criteria

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from evergrove.models import Floats

YEAR = 365
DELTA = log1p(0.1) / DAYS_PER_YEAR
"""Continuous discount rate per day: 10 % a year."""


@dataclass(frozen=True, eq=False)
class Bought:
    """
    Purchase days of a shop, ascending by day; customers are numbered in the order of their first.

    Attributes:
        customer: Shape (m,).
        day: Counted from the shop's first. Shape (m,).
        amount: Net. Shape (m,).
        customers: How many.
    """

    customer: NDArray[np.int64]
    day: NDArray[np.int64]
    amount: Floats
    customers: int

    @classmethod
    def of(
        cls, customer: NDArray[Any], day: NDArray[Any], amount: Floats
    ) -> tuple[Bought, NDArray[np.int64]]:
        """Purchase days from orders in any order, and the customers' first numbers by their new ones."""
        key = day.astype(np.int64) * (int(customer.max()) + 1) + customer
        keys, of = np.unique(key, return_inverse=True)
        money = np.bincount(of, amount).astype(np.float64)
        days, who = keys // (int(customer.max()) + 1), keys % (int(customer.max()) + 1)
        old, first = np.unique(who, return_index=True)
        order = old[np.argsort(first, kind="stable")]
        new = np.empty(int(customer.max()) + 1, dtype=np.int64)
        new[order] = np.arange(len(order))
        return cls(new[who], days, money, len(order)), order


def constant_shop(customers: int, days: int, seed: int) -> tuple[Bought, Criteria]:
    """Customers whose rates and spend never change, and what they truly buy in a year; nobody leaves."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(1.1, 5.0 / 1.1, customers) / 365.25
    mean = 4.0 / rng.gamma(4.5, 1 / (3.5 * 380.0), customers) * 3.5 / 4.0
    first = rng.integers(0, YEAR, customers)
    count = rng.poisson(rate * (days - first))
    who = np.repeat(np.arange(customers), count)
    day = (first[who] + rng.random(len(who)) * (days - first[who])).astype(np.int64)
    who, day = np.concatenate([who, np.arange(customers)]), np.concatenate([day, first])
    bought, order = Bought.of(who, day, rng.gamma(4.0, mean[who] / 4.0))
    rate, mean = rate[order], mean[order]
    per_day = -np.expm1(-rate)  # purchases of one day are one
    yearly, spend = per_day * YEAR, mean * rate / per_day
    discounted = -np.expm1(-DELTA * DAYS_PER_YEAR) / DELTA * per_day * spend
    return bought, Criteria(yearly * spend, yearly, spend, clv_12m=discounted)


def simulated_shop(
    customers: int, years: int, seed: int
) -> tuple[Bought, Callable[[int, int], Criteria], int]:
    """The product's simulated shop, its true expectations on any day, and the last day of its history."""
    from evergrove.simulation import ShopOptions  # noqa: PLC0415 - as the next two
    from evergrove.simulation.purchases import KEPT_PURCHASES, NET_SHARE  # noqa: PLC0415
    from evergrove.simulation.shop import draw_shop  # noqa: PLC0415
    from evergrove.simulation.truth import expected_purchase_days  # noqa: PLC0415

    options = ShopOptions(customers=customers, years=years, seed=seed)
    drawn = draw_shop(options)
    lives, orders = drawn.lives, drawn.bought
    net = (orders.amount - orders.refund - orders.loose_refund) / 10_000
    stays = (orders.refund < orders.amount) & (orders.day < options.days)
    bought, order = Bought.of(orders.customer[stays], orders.day[stays], net[stays])

    def truth(day: int, known: int) -> Criteria:
        some = order[:known]
        alive = lives.first_day[some] + lives.days[some] > day
        ahead = drawn.season[day + 1 : day + 1 + YEAR]
        traits = lives.rate[some], lives.dropout[some], ahead
        purchases, discounted = (
            np.where(alive, KEPT_PURCHASES * expected_purchase_days(*traits, delta), 0.0)
            for delta in (0.0, DELTA)
        )
        spend = lives.mean_spend[some] * NET_SHARE
        average = np.where(alive, spend, np.nan)
        return Criteria(purchases * spend, purchases, average, clv_12m=discounted * spend)

    return bought, truth, options.days - 1

"""The orders that come anyway: drawn before any message, and changed by none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.simulation.fates import known_after
from evergrove.simulation.types import TEN_THOUSANDTHS
from evergrove.simulation.world import CATEGORIES

if TYPE_CHECKING:
    from evergrove.models.types import Floats
    from evergrove.simulation.purchases import Purchases
    from evergrove.simulation.types import Flags, Integers

OPENS, HOURS = 8.0, 15.5  # orders come from 8 to 23:30
POPULARITY = 1.7  # few products sell most


@dataclass(frozen=True, eq=False)
class Coming:
    """
    Orders of the days after the history, shape (m,) each.

    Attributes:
        customer: Who orders; the row in ``People``.
        day: On which he does, counted from the shop's first day.
        second: Of the day.
        amount: Paid, in ten-thousandths, whole cents.
        refund: Paid back by reference, or by cancelling the order, in ten-thousandths.
        refund_delay: Days from the order until then.
        cancelled: Whether the order is cancelled, rather than refunded.
        loose: Paid back in a row of its own, in ten-thousandths.
        loose_delay: Days from the order until then.
        category: Position in ``world.CATEGORIES``.
        product: Number of the product within its category.
    """

    customer: Integers
    day: Integers
    second: Integers
    amount: Integers
    refund: Integers
    refund_delay: Integers
    cancelled: Flags
    loose: Integers
    loose_delay: Integers
    category: Integers
    product: Integers

    def __len__(self) -> int:
        return len(self.customer)

    def net(self, row: Integers, placed: Integers, until: int) -> Floats:
        """
        What orders are worth by the end of a day, had they been placed on others than their own.

        Args:
            row: Of the orders, shape (k,).
            placed: Day on which each is placed, shape (k,) or (k, l).
            until: Last day whose orders, cancellations and refunds count.

        Returns:
            Net amounts in currency, the shape of ``placed``.
        """
        rows = row.reshape(row.shape + (1,) * (placed.ndim - row.ndim))
        amount = np.where(placed <= until, self.amount[rows], 0)
        refund = np.where(placed + self.refund_delay[rows] <= until, self.refund[rows], 0)
        loose = np.where(placed + self.loose_delay[rows] <= until, self.loose[rows], 0)
        return np.asarray((amount - refund - loose) / TEN_THOUSANDTHS)


def coming_orders(bought: Purchases, customer: Integers, days: int, random: np.random.Generator) -> Coming:
    """
    Give the purchases after the history their moments, goods and the days on which refunds are known.

    Args:
        bought: Purchases, past and future, ascending by customer, then day.
        customer: Row in ``People`` of each customer of ``bought``.
        days: Of history.
        random: Source of the random numbers.
    """
    ahead = np.flatnonzero(bought.day >= days)
    number = len(ahead)
    amount, refund = bought.amount[ahead], bought.refund[ahead]
    cancelled, delay = known_after(refund / amount, random.random(number), random.random(number))
    category = bought.category[ahead]
    return Coming(
        customer=customer[bought.customer[ahead]],
        day=bought.day[ahead],
        second=(3600 * (OPENS + HOURS * random.beta(2.2, 1.6, number))).astype(np.int64),
        amount=amount,
        refund=refund,
        refund_delay=delay,
        cancelled=cancelled,
        loose=bought.loose_refund[ahead],
        loose_delay=(bought.loose_day - bought.day)[ahead],
        category=category,
        product=products(category, random.random(number)),
    )


def products(category: Integers, uniform: Floats) -> Integers:
    """A product within each category; shape (m,)."""
    number = np.array([c.products for c in CATEGORIES])[category]
    return np.asarray((uniform**POPULARITY * number).astype(np.int64))


def together(*parts: Coming) -> Coming:
    """All orders of several tables, one after the other."""
    return Coming(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])}
    )


def in_order(orders: Coming) -> Coming:
    """Ascending by customer, then day; orders of one day keep their order."""
    place = np.lexsort((orders.day, orders.customer))
    return Coming(**{name: values[place] for name, values in vars(orders).items()})

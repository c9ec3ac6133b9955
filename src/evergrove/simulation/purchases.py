"""From purchase days to the rows of an order export, with the untidiness of a real one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.simulation import world
from evergrove.simulation.types import TEN_THOUSANDTHS, Orders

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.models.types import Floats
    from evergrove.simulation.types import Flags, Integers

CENT = TEN_THOUSANDTHS // 100
CHEAPEST = TEN_THOUSANDTHS  # nothing costs less than 1.00
FULL_REFUND, PART_REFUND, LOOSE_REFUND = 0.010, 0.025, 0.010  # shares of purchase days
PART_SHARE, LOOSE_SHARE = (0.10, 0.60), (0.20, 1.00)  # of the amount, evenly spread
LOOSE_DELAY_DAYS = (5, 30)
TWO_ORDERS = 0.03  # share of purchase days
ATTEMPTS = 0.04  # orders cancelled or never paid, per paid order
STRANGERS = 0.005  # people who never paid, per customer
REPEATED_ROWS = 0.0003
FAVOURITE = 0.60  # chance that an order is from the favourite category
SETTLING_DAYS = 7  # until then an order is Paid, not yet Completed
KEPT_PURCHASES = 1 - FULL_REFUND
NET_SHARE = (1 - FULL_REFUND - PART_REFUND * sum(PART_SHARE) / 2 - LOOSE_REFUND * sum(LOOSE_SHARE) / 2) / (
    KEPT_PURCHASES
)  # of the amount, on a purchase day that was not refunded as a whole


@dataclass(frozen=True, eq=False)
class Purchases:
    """
    Paid orders, past and future; shape (m,) each, ascending by customer, then day.

    Attributes:
        customer: Who bought.
        day: Counted from the shop's first day.
        starts_day: False for the second order of one day.
        amount: In ten-thousandths, whole cents.
        refund: Paid back for this order by reference, in ten-thousandths.
        loose_refund: Paid back on ``loose_day`` without a reference, in ten-thousandths.
        loose_day: Day of that refund.
        category: Of the goods.
    """

    customer: Integers
    day: Integers
    starts_day: Flags
    amount: Integers
    refund: Integers
    loose_refund: Integers
    loose_day: Integers
    category: Integers


def draw_purchases(
    customer: Integers, day: Integers, mean_spend: Floats, random: np.random.Generator
) -> Purchases:
    """
    Draw what is bought and paid back on each purchase day.

    Args:
        customer: Whose purchase day, shape (d,).
        day: Which day, shape (d,).
        mean_spend: Of each customer, shape (n,).
        random: Source of the random numbers.
    """
    days = len(day)
    spend = mean_spend[customer] * random.standard_gamma(4.0, days) / 4.0
    fate = random.random(days)
    full = fate < FULL_REFUND
    part = (fate >= FULL_REFUND) & (fate < FULL_REFUND + PART_REFUND)
    loose = (fate >= 1 - LOOSE_REFUND) * random.uniform(*LOOSE_SHARE, days)
    refund = np.where(full, 1.0, part * random.uniform(*PART_SHARE, days))
    delay = random.integers(LOOSE_DELAY_DAYS[0], LOOSE_DELAY_DAYS[1] + 1, days)
    twice = random.random(days) < TWO_ORDERS
    of_day = np.repeat(np.arange(days), 1 + twice)
    starts_day = np.diff(of_day, prepend=-1) == 1
    split = np.where(twice, random.uniform(0.2, 0.8, days), 1.0)[of_day]
    amount = np.maximum(_cents(spend[of_day] * np.where(starts_day, split, 1 - split)), CHEAPEST)
    return Purchases(
        customer=customer[of_day],
        day=day[of_day],
        starts_day=starts_day,
        amount=amount,
        refund=_cents(amount * refund[of_day] / TEN_THOUSANDTHS),
        loose_refund=_cents(amount * loose[of_day] / TEN_THOUSANDTHS),
        loose_day=(day + delay)[of_day],
        category=_categories(customer[of_day], len(mean_spend), random),
    )


def order_rows(
    bought: Purchases, customers: int, first: date, days: int, random: np.random.Generator
) -> tuple[Orders, int]:
    """
    Write the history as an export shows it, with attempts, loose refunds and repeated rows.

    Args:
        bought: Purchases, past and future.
        customers: How many bought; strangers are numbered behind them.
        first: The shop's first day.
        days: Of history.
        random: Source of the random numbers.

    Returns:
        The rows in time order, and how many strangers tried without ever paying.
    """
    paid = np.flatnonzero(bought.day < days)
    loose = np.flatnonzero((bought.loose_refund > 0) & (bought.loose_day < days))
    attempts = random.choice(paid, round(len(paid) * ATTEMPTS))
    strangers = round(customers * STRANGERS)
    models = random.choice(paid, strangers)  # strangers want what others bought
    source = np.concatenate([paid, loose, attempts, models])
    kinds = np.repeat(np.arange(4), [len(paid), len(loose), len(attempts), strangers])
    customer, day = bought.customer[source], bought.day[source]
    day[kinds == 1] = bought.loose_day[loose]
    tried = np.clip(day + random.integers(-3, 1, len(day)), 0, None)
    day = np.where(kinds >= 2, tried, day)
    customer[kinds == 3] = customers + np.arange(strangers)
    given_up = np.where(random.random(len(day)) < 0.5, world.CANCELLED, world.UNPAID)
    status = np.select(
        [kinds >= 2, kinds == 1, day > days - SETTLING_DAYS],
        [given_up, world.REFUNDED, world.PAID],
        world.COMPLETED,
    )
    category = bought.category[source]
    products = np.array([c.products for c in world.CATEGORIES])[category]
    rows = Orders(
        number=np.zeros(len(source), dtype=np.int64),
        customer=customer,
        ordered_at=_moments(first, day, random),
        amount=np.where(kinds == 1, -bought.loose_refund[source], bought.amount[source]),
        refund=np.where(kinds == 0, bought.refund[source], 0),
        status=status,
        category=category,
        product=(random.random(len(source)) ** 1.7 * products).astype(np.int64),  # few sell most
    )
    return _in_time_order(rows, random), strangers


def _in_time_order(rows: Orders, random: np.random.Generator) -> Orders:
    """Sort and number the rows, and repeat a few of them as careless exports do."""
    order = np.lexsort((rows.customer, rows.ordered_at))
    repeated = random.choice(len(order), round(len(order) * REPEATED_ROWS), replace=False)
    places = np.sort(np.concatenate([np.arange(len(order)), repeated]))
    chosen = order[places]
    return Orders(
        number=places,
        customer=rows.customer[chosen],
        ordered_at=rows.ordered_at[chosen],
        amount=rows.amount[chosen],
        refund=rows.refund[chosen],
        status=rows.status[chosen],
        category=rows.category[chosen],
        product=rows.product[chosen],
    )


def _moments(first: date, day: Integers, random: np.random.Generator) -> NDArray[np.datetime64]:
    """A moment between 8 and 23:30 on each day, most often in the evening; shape (m,)."""
    seconds = 3600 * (8 + 15.5 * random.beta(2.2, 1.6, len(day)))
    midnight = np.datetime64(first, "s") + day.astype("timedelta64[D]")
    return np.asarray(midnight + seconds.astype(np.int64).astype("timedelta64[s]"))


def _categories(customer: Integers, customers: int, random: np.random.Generator) -> Integers:
    """The category of each order: the customer's favourite, or what the shop sells."""
    shares = [c.share for c in world.CATEGORIES]
    favourite = random.choice(len(shares), customers, p=shares)[customer]
    any_of_them = random.choice(len(shares), len(customer), p=shares)
    return np.where(random.random(len(customer)) < FAVOURITE, favourite, any_of_them)


def _cents(amount: Floats) -> Integers:
    """Amounts of currency as ten-thousandths, rounded to whole cents."""
    return np.rint(amount * 100).astype(np.int64) * CENT

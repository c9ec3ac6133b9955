"""Shops of a known process, or of a known rule, as customer bases."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from evergrove.customers import summarise
from evergrove.settings import StageSettings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from evergrove.customers import CustomerBase
    from evergrove.models.types import Floats
    from evergrove.warehouse import Engine

    Days = NDArray[np.int64]
    Season = Callable[[NDArray[np.datetime64]], Floats]

NO_REFUNDS = "select order_id, customer_id, order_date as refund_date, amount from orders where false"


@contextmanager
def opened(customer: Days, day: Days, amount: Floats, first: date) -> Iterator[tuple[CustomerBase, Engine]]:
    """A log of (customer, days since ``first``, amount) as a base to the last order day, and its engine."""
    with open_engine(threads=1) as engine:
        engine.register("log", {"customer": customer, "day": day, "amount": amount})
        engine.create(
            "orders",
            "select cast(null as varchar) as order_id, customer as customer_id, "
            f"cast(date '{first}' + cast(day as integer) as date) as order_date, "
            "cast(amount as decimal(18, 4)) as amount from log",
        )
        engine.create("refunds", NO_REFUNDS)
        engine.unregister("log")
        last = first + timedelta(days=int(day.max()))
        yield summarise(engine, last, StageSettings()), engine


def no_season(days: NDArray[np.datetime64]) -> Floats:
    """The same all year."""
    return np.ones(len(days))


def december_twice(days: NDArray[np.datetime64]) -> Floats:
    """Twice as many purchases in December."""
    return np.where(days.astype("datetime64[M]").astype(np.int64) % 12 == 11, 2.0, 1.0)


def pareto_shop(
    births: Days,
    span: int,
    first: date,
    *,
    seed: int,
    season: Season = no_season,
    rate: tuple[float, float] = (1.2, 50.0),
    leaving: tuple[float, float] = (1.5, 600.0),
) -> tuple[Days, Days, Floats]:
    """
    Purchases by Pareto/NBD whose clock runs faster in season, with Gamma-Gamma amounts.

    Args:
        births: Day of each customer's first purchase. Shape (n,).
        span: Days of the log.
        first: Its first day.
        seed: Of the random numbers.
        season: Factor on every rate of purchase, by day.
        rate: r and alpha, in days.
        leaving: s and beta, in days.

    Returns:
        Customer, day and amount of every purchase; at most one a customer and day.
    """
    random = np.random.default_rng(seed)
    n = len(births)
    factor = season(np.datetime64(first) + np.arange(span))
    clock = np.concatenate([[0.0], np.cumsum(factor)])  # business time at the beginning of each day
    buying = random.gamma(rate[0], 1 / rate[1], n)
    gone = births + random.exponential(size=n) / random.gamma(leaving[0], 1 / leaving[1], n)
    end = np.interp(np.minimum(gone, span), np.arange(span + 1), clock)
    begin = clock[births + 1]
    count = random.poisson(buying * np.maximum(end - begin, 0.0))
    customer = np.repeat(np.arange(n), count)
    at = begin[customer] + random.uniform(size=len(customer)) * (end - begin)[customer]
    day = np.searchsorted(clock, at, side="right") - 1
    pairs = np.unique(
        np.stack([np.concatenate([np.arange(n), customer]), np.concatenate([births, day])]), axis=1
    )
    level = 6.0 / random.gamma(3.7, 1 / 60.0, n)
    amount = random.gamma(6.0, 1.0, pairs.shape[1]) * (level / 6.0)[pairs[0]]
    return pairs[0], pairs[1], np.round(amount, 2) + 0.01

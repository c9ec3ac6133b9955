"""The seeded shop: purchases, dropout, spend, refunds, seasons and channels, with the truth kept aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.simulation.lives import Lives, draw_lives, draw_people, purchase_days
from evergrove.simulation.purchases import Purchases, draw_purchases, order_rows
from evergrove.simulation.truth import truth_of
from evergrove.simulation.types import FUTURE_DAYS, Orders, People, Shop, ShopOptions
from evergrove.simulation.world import season_of_days

if TYPE_CHECKING:
    from evergrove.models.types import Floats

STREAMS = 6  # of random numbers, in the order in which ``draw_shop`` names them


@dataclass(frozen=True, eq=False)
class Drawn:
    """
    All that was drawn of a shop.

    Attributes:
        season: Factor of each day of the history and of the ``FUTURE_DAYS`` after it.
        people: Buyers, and behind them those who never paid.
        lives: Of the buyers.
        bought: By them, in the history and after it.
        orders: The rows of the export.
    """

    season: Floats
    people: People
    lives: Lives
    bought: Purchases
    orders: Orders


def simulate_shop(options: ShopOptions | None = None) -> Shop:
    """
    Simulate a shop with its order history and its future.

    Args:
        options: What may be chosen; None takes the defaults.

    Returns:
        The shop; the same options give the same shop, to the last digit.
    """
    options = options or ShopOptions()
    return as_shop(options, draw_shop(options))


def as_shop(options: ShopOptions, drawn: Drawn) -> Shop:
    """What the export shows of what was drawn, and the truth behind it."""
    ahead = drawn.season[options.days :]
    truth = truth_of(drawn.lives, drawn.bought, ahead, options.days, options.annual_rate)
    return Shop(options=options, orders=drawn.orders, people=drawn.people, truth=truth)


def draw_shop(options: ShopOptions) -> Drawn:
    """
    Draw a shop's people, lives and purchases.

    Each part has its own stream of random numbers, so that a change to one leaves the others as they were.
    """
    of_people, of_lives, of_days, of_purchases, of_rows, of_strangers = map(
        np.random.default_rng, np.random.SeedSequence(options.seed).spawn(STREAMS)
    )
    season = season_of_days(options.first_day, options.days + FUTURE_DAYS)
    customers = draw_people(options.customers, of_people)
    lives = draw_lives(customers.channel, season[: options.days], of_lives)
    customer, day = purchase_days(lives, season, of_days)
    bought = draw_purchases(customer, day, lives.mean_spend, of_purchases)
    orders, strangers = order_rows(bought, options.customers, options.first_day, options.days, of_rows)
    others = draw_people(strangers, of_strangers)
    people = People(
        channel=np.concatenate([customers.channel, others.channel]),
        name=np.concatenate([customers.name, others.name]),
    )
    return Drawn(season=season, people=people, lives=lives, bought=bought, orders=orders)

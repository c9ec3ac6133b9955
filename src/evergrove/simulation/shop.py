"""The seeded shop: purchases, dropout, spend, refunds, seasons and channels, with the truth kept aside."""

from __future__ import annotations

import numpy as np

from evergrove.simulation.lives import draw_lives, draw_people, purchase_days
from evergrove.simulation.purchases import draw_purchases, order_rows
from evergrove.simulation.truth import truth_of
from evergrove.simulation.types import FUTURE_DAYS, People, Shop, ShopOptions
from evergrove.simulation.world import season_of_days


def simulate_shop(options: ShopOptions | None = None) -> Shop:
    """
    Simulate a shop with its order history and its future.

    Each part has its own stream of random numbers, so that a change to one leaves the others as they were.

    Args:
        options: What may be chosen; None takes the defaults.

    Returns:
        The shop; the same options give the same shop, to the last digit.
    """
    options = options or ShopOptions()
    of_people, of_lives, of_days, of_purchases, of_rows, of_strangers = map(
        np.random.default_rng, np.random.SeedSequence(options.seed).spawn(6)
    )
    season = season_of_days(options.first_day, options.days + FUTURE_DAYS)
    customers = draw_people(options.customers, of_people)
    lives = draw_lives(customers.channel, season[: options.days], of_lives)
    customer, day = purchase_days(lives, season, of_days)
    bought = draw_purchases(customer, day, lives.mean_spend, of_purchases)
    orders, strangers = order_rows(bought, options.customers, options.first_day, options.days, of_rows)
    others = draw_people(strangers, of_strangers)
    return Shop(
        options=options,
        orders=orders,
        people=People(
            channel=np.concatenate([customers.channel, others.channel]),
            name=np.concatenate([customers.name, others.name]),
        ),
        truth=truth_of(lives, bought, season[options.days :], options.days, options.annual_rate),
    )

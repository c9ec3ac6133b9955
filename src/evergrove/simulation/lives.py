"""Who the customers are and how they live: rates, lifetimes, purchase days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.simulation.types import People
from evergrove.simulation.world import CHANNELS, CHINESE_NAMES, CHINESE_SHARE, NAMES

if TYPE_CHECKING:
    from evergrove.models.types import Floats
    from evergrove.simulation.types import Integers

DAYS_A_YEAR = 365
GROWTH = 0.30  # of new customers, per year
RATE_SHAPE, RATE_A_YEAR = 1.1, 5.0
DROPOUT_SHAPE, DROPOUT_A_YEAR = 0.7, 0.75
SPEND_SHAPE, SPREAD_SHAPE, MEAN_SPEND = 4.0, 3.5, 380.0
FOREVER = 10**7  # days


@dataclass(frozen=True, eq=False)
class Lives:
    """
    The true traits of each customer, shape (n,) each.

    Attributes:
        first_day: Of the first purchase, counted from the shop's first day.
        days: Of life after the first purchase; 0 for those who leave at once.
        rate: Purchases per day while alive, averaged over the seasons.
        dropout: Chance per day of leaving; 1 for those who leave at once.
        mean_spend: Mean amount of a purchase day before refunds.
    """

    first_day: Integers
    days: Integers
    rate: Floats
    dropout: Floats
    mean_spend: Floats

    def __len__(self) -> int:
        return len(self.first_day)


def draw_people(number: int, random: np.random.Generator) -> People:
    """Draw where people come from and what they are called; shape (number,)."""
    chinese = random.random(number) < CHINESE_SHARE
    return People(
        channel=random.choice(len(CHANNELS), number, p=[c.share for c in CHANNELS]),
        name=np.where(
            chinese,
            random.integers(0, len(CHINESE_NAMES), number),
            random.integers(len(CHINESE_NAMES), len(NAMES), number),
        ),
    )


def draw_lives(channel: Integers, season: Floats, random: np.random.Generator) -> Lives:
    """
    Draw the traits of the customers.

    Rates, dropout and spend are Gamma mixtures around a mean that the channel shifts, and a share leaves
    right after the first order: near the published models, and none of them.

    Args:
        channel: Of each customer, shape (n,).
        season: Factor of each day on which customers may arrive, shape (days,).
        random: Source of the random numbers.
    """
    number, days = len(channel), len(season)
    one_time, rate, dropout, spend = (
        np.array([getattr(c, trait) for c in CHANNELS])[channel]
        for trait in ("one_time", "rate", "dropout", "spend")
    )
    arrivals = season * (1 + GROWTH * np.arange(days) / DAYS_A_YEAR)
    leaves_at_once = random.random(number) < one_time
    rates = random.gamma(RATE_SHAPE, 1 / RATE_SHAPE, number) * rate * RATE_A_YEAR / DAYS_A_YEAR
    dropouts = random.gamma(DROPOUT_SHAPE, 1 / DROPOUT_SHAPE, number) * dropout * DROPOUT_A_YEAR / DAYS_A_YEAR
    dropouts = np.maximum(dropouts, 1e-12)  # keeps the geometric sums of the truth defined
    lifetime = 1 + np.minimum(random.standard_exponential(number) / dropouts, FOREVER).astype(np.int64)
    return Lives(
        first_day=np.sort(random.choice(days, number, p=arrivals / arrivals.sum())),
        days=np.where(leaves_at_once, 0, lifetime),
        rate=rates,
        dropout=np.where(leaves_at_once, 1.0, dropouts),
        mean_spend=spend * MEAN_SPEND * (SPREAD_SHAPE - 1) / random.standard_gamma(SPREAD_SHAPE, number),
    )


def purchase_days(lives: Lives, season: Floats, random: np.random.Generator) -> tuple[Integers, Integers]:
    """
    Draw the days on which customers buy, the first purchase included.

    On each day of life the chance of a purchase is 1 - exp(-rate x season): a Poisson process scattered
    over the accumulated season, days counted once.

    Args:
        lives: Traits of the customers.
        season: Factor of each simulated day, shape (days,).
        random: Source of the random numbers.

    Returns:
        Customer and day of each purchase day, ascending by customer, then day; shape (m,) each.
    """
    accumulated = np.concatenate([[0.0], np.cumsum(season)])
    start = accumulated[np.minimum(lives.first_day + 1, len(season))]
    end = accumulated[np.minimum(lives.first_day + lives.days + 1, len(season))]
    arrivals = random.poisson(lives.rate * (end - start))
    customer = np.repeat(np.arange(len(lives)), arrivals)
    place = start[customer] + random.random(len(customer)) * (end - start)[customer]
    day = np.searchsorted(accumulated, place, side="right") - 1
    key = np.concatenate([customer, np.arange(len(lives))]) * len(season)
    key += np.concatenate([day, lives.first_day])
    distinct = np.unique(key)
    return distinct // len(season), distinct % len(season)

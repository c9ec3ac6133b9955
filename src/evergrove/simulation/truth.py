"""What the next 12 months hold: what is to be expected given the true parameters, and what comes."""

from __future__ import annotations

from math import log1p
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import DAYS_PER_YEAR
from evergrove.simulation.purchases import KEPT_PURCHASES, NET_SHARE
from evergrove.simulation.types import TEN_THOUSANDTHS, Truth

if TYPE_CHECKING:
    from evergrove.models.types import Floats
    from evergrove.simulation.lives import Lives
    from evergrove.simulation.purchases import Purchases

ACTIVE_DAYS = 180


def expected_purchase_days(rate: Floats, dropout: Floats, season: Floats, delta: float) -> Floats:
    r"""
    Expected purchase days of customers alive at as_of, discounted to it.

    .. math:: \sum_d (1 - e^{-\lambda s_d})\, e^{-\mu (d - 1)}\, e^{-\delta d}, \quad d = 1, 2, \ldots

    A season lasts for many days: each is one geometric sum.

    Args:
        rate: lambda, per day. Shape (n,).
        dropout: mu, > 0, per day. Shape (n,).
        season: s of the days after as_of, shape (days,).
        delta: Continuous discount rate per day.

    Returns:
        Expectations, shape (n,).
    """
    edges = np.flatnonzero(np.diff(season, prepend=np.nan))
    lengths = np.diff(edges, append=len(season))
    total = np.zeros(len(rate))
    decay = dropout + delta
    per_day = np.expm1(-decay)
    for start, length in zip(edges, lengths, strict=True):  # a dozen seasons, not customers
        days_alive = np.exp(-decay * start) * np.expm1(-decay * length) / per_day
        total += -np.expm1(-rate * season[start]) * days_alive
    return np.asarray(total * np.exp(-delta))


def truth_of(lives: Lives, bought: Purchases, season: Floats, days: int, annual_rate: float) -> Truth:
    """
    Set down what the simulator knows at as_of.

    Args:
        lives: The true traits.
        bought: Every purchase, past and future.
        season: Factor of the days after as_of, shape (future days,).
        days: Of history; as_of is day ``days - 1``.
        annual_rate: Effective annual discount rate.
    """
    delta = log1p(annual_rate) / DAYS_PER_YEAR
    death_day = lives.first_day + lives.days - (days - 1)
    alive = death_day > 0
    mean_spend = lives.mean_spend * NET_SHARE
    purchases, discounted = (
        np.where(alive, KEPT_PURCHASES * expected_purchase_days(lives.rate, lives.dropout, season, d), 0.0)
        for d in (0.0, delta)
    )
    ahead = bought.day - (days - 1)
    future = (ahead > 0) & (ahead <= len(season))
    customer, ahead = bought.customer[future], ahead[future]
    net = (bought.amount - bought.refund - bought.loose_refund)[future] / TEN_THOUSANDTHS
    kept = (bought.starts_day & (bought.refund < bought.amount))[future]

    def summed(values: Floats) -> Floats:
        return np.bincount(customer, values, minlength=len(lives)).astype(np.float64, copy=False)

    return Truth(
        rate=lives.rate,
        dropout=lives.dropout,
        mean_spend=mean_spend,
        death_day=death_day,
        alive=alive,
        expected_purchases_12m=purchases,
        expected_spend_12m=purchases * mean_spend,
        expected_value_12m=discounted * mean_spend,
        realised_purchases_12m=summed(kept.astype(np.float64)),
        realised_spend_12m=summed(net),
        realised_value_12m=summed(net * np.exp(-delta * ahead)),
        realised_active_180d=summed((kept & (ahead <= ACTIVE_DAYS)).astype(np.float64)) > 0,
    )

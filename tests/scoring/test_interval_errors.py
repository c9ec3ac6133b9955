"""
How far intervals lie from customers lived through one by one, each purchase drawn and discounted at its own time.

Cells, mean times of discounting, gamma's scale and the slopes of P(alive) are approximations; here is what they
cost in all: a fraction of a point of probability.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.scoring.known_shop import Shop, shop_of

from evergrove.core import DAYS_PER_YEAR, per_unit_rate
from evergrove.scoring.coarse import FEW
from evergrove.scoring.distinct_histories import histories_of
from evergrove.scoring.intervals import spend_distribution
from evergrove.scoring.spend import evidence

if TYPE_CHECKING:
    from evergrove.models.types import Floats

DELTA = per_unit_rate(0.10, "week")
YEAR = DAYS_PER_YEAR / 7
LIVES, DRAWS = 60_000, 12_000
LEVELS = np.array([0.75, 0.90, 0.97])


def lived(shop: Shop, i: int, rng: np.random.Generator) -> Floats:
    """Discounted spend in the next year of customer i in many lives, each with parameters of its own."""
    known, n = shop.summary, LIVES
    assert shop.process.posterior is not None
    assert shop.spend.posterior is not None
    one, other = (rng.integers(0, 200, n) for _posterior in range(2))
    at = {name: values[one] for name, values in shop.process.posterior.at.items()}
    money = {name: values[other] for name, values in shop.spend.posterior.at.items()}
    history = known.frequency[i : i + 1], known.recency[i : i + 1], known.T[i : i + 1]
    alive = np.array([model.alive(*history)[0] for model in shop.process.posterior.models()])[one]
    x, T = known.frequency[i], known.T[i]
    rate = rng.standard_gamma(at["r"] + x) / (at["alpha"] + T)
    hazard = rng.standard_gamma(at["s"]) / (at["beta"] + T)
    life = np.minimum(rng.standard_exponential(n) / hazard, YEAR) * (rng.random(n) < alive)
    who = np.repeat(np.arange(n), rng.poisson(rate * life))
    spent = known.mean_day_spend[i] * (x + 1) if known.mean_day_spend is not None else 0.0
    level = rng.standard_gamma(money["q"] + money["p"] * (x + 1)) / (money["gamma"] + spent)
    amount = rng.standard_gamma(money["p"][who]) / level[who]
    discounted = amount * np.exp(-DELTA * rng.random(len(who)) * life[who])
    return np.asarray(np.bincount(who, weights=discounted, minlength=n))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("customers", "seed", "joined"),
    [(300, 3, False), (3000, 7, True)],
    ids=["wide posterior", "joined cells"],
)
def test_bounds_are_those_of_customers_lived_through(
    customers: int,
    seed: int,
    joined: bool,  # noqa: FBT001 - a parametrised expectation
) -> None:
    """
    At the quantiles of the lives, the distribution stands at their level.

    Within .3 points and four standard errors of lives and draws, which are 1.2 points at the 90 % quantile; in
    the mean over all within .3 points.
    """
    shop, rng = shop_of(customers, seed), np.random.default_rng(1)
    known, base = evidence(shop.spend, shop.summary, "all_days"), histories_of(shop.summary)
    found = spend_distribution(shop.process, shop.spend, base, shop.alive, known, DELTA, 5, draws=DRAWS)
    assert (len(np.unique(base.frequency * 10_000 + base.T)) > FEW) == joined

    likely = np.flatnonzero(found.at_most(np.zeros(customers)) < 0.6)
    off = []
    for i in likely[np.linspace(0, len(likely) - 1, 6).astype(int)]:
        amounts = np.quantile(lived(shop, i, rng), LEVELS)
        off.append([found.at_most(np.full(customers, amount))[i] for amount in amounts] - LEVELS)

    chance = np.sqrt(LEVELS * (1 - LEVELS) * (1 / LIVES + 1 / DRAWS))
    assert (np.abs(off) < 4 * chance + 0.003).all()
    assert abs(np.mean(off)) < 0.003

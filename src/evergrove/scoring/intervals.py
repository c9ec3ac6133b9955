r"""
Intervals: quantiles of discounted 12-month spend, with the uncertainty of parameters and of outcomes.

Given N purchases, the spend of a customer with n past days of mean m is

.. math::

    (\gamma + n m) \cdot \frac{\text{Gamma}(p N)}{\text{Gamma}(q + p n)},

a scale of the customer times a variable that depends on (x, T) alone. The variable is therefore drawn once per
coarse cell of (x, T), given alive, and sorted; a customer's distribution is the mixture of 0 with probability
1 - P(alive) and the scaled draws of the cell. Each draw has its own parameters (Laplace), then one outcome.

Three approximations, each far below the spread of outcomes: cells join ages within 3 % and large counts within
5 %; all purchases of a draw are discounted at their mean time; gamma's own uncertainty is scaled as for the
cell's typical spend. P(alive) enters at the maximum of the likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER, DAYS_PER_YEAR
from evergrove.scoring.outcomes import parameter_draws, purchases_if_alive

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Fit, Floats
    from evergrove.scoring.score import Histories
    from evergrove.scoring.spend import SpendEvidence

DRAWS = 400
CHUNK = 512  # cells at a time: 200,000 draws stay in cache
EXACT_COUNTS = 20
COUNT_STEP = 0.05
AGE_STEP = 0.03
AGE_SCALE_DAYS = 30.0

LOW, HIGH = 0.10, 0.90


@dataclass(frozen=True, eq=False)
class SpendDistribution:
    """
    The distribution of discounted spend in the next 12 months, for every customer.

    Attributes:
        alive: P(alive). Shape (n,).
        scale: Of each customer, in currency. Shape (n,).
        cell: Row of ``draws`` for each customer. Shape (n,).
        draws: Spend given alive over the scale, sorted. Shape (cells, draws).
    """

    alive: Floats
    scale: Floats
    cell: NDArray[np.intp]
    draws: NDArray[np.float32]

    def quantile(self, level: float) -> Floats:
        """The amount that spend stays below with probability ``level``, shape (n,); 0 where that is likely."""
        with np.errstate(divide="ignore", invalid="ignore"):
            of_draws = (level - (1.0 - self.alive)) / self.alive
        count = self.draws.shape[1]
        place = np.clip(np.nan_to_num(of_draws, neginf=0.0) * count - 0.5, 0.0, count - 1.0)
        below = np.minimum(place.astype(np.intp), count - 2)
        flat = self.draws.ravel()
        at = self.cell * count + below
        share = place - below
        unit = flat[at] * (1.0 - share) + flat[at + 1] * share
        return np.where(of_draws > 0, unit * self.scale, 0.0)

    def at_most(self, amount: Floats) -> Floats:
        """P(spend <= amount), shape (n,)."""
        wanted = np.where(self.scale > 0, amount / np.where(self.scale > 0, self.scale, 1.0), 0.0)
        count = self.draws.shape[1]
        flat = self.draws.ravel()
        low = np.zeros(len(wanted), dtype=np.intp)
        high = np.full(len(wanted), count, dtype=np.intp)
        while (low < high).any():  # bisection in all rows at once: the first draw above the amount
            middle = (low + high) // 2
            open_ = low < high
            above = flat[self.cell * count + np.minimum(middle, count - 1)] > wanted
            high = np.where(open_ & above, middle, high)
            low = np.where(open_ & ~above, middle + 1, low)
        inside = (1.0 - self.alive) + self.alive * low / count
        return np.where(amount < 0, 0.0, inside)

    def variance(self) -> Floats:
        """Of each customer's spend, shape (n,)."""
        mean = self.draws.mean(axis=1, dtype=np.float64)[self.cell]
        square = np.square(self.draws, dtype=np.float64).mean(axis=1)[self.cell]
        values: Floats = np.square(self.scale) * (self.alive * square - np.square(self.alive * mean))
        return values


@dataclass(frozen=True, eq=False)
class _Coarse:
    """Coarse cells: their typical x, T (days), days of spend evidence and n m; each customer's cell."""

    x: Floats
    days: Floats
    evidence: Floats
    past: Floats
    of: NDArray[np.intp]


def _coarse(base: Histories, spend: SpendEvidence) -> _Coarse:
    x = np.asarray(base.frequency, dtype=np.float64)
    tail = EXACT_COUNTS + np.log(np.maximum(x, EXACT_COUNTS) / EXACT_COUNTS) / COUNT_STEP
    x_bin = np.where(x <= EXACT_COUNTS, x, tail).astype(np.int64)
    t_bin = (np.log1p(base.T / AGE_SCALE_DAYS) / AGE_STEP).astype(np.int64)
    known = spend.days > 0
    key = (x_bin * (t_bin.max(initial=0) + 1) + t_bin) * 2 + known
    _, of, count = np.unique(key, return_inverse=True, return_counts=True)

    def mean(values: Floats) -> Floats:
        means: Floats = np.bincount(of, weights=values) / count
        return means

    past = np.where(known, spend.days * spend.mean, 0.0)
    return _Coarse(mean(x), mean(np.asarray(base.T, dtype=np.float64)), mean(spend.days), mean(past), of)


def spend_distribution(
    process: Fit[TransactionModel],
    spend_fit: Fit[Any] | None,
    base: Histories,
    alive: Floats,
    spend: SpendEvidence,
    delta: float,
    seed: int,
    draws: int = DRAWS,
    days: float = DAYS_PER_YEAR,
) -> SpendDistribution:
    """
    Draw the distribution of every customer's discounted spend in a year, or in another number of days.

    Args:
        process: The chosen model's fit.
        spend_fit: Gamma-Gamma's fit; None takes each purchase at its expected amount.
        base: The customers.
        alive: P(alive), shape (n,).
        spend: What is known of their spend.
        delta: Continuous discount rate per unit of the model.
        seed: Of the draws.
        draws: Per cell.
        days: Length of the window after today.
    """
    rng = np.random.default_rng(seed)
    coarse = _coarse(base, spend)
    at = parameter_draws(process, draws, rng)
    money = None if spend_fit is None else parameter_draws(spend_fit, draws, rng)
    unit = process.model.unit
    horizon = days / DAYS_PER[unit]
    drawn = np.empty((len(coarse.x), draws), dtype=np.float32)
    for start in range(0, len(drawn), CHUNK):
        rows = slice(start, start + CHUNK)
        x, T = coarse.x[rows, None], coarse.days[rows, None] / DAYS_PER[unit]
        year = purchases_if_alive(process.model, at, horizon, x, T, rng)
        amount = year.purchases * np.exp(-delta * year.mean_time)
        if money is not None and spend_fit is not None:
            amount *= _unit_spend(year.purchases, money, spend_fit.model, coarse, rows, rng)
        drawn[rows] = np.sort(amount, axis=1)
    scale = spend.expected if spend_fit is None else _scale(spend_fit.model, spend, coarse)
    return SpendDistribution(alive, scale, coarse.of, drawn)


def _unit_spend(
    purchases: Floats, at: dict[str, Floats], model: Any, coarse: _Coarse, rows: slice, rng: Generator
) -> Floats:
    """Mean amount of the drawn purchases over the customer's scale, shape (cells, draws); 0 without any."""
    evidence, past = coarse.evidence[rows, None], coarse.past[rows, None]
    total = rng.standard_gamma(at["p"] * purchases)
    level = rng.standard_gamma(at["q"] + at["p"] * evidence)
    typical = (at["gamma"] + past) / (model.gamma + past)
    with np.errstate(
        over="ignore"
    ):  # a level of nearly 0 with q near 1: a draw without bound is what it means
        values: Floats = typical * total / (level * np.maximum(purchases, 1.0))
    return values


def _scale(model: Any, spend: SpendEvidence, coarse: _Coarse) -> Floats:
    """Scale gamma + n m, put right for the difference between the customer's n and the cell's."""
    known = np.where(spend.days > 0, spend.days * spend.mean, 0.0)
    here = np.maximum(model.q + model.p * spend.days - 1, 0.05)
    cell = np.maximum(model.q + model.p * coarse.evidence - 1, 0.05)[coarse.of]
    scale: Floats = (model.gamma + known) * cell / here
    return scale

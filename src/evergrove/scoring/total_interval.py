"""The interval of a total: parameters and outcomes, widened by the error of past forecasts."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER, DAYS_PER_YEAR
from evergrove.scoring.cells import cells_of, smallest_scale
from evergrove.scoring.distinct_histories import DistinctHistories
from evergrove.scoring.intervals import HIGH, LOW
from evergrove.scoring.outcomes import parameter_draws
from evergrove.scoring.relative import in_relative_money
from evergrove.scoring.sensitivity import sensitivity
from evergrove.scoring.streams import stream

if TYPE_CHECKING:
    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Fit, Floats
    from evergrove.scoring.score import Histories
    from evergrove.scoring.spend import SpendEvidence

NOISE_PER_DRAW = 50


def relative_totals(
    process: Fit[TransactionModel],
    spend_fit: Fit[Any] | None,
    base: Histories,
    spend: SpendEvidence,
    seed: int,
    *,
    days: float = DAYS_PER_YEAR,
) -> Floats:
    """
    The expected total within ``days`` under each draw of the parameters over that at the maximum, shape (draws,).

    All customers count. Gamma-Gamma's model's expectation p (gamma + n m) / (p n + q - 1) is a sum over customers
    by their days n, so that its parameters cost nothing.
    """
    rng = stream(seed, "parameters")
    spend_fit, spend, worth = in_relative_money(spend_fit, spend)
    unit = process.model.unit
    histories = DistinctHistories.among(base, unit)
    varied = sensitivity(process, histories.values(process.model), rng)
    x, age = np.asarray(base.frequency), np.asarray(base.T)
    levels, of = np.unique(spend.days, return_inverse=True)
    past = np.where(spend.days > 0, spend.days * spend.mean, 0.0)

    def by_days(model: TransactionModel) -> Floats:
        """Expected purchases of the customers with each n, weighted by 1, by what they spent, by their mean."""
        cells = cells_of(x, age, unit, smallest_scale(model), model.phases)
        bought = cells.spread(lambda x, T: model.expected_if_alive(days / DAYS_PER[unit], x, T))
        if_alive = histories.weighed(model, bought)
        purchases = worth * histories.alive(model)[histories.of] * if_alive
        weights = (purchases, purchases * past, purchases * spend.expected)
        return np.stack([np.bincount(of, weights=each, minlength=len(levels)) for each in weights])

    answers = varied.asked(by_days).reshape(len(varied.models), -1)
    bought, earned, at_mean = np.moveaxis(varied.drawn(answers).reshape(-1, 3, len(levels)), 1, 0)
    usual = float(by_days(process.model)[2].sum())
    if spend_fit is None:
        return np.asarray(at_mean.sum(axis=1) / usual)
    money = parameter_draws(spend_fit, len(bought), rng)
    p, q, gamma = (money[name][:, None] for name in ("p", "q", "gamma"))
    totals = p * (gamma * bought + earned) / np.maximum(p * levels + q - 1, 0.05)
    return np.asarray(totals.sum(axis=1) / usual)


def total_bounds(
    total: float,
    relative: Floats,
    outcome_variance: float,
    log_spread: float,
    seed: int,
    *,
    levels: tuple[float, float] = (LOW, HIGH),
) -> tuple[float, float]:
    """
    Two quantiles of the sum of all customers' discounted 12-month value; 10 % and 90 % by default.

    Outcomes of so many customers together are taken as normal.

    Args:
        total: The sum of clv_12m.
        relative: From ``relative_totals``.
        outcome_variance: Sum of the customers' variances of value.
        log_spread: Root mean square of log(actual / forecast) over past origins; NaN widens by nothing.
        seed: Of the draws.
        levels: Which quantiles.
    """
    rng = stream(seed, "total")
    shape = (len(relative), NOISE_PER_DRAW)
    spread = log_spread if isfinite(log_spread) else 0.0
    drawn = total * relative[:, None] * np.exp(spread * rng.standard_normal(shape))
    drawn = drawn + np.sqrt(max(outcome_variance, 0.0)) * rng.standard_normal(shape)
    low, high = np.quantile(drawn, levels)
    return max(float(low), 0.0), float(high)

"""The interval of a total: parameters and outcomes, widened by the error of past forecasts."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER, DAYS_PER_YEAR
from evergrove.scoring.intervals import HIGH, LOW
from evergrove.scoring.outcomes import parameter_draws

if TYPE_CHECKING:
    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Fit, Floats
    from evergrove.scoring.score import Histories
    from evergrove.scoring.spend import SpendEvidence

DRAWS = 200
SAMPLE = 500  # customers, evenly spaced: how a total moves with the parameters needs no more
NOISE_PER_DRAW = 50


def relative_totals(
    process: Fit[TransactionModel],
    spend_fit: Fit[Any] | None,
    base: Histories,
    spend: SpendEvidence,
    seed: int,
) -> Floats:
    """
    The expected 12-month total under each parameter draw over that at the maximum, shape (DRAWS,).

    Taken over a systematic sample of at most ``SAMPLE`` customers.
    """
    rng = np.random.default_rng(seed)
    rows = np.unique(np.linspace(0, len(base.T) - 1, min(SAMPLE, len(base.T))).astype(np.intp))
    day = 1 / DAYS_PER[process.model.unit]
    x, t_x, T = (np.asarray(v[rows], dtype=np.float64) for v in (base.frequency, base.recency, base.T))
    t_x, T = t_x * day, T * day

    def purchases(model: TransactionModel) -> Floats:
        return model.expected_purchases(DAYS_PER_YEAR * day, x, t_x, T)

    at = parameter_draws(process, DRAWS, rng)
    money = None if spend_fit is None else parameter_draws(spend_fit, DRAWS, rng)
    days, past, own = spend.days[rows], (spend.days * spend.mean)[rows], spend.expected[rows]
    totals = np.empty(DRAWS)
    for j in range(DRAWS):
        letters: dict[str, Any] = {name: float(values[j]) for name, values in at.items()}
        drawn = replace(process.model, **letters)
        amount = own
        if money is not None:
            p, q, gamma = (float(money[name][j]) for name in ("p", "q", "gamma"))
            amount = p * (gamma + np.where(days > 0, past, 0.0)) / np.maximum(p * days + q - 1, 0.05)
        totals[j] = purchases(drawn) @ amount
    return totals / float(purchases(process.model) @ own)


def total_bounds(
    total: float, relative: Floats, outcome_variance: float, log_spread: float, seed: int
) -> tuple[float, float]:
    """
    10 % and 90 % quantile of the sum of all customers' discounted 12-month value.

    Args:
        total: The sum of clv_12m.
        relative: From ``relative_totals``.
        outcome_variance: Sum of the customers' variances of value.
        log_spread: Root mean square of log(actual / forecast) over past origins; NaN widens by nothing.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    shape = (len(relative), NOISE_PER_DRAW)
    spread = log_spread if isfinite(log_spread) else 0.0
    drawn = total * relative[:, None] * np.exp(spread * rng.standard_normal(shape))
    drawn = drawn + np.sqrt(max(outcome_variance, 0.0)) * rng.standard_normal(shape)
    low, high = np.quantile(drawn, (LOW, HIGH))
    return max(float(low), 0.0), float(high)

"""What the parameters alone leave open: P(alive) and expected value of every customer under each of their draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER
from evergrove.models.special import expit
from evergrove.scoring.cells import cells_of, smallest_scale
from evergrove.scoring.distinct_histories import DistinctHistories
from evergrove.scoring.outcomes import parameter_draws
from evergrove.scoring.relative import in_relative_money
from evergrove.scoring.sensitivity import sensitivity
from evergrove.scoring.streams import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Fit, Floats
    from evergrove.scoring.score import Histories
    from evergrove.scoring.spend import SpendEvidence

CHUNK = 2048  # customers whose draws stay in cache
DIGITS = np.float32  # seven digits, at half the time: no band is known to three
SURE = 1e-15  # as near to 0 or 1 as log odds are asked for


@dataclass(frozen=True, eq=False)
class UnderDraws:
    """
    What the draws of the parameters say.

    Attributes:
        p_alive: Lower and upper bound of P(alive). Shape (2, n).
        expected: Of the expected value within the horizon. Shape (2, n).
        totals: Expected value of all customers under each draw. Shape (draws,).
    """

    p_alive: Floats
    expected: Floats
    totals: Floats


def expected_under_draws(
    process: Fit[TransactionModel],
    spend_fit: Fit[Any] | None,
    base: Histories,
    spend: SpendEvidence,
    delta: float,
    days: float,
    seed: int,
    levels: tuple[float, float],
) -> UnderDraws:
    """
    Ask P(alive) and expected value under each draw.

    Args:
        process: The fit of the process, with its posterior or without.
        spend_fit: The spend model's, likewise; None takes each purchase at its expected amount.
        base: The customers.
        spend: What is known of their spend.
        delta: Continuous discount rate per unit of the process.
        days: The horizon.
        seed: Of draws that the fits do not carry.
        levels: Which quantiles bound.
    """
    rng, unit = stream(seed, "parameters"), process.model.unit
    spend_fit, spend, worth = in_relative_money(spend_fit, spend)
    histories = DistinctHistories.among(base, unit)
    model, n = process.model, len(histories.of)
    cells = cells_of(
        np.asarray(base.frequency), np.asarray(base.T), unit, smallest_scale(model), model.phases
    )
    varied = sensitivity(process, histories.values(model), rng)
    log_odds = varied.asked(lambda model: _log_odds(histories.alive(model))).astype(DIGITS)
    horizon = days / DAYS_PER[unit]

    def bought(model: TransactionModel) -> Floats:
        """Of each cell; of each customer where recency says more than who is alive."""
        table = cells.table(lambda x, T: model.discounted_if_alive(horizon, delta, x, T))
        return table if model.phases == 1 else histories.weighed(model, table[:, cells.of])

    log_bought = varied.asked(lambda model: np.log(bought(model))).astype(DIGITS)
    place = cells.of if model.phases == 1 else np.arange(n)
    money = None if spend_fit is None else parameter_draws(spend_fit, len(varied.z), rng)
    totals = np.zeros(len(varied.z))
    p_alive, expected = np.empty((2, n)), np.empty((2, n))
    for start in range(0, n, CHUNK):
        rows = slice(start, start + CHUNK)
        alive = expit(varied.drawn(log_odds[:, histories.of[rows]]))
        value = alive * np.exp(varied.drawn(log_bought[:, place[rows]]))
        value *= _amount(money, spend, worth, rows)
        p_alive[:, rows], expected[:, rows] = _bounds(alive, levels), _bounds(value, levels)
        totals += value.sum(axis=1, dtype=np.float64)
    return UnderDraws(p_alive, expected, totals)


def _log_odds(p: Floats) -> Floats:
    held = np.clip(p, SURE, 1 - SURE)
    return np.asarray(np.log(held) - np.log1p(-held))


def _amount(
    money: dict[str, Floats] | None, spend: SpendEvidence, worth: Floats, rows: slice
) -> NDArray[Any]:
    """Expected amount of a purchase day under each draw, shape (draws, rows); (rows,) without a spend model."""
    days, unit = spend.days[rows].astype(DIGITS), worth[rows].astype(DIGITS)
    if money is None:
        return unit * spend.expected[rows].astype(DIGITS)
    p, q, gamma = (money[name][:, None].astype(DIGITS) for name in ("p", "q", "gamma"))
    past = np.where(days > 0, days * spend.mean[rows].astype(DIGITS), DIGITS(0))
    return np.asarray(unit * p * (gamma + past) / np.maximum(p * days + (q - 1), DIGITS(0.05)))


def _bounds(drawn: NDArray[Any], levels: tuple[float, float]) -> Floats:
    """Quantiles over the draws, shape (2, rows), of draws (draws, rows)."""
    bounds: Floats = np.quantile(np.ascontiguousarray(drawn.T), levels, axis=1).astype(np.float64)
    return bounds

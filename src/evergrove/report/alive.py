"""P(alive) by number of orders and silence: what the model makes of a customer who has gone quiet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER
from evergrove.report.numbers import share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models import Floats
    from evergrove.models.process import TransactionModel
    from evergrove.report.headline import Windows
    from evergrove.report.types import Figures, Seen

MONTH = DAYS_PER["month"]
MOST_MONTHS = 24
MOST_ORDERS = 12
MANY_ORDERS = (15, 20, 30, 50)
CERTAIN = 0.9999
"""Above this everywhere, the model lets nobody leave: there is nothing to show."""


def alive_grid(sources: Seen, windows: Windows) -> Figures | None:
    """The grid for a customer as old as the oldest tenth of this base; None without a model of leaving."""
    fit, base = sources.valuation.process, sources.base
    if fit is None or len(base) == 0:
        return None
    age = float(count_quantile(base.T, 0.9))
    most = count_quantile(base.frequency, 0.995) + 1
    months = np.arange(0.0, min(MOST_MONTHS, int(age / MONTH)) + 1)
    orders = [n for n in (*range(1, MOST_ORDERS + 1), *MANY_ORDERS) if n <= max(3.0, most)]
    chances = [_row(fit.model, n, (months * MONTH).astype(np.float64), age) for n in orders]
    if min(row.min() for row in chances) > CERTAIN:
        return None
    return {
        "definition": "alive_grid",
        "window": windows["today"],
        "age_days": round(age),
        "silence_months": [int(m) for m in months],
        "orders": orders,
        "p_alive": [[share(p) for p in row] for row in chances],
    }


def count_quantile(counts: NDArray[Any], share: float) -> int:
    """The least whole number that ``share`` of the (non-negative, whole) counts do not exceed."""
    cumulated = np.cumsum(np.bincount(counts))
    return int(np.searchsorted(cumulated, share * cumulated[-1]))


def _row(model: TransactionModel, orders: int, silence: Floats, age: float) -> Floats:
    """
    P(alive) of a customer with so many orders, by days of silence.

    With one order the silence is the customer's whole age; with more, the first order lies ``age`` days back.
    """
    days = DAYS_PER[model.unit]
    x = np.full(len(silence), orders - 1.0)
    T = silence if orders == 1 else np.full(len(silence), age)
    t_x = np.zeros(len(silence)) if orders == 1 else np.maximum(age - silence, 0.0)
    return model.probability_alive(x, t_x / days, T / days)

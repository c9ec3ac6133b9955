"""What the base is worth and what is at risk: sums over scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.scoring.types import Interval, Totals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.types import Floats
    from evergrove.scoring.types import Scores

UNSURE = (0.2, 0.8)
"""P(alive) between which it is not yet decided whether a customer stays: whom to look at first."""


def value_if_alive(scores: Scores) -> Floats:
    """clv_12m of each customer if alive: clv_12m / p_alive; 0 where P(alive) is 0. Shape (n,)."""
    gone = scores.p_alive == 0
    values: Floats = np.divide(scores.clv_12m, np.where(gone, 1.0, scores.p_alive))
    return values


def value_at_risk(scores: Scores) -> Floats:
    """(clv_12m if alive) x (1 - p_alive): what is likely lost of each customer. Shape (n,)."""
    return value_if_alive(scores) * (1.0 - scores.p_alive)


def look_first(scores: Scores, count: int = 20) -> NDArray[np.intp]:
    """
    Rows of the customers to look at first: the largest value at risk with P(alive) between 0.2 and 0.8.

    Args:
        scores: Of all customers.
        count: At most so many.

    Returns:
        Row numbers, most at risk first; ties in the order of rows. Customers without a score are never among
        them.
    """
    low, high = UNSURE
    risk = np.where((scores.p_alive >= low) & (scores.p_alive <= high), value_at_risk(scores), -np.inf)
    risk = np.where(np.isfinite(risk), risk, -np.inf)
    first = np.argsort(-risk, kind="stable")[:count]
    return first[np.isfinite(risk[first])]


def total_up(
    scores: Scores, bounds: tuple[float, float], log_spread: float, *, leaving: bool = True
) -> Totals:
    """
    Sums over all customers; a column without any value gives NaN.

    Args:
        scores: Of all customers.
        bounds: 10 % and 90 % quantile of the sum of discounted 12-month value; NaN without intervals.
        log_spread: What these bounds were widened by.
        leaving: Whether the model knows that customers leave; without, nothing is known of what is lost.
    """
    alive_value = _sum(value_if_alive(scores))
    lost = _sum(value_at_risk(scores)) if leaving else float("nan")
    return Totals(
        customers=len(scores),
        historic_value=_sum(scores.historic_value),
        clv_12m=Interval(_sum(scores.clv_12m), *bounds),
        clv=_sum(scores.clv),
        clv_total=_sum(scores.clv_total),
        simple_clv=_sum(scores.simple_clv),
        expected_purchases_12m=_sum(scores.expected_purchases_12m),
        value_likely_lost=lost,
        lost_of_alive_value=lost / alive_value if alive_value else float("nan"),
        log_spread=log_spread,
    )


def _sum(values: Floats) -> float:
    """The sum of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    if known.all():
        return float(values.sum())
    return float(values[known].sum()) if known.any() else float("nan")

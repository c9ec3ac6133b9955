"""What a model makes of histories: of every frequency and recency at one age, and of one customer day by day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import DAYS_PER

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Floats

    Question = Callable[[Floats, Floats, Floats], Floats]
    """What is asked of histories (x, t_x, T): one answer each."""

MOST_COLUMNS = 60


@dataclass(frozen=True, eq=False)
class Matrix:
    """
    One figure of every history at one age.

    Attributes:
        frequency: Repeat purchases x. Shape (rows,).
        recency: Ages t_x at the last purchase, in the model's unit, the last of them the age itself. Shape (columns,).
        values: The figure; NaN where there is no such history. Shape (rows, columns).
    """

    frequency: Floats
    recency: Floats
    values: Floats


def matrix(asked: Question, T: float, most_repeats: int, columns: int = MOST_COLUMNS) -> Matrix:
    """
    Ask about every frequency and recency at one age.

    A customer without a repeat purchase last bought at age 0, and nobody else did: other pairs are no history.

    Args:
        asked: Takes x, t_x and T, shape (n,) each, in the model's unit.
        T: Age of the customers, in that unit; not negative.
        most_repeats: The highest frequency.
        columns: Steps of recency, at most.
    """
    recency = np.unique(np.linspace(0.0, T, min(columns, max(round(T), 1)) + 1))
    frequency = np.arange(most_repeats + 1, dtype=np.float64)
    x, t_x = np.meshgrid(frequency, recency, indexing="ij")
    possible = (x > 0) == (t_x > 0)
    values = np.full(x.shape, np.nan)
    values[possible] = asked(x[possible], t_x[possible], np.full(int(possible.sum()), T))
    return Matrix(frequency, recency, values)


def alive_by_day(model: TransactionModel, bought: Floats, days: int) -> Floats:
    """
    P(alive) on every day of a customer's life, as it could be known on that day.

    Args:
        model: In any unit.
        bought: Age in days at each purchase day, ascending, the first of them 0.
        days: Age in days at the end.

    Returns:
        From the first day on. Shape (days + 1,).
    """
    ages = np.arange(days + 1, dtype=np.float64)
    x = np.searchsorted(bought, ages, side="right") - 1
    per = DAYS_PER[model.unit]
    return model.probability_alive(x.astype(np.float64), bought[x] / per, ages / per)

"""What the parameters of a transaction model say of a shop: how often people buy, and how long they stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincinv

from evergrove.core import DAYS_PER
from evergrove.models.process import weighed

if TYPE_CHECKING:
    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Floats

HALVINGS = 50
LONGEST_DAYS = 20 * 365.25
"""Nobody is told of a half-life beyond it: no shop's history reaches so far."""
MONTHS = (6, 12, 24)
QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Portrait:
    """
    A shop in the words of its model; every figure follows from the parameters alone.

    Attributes:
        gap_days: Mean days between two purchases while a customer is active: a quarter of all customers has shorter
            ones than the first, half than the second, three quarters than the third.
        still_there: Months since the first purchase -> share of new customers who have not left by then.
        half_left_days: By when half of all new customers have left; None where that takes more than 20 years.
        leave_at_once: Share that leaves with the first purchase.
        leave_chance: Mean chance to leave after a purchase, over all customers; None where leaving does not wait for
            purchases.
        regular: Purchases come as every k-th event of a Poisson stream: 1 is no regularity.
    """

    gap_days: tuple[float, float, float]
    still_there: tuple[tuple[int, float], ...]
    half_left_days: float | None
    leave_at_once: float
    leave_chance: float | None
    regular: int


def portrait(model: TransactionModel) -> Portrait | None:
    """
    The portrait of a model; None of one that knows no gamma distribution of rates.

    Rates of purchases are Gamma(r, alpha) over customers in every model of the family, so that the q-quantile of the
    mean gap k / lambda is k alpha / G(1 - q), G being the quantile of Gamma(r, 1).
    """
    letters = model.as_dict()
    if not {"r", "alpha"} <= set(letters):
        return None
    k, day = int(letters.get("k", 1)), DAYS_PER[model.unit]
    quick, middle, slow = (
        float(k * letters["alpha"] * day / gammaincinv(letters["r"], 1.0 - q)) for q in QUARTERS
    )
    months = np.array([month * DAYS_PER["month"] for month in MONTHS])
    left = letters["a"] / (letters["a"] + letters["b"]) if {"a", "b"} <= set(letters) else None
    return Portrait(
        gap_days=(quick, middle, slow),
        still_there=tuple(zip(MONTHS, (float(p) for p in still_there(model, months)), strict=True)),
        half_left_days=_half_left(model),
        leave_at_once=1.0 - float(still_there(model, np.zeros(1))[0]),
        leave_chance=left,
        regular=k,
    )


def still_there(model: TransactionModel, days: Floats) -> Floats:
    """Share of new customers who have not left so many days after their first purchase, shape (k,)."""
    new = np.zeros(1)
    survival = model.survival_if_alive(days[:, None] / DAYS_PER[model.unit], new, new)
    over_phases = np.asarray(weighed(survival, model.phase_weights(new, new, new)))
    return np.asarray(model.alive(new, new, new) * over_phases.reshape(len(days), -1)[:, 0])


def _half_left(model: TransactionModel) -> float | None:
    if float(still_there(model, np.array([LONGEST_DAYS]))[0]) > 1 / 2:
        return None
    low, high = 0.0, LONGEST_DAYS
    for _halving in range(HALVINGS):
        middle = (low + high) / 2
        half = float(still_there(model, np.array([middle]))[0]) <= 1 / 2
        low, high = (low, middle) if half else (middle, high)
    return high

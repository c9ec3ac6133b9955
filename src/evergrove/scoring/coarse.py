"""Coarse cells of customers whose future spend is drawn together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import DAYS_PER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Floats
    from evergrove.scoring.score import Histories
    from evergrove.scoring.spend import SpendEvidence

FEW = 1000  # distinct (x, T) up to which nothing is joined
EXACT_COUNTS = 20
COUNT_STEP = 0.05
AGE_STEP = 0.03
AGE_SCALE_DAYS = 30.0
PARTS = 8  # of the way to the next purchase


@dataclass(frozen=True, eq=False)
class Coarse:
    """
    Cells of (x, T), apart by whether spend is known; in large bases ages within 3 % and counts within 5 % join.

    Where silence tells when the next purchase is due, cells are apart by that too.

    Attributes:
        x: Mean repeat purchases. Shape (cells,), as the next four.
        days: Mean age, in days.
        evidence: Mean days of spend evidence.
        past: Mean of what was spent on them.
        silence: Mean days since the last purchase.
        of: Each customer's cell. Shape (n,).
    """

    x: Floats
    days: Floats
    evidence: Floats
    past: Floats
    silence: Floats
    of: NDArray[np.intp]

    @classmethod
    def of_base(cls, base: Histories, spend: SpendEvidence, model: TransactionModel) -> Coarse:
        """Find the cells; they come in the order of their keys, whatever the order of the customers."""
        x, T = np.asarray(base.frequency, dtype=np.int64), np.asarray(base.T, dtype=np.int64)
        apart = (spend.days > 0) + 2 * _due(model, base)
        exact = _key(x, T, apart)
        cells, of, count = np.unique(exact, return_inverse=True, return_counts=True)
        if len(cells) > FEW:
            _, of, count = np.unique(
                _key(_counts(x), _ages(T), apart), return_inverse=True, return_counts=True
            )

        def mean(values: Floats) -> Floats:
            return np.asarray(np.bincount(of, weights=values) / count)

        past = np.where(spend.days > 0, spend.days * spend.mean, 0.0)
        silence = np.asarray(T - base.recency, dtype=np.float64)
        return cls(
            mean(x.astype(np.float64)),
            mean(T.astype(np.float64)),
            mean(spend.days),
            mean(past),
            mean(silence),
            of,
        )


def _key(x: NDArray[np.int64], T: NDArray[np.int64], apart: NDArray[np.int64]) -> NDArray[np.int64]:
    return (x * (int(T.max(initial=0)) + 1) + T) * (int(apart.max(initial=0)) + 1) + apart


def _due(model: TransactionModel, base: Histories) -> NDArray[np.int64]:
    """How far on the way to the next purchase, in eighths; 0 where a model knows no way."""
    if model.phases == 1:
        return np.zeros(len(base.T), dtype=np.int64)
    day = 1 / DAYS_PER[model.unit]
    x, t_x, T = (np.asarray(each, dtype=np.float64) for each in (base.frequency, base.recency, base.T))
    weights = model.phase_weights(x, t_x * day, T * day)
    if weights is None:
        return np.zeros(len(T), dtype=np.int64)
    way = np.arange(model.phases) @ weights / (model.phases - 1)
    return np.minimum((way * PARTS).astype(np.int64), PARTS - 1)


def _counts(x: NDArray[np.int64]) -> NDArray[np.int64]:
    tail = EXACT_COUNTS + np.log(np.maximum(x, EXACT_COUNTS) / EXACT_COUNTS) / COUNT_STEP
    return np.where(x <= EXACT_COUNTS, x, tail).astype(np.int64)


def _ages(T: NDArray[np.int64]) -> NDArray[np.int64]:
    return (np.log1p(T / AGE_SCALE_DAYS) / AGE_STEP).astype(np.int64)

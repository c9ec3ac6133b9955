"""Coarse cells of customers whose future spend is drawn together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

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
SILENCE_STEP = 0.10
AGE_SCALE_DAYS = 30.0


@dataclass(frozen=True, eq=False)
class Coarse:
    """
    Cells of (x, T), apart by whether spend is known; in large bases ages within 3 % and counts within 5 % join.

    Where silence tells when the next purchase is due, cells are apart by that too. What a cell stands for follows from
    its bounds alone: a customer's cell says the same whoever else is in the base.

    Attributes:
        x: Repeat purchases. Shape (cells,), as the next four.
        days: Age, in days.
        evidence: Days of spend evidence.
        past: What a usual customer has spent on them.
        silence: Days since the last purchase; 0 where a model does not ask.
        of: Each customer's cell. Shape (n,).
        is_joined: Whether ages and counts were joined.
        key: Whole numbers that tell each cell from every other, in whichever base. Shape (4, cells).
    """

    x: Floats
    days: Floats
    evidence: Floats
    past: Floats
    silence: Floats
    of: NDArray[np.intp]
    is_joined: bool
    key: NDArray[np.int64]

    def names(self) -> list[bytes]:
        """What each cell is and stands for, as bytes: the same for the same cell in whichever base. Length cells."""
        values = np.stack([self.x, self.days, self.evidence, self.past, self.silence]).view(np.int64)
        return [row.tobytes() for row in np.concatenate([self.key, values]).T]

    @classmethod
    def of_base(
        cls,
        base: Histories,
        spend: SpendEvidence,
        model: TransactionModel,
        usual_day: float = 0.0,
        *,
        is_joined: bool | None = None,
    ) -> Coarse:
        """
        Find the cells.

        Args:
            base: The customers.
            spend: What is known of their spend.
            model: Whether silence counts.
            usual_day: What customers spend on a purchase day, by the spend model.
            is_joined: As it was decided when models were fitted; None decides by how many cells there are.
        """
        x, T = np.asarray(base.frequency, dtype=np.int64), np.asarray(base.T, dtype=np.int64)
        silence = T - np.asarray(base.recency, dtype=np.int64) if model.phases > 1 else np.zeros_like(T)
        known = (spend.days > 0).astype(np.int64)
        further = int(np.max(spend.days - x, initial=0.0, where=known > 0))  # the first day, where it is read

        exact = np.stack([x, T, silence, known])
        cells, of = _distinct(exact)
        if is_joined is None:
            is_joined = cells.shape[1] > FEW
        if is_joined:
            cells, of = _distinct(np.stack([_counts(x), _ages(T), _silences(silence), known]))
            at, ages = _count_of(cells[0]), _age_of(cells[1])
            silent = np.minimum(_silence_of(cells[2]), ages)
        else:
            at, ages, silent = cells[:3].astype(np.float64)
        evidence = np.where(cells[3] > 0, at + further, 0.0)
        return cls(at, ages, evidence, evidence * usual_day, silent, of, is_joined, cells)


def _distinct(rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Distinct columns, and each one's place among them."""
    key = np.zeros(rows.shape[1], dtype=np.int64)
    for row in rows:
        key = key * (int(row.max(initial=0)) + 1) + row
    _, first, of = np.unique(key, return_index=True, return_inverse=True)
    return rows[:, first], of.astype(np.intp, copy=False)


def _counts(x: NDArray[np.int64]) -> NDArray[np.int64]:
    tail = EXACT_COUNTS + np.log(np.maximum(x, EXACT_COUNTS) / EXACT_COUNTS) / COUNT_STEP
    return np.where(x <= EXACT_COUNTS, x, tail + 1).astype(np.int64)


def _count_of(cell: NDArray[np.int64]) -> Floats:
    """The middle of a cell of counts."""
    beyond = np.maximum(cell - 0.5 - EXACT_COUNTS, 0.0)
    return np.where(cell <= EXACT_COUNTS, cell, EXACT_COUNTS * np.exp(COUNT_STEP * beyond))


def _ages(T: NDArray[np.int64]) -> NDArray[np.int64]:
    return (np.log1p(T / AGE_SCALE_DAYS) / AGE_STEP).astype(np.int64)


def _age_of(cell: NDArray[np.int64]) -> Floats:
    return np.asarray(AGE_SCALE_DAYS * np.expm1(AGE_STEP * (cell + 0.5)))


def _silences(silence: NDArray[np.int64]) -> NDArray[np.int64]:
    return (np.log1p(silence / AGE_SCALE_DAYS) / SILENCE_STEP).astype(np.int64)


def _silence_of(cell: NDArray[np.int64]) -> Floats:
    return np.asarray(np.where(cell > 0, AGE_SCALE_DAYS * np.expm1(SILENCE_STEP * (cell + 0.5)), 0.0))

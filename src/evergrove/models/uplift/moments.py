"""All that a log of random offers says of effects, small however long the log is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from evergrove.models.types import Floats
    from evergrove.models.uplift.trial import Trial

CHUNK = 8_192


@dataclass(frozen=True, eq=False)
class Moments:
    """
    Sums over the rows of a log; those of two logs add up, so that a week is added without the weeks before it.

    Columns are 1 and the features, then the same once more for each offer, times what was drawn less its chance.

    Attributes:
        gram: Weighted products of the columns, shape (m, m), m = (1 + k) (1 + f).
        along: Of the columns and the outcome, shape (m,).
        squares: Of the outcome.
        rows: Counted.
        offers: Names of the k offers.
    """

    gram: Floats
    along: Floats
    squares: float
    rows: int
    offers: tuple[str, ...]

    @classmethod
    def of(cls, trial: Trial, weight: ArrayLike | None = None) -> Moments:
        """
        Of one log.

        Args:
            trial: The log; its X has no unknown values.
            weight: Of the rows, such as one over how widely outcomes of such customers spread; it must not depend on
                the row's own outcome. None weighs all alike. Shape (n,).
        """
        n = len(trial)
        w = np.ones(n) if weight is None else np.asarray(weight, dtype=np.float64)
        m = (1 + len(trial.offers)) * (1 + trial.X.shape[1])
        gram, along = np.zeros((m, m)), np.zeros(m)
        for start in range(0, n, CHUNK):
            part = slice(start, start + CHUNK)
            root = np.sqrt(w[part])
            Z = _columns(trial, part) * root[:, None]
            gram += Z.T @ Z
            along += Z.T @ (root * trial.outcome[part])
        return cls(gram, along, float(w @ trial.outcome**2), n, trial.offers)

    @property
    def columns(self) -> int:
        """1 + f."""
        return len(self.along) // (1 + len(self.offers))

    def __add__(self, other: Moments) -> Moments:
        """Of both logs."""
        return replace(
            self,
            gram=self.gram + other.gram,
            along=self.along + other.along,
            squares=self.squares + other.squares,
            rows=self.rows + other.rows,
        )

    def __sub__(self, part: Moments) -> Moments:
        """Of the rows without a part of them."""
        less = replace(part, gram=-part.gram, along=-part.along, squares=-part.squares, rows=-part.rows)
        return self + less


def _columns(trial: Trial, part: slice) -> Floats:
    """Design of some rows, shape (n, m)."""
    X = trial.X[part]
    frame = np.column_stack([np.ones(len(X)), X])
    drawn = trial.arm[part, None] == np.arange(1, len(trial.offers) + 1)
    shares = np.column_stack([np.ones(len(X)), drawn - trial.probability[part, 1:]])
    return np.asarray((shares[:, :, None] * frame[:, None, :]).reshape(len(X), -1))

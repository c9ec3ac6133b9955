"""Customers with one history are asked about once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import DAYS_PER
from evergrove.models.process import weighed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.core import Unit
    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Floats, Summary
    from evergrove.scoring.score import Histories

DEAR = 16  # times the cost of a form of the simplest models: what one with phases takes


@dataclass(frozen=True, eq=False)
class DistinctHistories:
    """
    The distinct (x, t_x, T) of a customer base, in a model's unit.

    Attributes:
        x: Shape (m,), as the next two.
        t_x: Age at the last purchase.
        T: Age.
        of: Each customer's row among them. Shape (n,).
    """

    x: Floats
    t_x: Floats
    T: Floats
    of: NDArray[np.intp]

    @classmethod
    def among(cls, base: Histories, unit: Unit) -> DistinctHistories:
        """Find them; ages are whole days."""
        columns = [np.asarray(each, dtype=np.int64) for each in (base.frequency, base.recency, base.T)]
        key = columns[0]
        for days in columns[1:]:
            key = key * (int(days.max(initial=0)) + 1) + days
        _, first, of = np.unique(key, return_index=True, return_inverse=True)
        x, t_x, T = (column[first].astype(np.float64) for column in columns)
        return cls(x, t_x / DAYS_PER[unit], T / DAYS_PER[unit], of)

    def __len__(self) -> int:
        return len(self.x)

    def alive(self, model: TransactionModel) -> Floats:
        """P(alive) of each, shape (m,)."""
        return model.alive(self.x, self.t_x, self.T)

    def weighed(self, model: TransactionModel, values: Floats) -> Floats:
        """The mean over phases of a form given alive, by customer: (phases, n), or (n,) as it is, give (n,)."""
        if model.phases == 1:
            return values
        weights = model.phase_weights(self.x, self.t_x, self.T)
        return weighed(values, None if weights is None else weights[:, self.of])

    def values(self, model: TransactionModel) -> int:
        """How many values ``sensitivity`` shall think it costs to ask a model of all these customers."""
        return len(self) * (DEAR if model.phases > 1 else 1)


@dataclass(frozen=True, eq=False)
class _Rows:
    """What scoring reads of a customer base, from a summary."""

    frequency: NDArray[np.int64]
    recency: NDArray[np.int64]
    T: NDArray[np.int64]
    orders: NDArray[np.int64]
    historic_value: Floats


def histories_of(summary: Summary) -> Histories:
    """The customers of a summary, one a row, in whole days; what they have spent is not known."""
    per = DAYS_PER[summary.unit]
    x, t_x, T = (
        np.rint(values).astype(np.int64)
        for values in (summary.frequency, summary.recency * per, summary.T * per)
    )
    return _Rows(x, t_x, T, x + 1, np.full(len(x), np.nan))

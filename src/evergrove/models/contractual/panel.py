"""Person-periods without a row for each: who is at risk is counted per distinct row of covariates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from evergrove.models.contractual.tenures import Tenures
    from evergrove.models.types import Floats

    Codes = NDArray[np.int64]

CELLS = 1 << 15  # row-periods whose temporaries stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Panel:
    """
    Customers sorted by their covariates; equal ones share a row.

    Attributes:
        design: Distinct rows of covariates. Shape (g, p).
        first: Where each row's customers begin, and the end. Shape (g + 1,).
        tenure: Of each customer, sorted. Shape (n,).
        entry: Same, the tenure at which following began.
        weight: Same, how many they stand for.
        lost: Same, the weight where the customer left, else 0.
        last: The longest tenure.
    """

    design: Floats
    first: Codes
    tenure: Codes
    entry: Codes
    weight: Floats
    lost: Floats
    last: int

    @classmethod
    def of(cls, tenures: Tenures, design: Floats, step: int = 1) -> Panel:
        """
        Sort every ``step``-th customer.

        Args:
            tenures: Individual customers, n rows.
            design: Their covariates, shape (n, p).
            step: 1 for all of them.
        """
        part = slice(None, None, step)
        rows, code = _distinct(design[part])
        order = np.argsort(code, kind="stable")
        weight = tenures.weights[part][order]
        return cls(
            design=rows,
            first=np.searchsorted(code[order], np.arange(len(rows) + 1)),
            tenure=tenures.tenure[part][order].astype(np.int64),
            entry=tenures.entries[part][order].astype(np.int64),
            weight=weight,
            lost=weight * tenures.churned[part][order],
            last=tenures.last,
        )

    @property
    def customers(self) -> float:
        """How many customers the rows stand for."""
        return float(self.weight.sum())

    def blocks(self) -> Iterator[tuple[slice, Floats, Floats]]:
        """Blocks of rows: their slice, and who was at risk and lost in period t = 1..last, (rows, last) each."""
        size = max(1, CELLS // max(self.last, 1))
        for start in range(0, len(self.design), size):
            rows = slice(start, min(start + size, len(self.design)))
            yield rows, *self._counts(rows)

    def _counts(self, rows: slice) -> tuple[Floats, Floats]:
        bounds = self.first[rows.start : rows.stop + 1]
        who = slice(bounds[0], bounds[-1])
        row = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
        shape, width = (len(bounds) - 1, self.last + 1), self.last + 1

        def table(at: Codes, weight: Floats) -> Floats:
            flat = np.bincount(row * width + at[who], weights=weight[who], minlength=shape[0] * width)
            return np.asarray(flat.reshape(shape))

        leaving = table(self.tenure, self.weight)
        if self.entry[who].any():
            leaving -= table(self.entry, self.weight)
        at_risk = np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1][:, 1:]
        lost = table(self.tenure, self.lost)[:, 1:]
        return np.maximum(at_risk, lost), lost  # rounding may leave a little less


def _distinct(design: Floats) -> tuple[Floats, Codes]:
    """Distinct rows, and which of them each row is."""
    code = np.zeros(len(design), dtype=np.int64)
    for column in design.T:
        values, of = np.unique(column, return_inverse=True)
        _keys, code = np.unique(code * len(values) + of, return_inverse=True)
    _codes, at = np.unique(code, return_index=True)
    return design[at], code

"""Rows that are equal in every column, worked out once: with covariates too."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evergrove.models.distinct import levels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evergrove.models.distinct import Codes
    from evergrove.models.types import Floats


class Cells(NamedTuple):
    """
    Distinct rows, in the order of their columns.

    Attributes:
        first: Where each occurs first. Shape (m,).
        of: Which of them each row is. Shape (n,).
    """

    first: Codes
    of: Codes


def cells(codes: Iterable[tuple[int, Codes]]) -> Cells:
    """
    Distinct rows of columns given as how many values there are and which of them each row has.

    Codes are packed two columns at a time and numbered anew, so that no product of counts overflows.
    """
    packed = iter(codes)
    _count, of = next(packed)
    for count, column in packed:
        # Whole numbers, and few of them: ``levels`` counts in a table, or sorts.
        _distinct, of = levels((of * count + column).astype(np.float64))
    return Cells(np.unique(of, return_index=True)[1], of)


def codes_of_times(values: Floats, per_day: float) -> tuple[int, Codes]:
    """Codes of counts or times >= 0; what lies within 1e-7 days counts as one."""
    distinct, of = levels(values, per_day)
    return len(distinct), of


def codes_of(values: Floats) -> tuple[int, Codes]:
    """Codes of any numbers, told apart to the last digit."""
    distinct, of = np.unique(values, return_inverse=True)
    return len(distinct), of

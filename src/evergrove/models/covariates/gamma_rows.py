"""Row by row what ``gamma_rate`` sums over a population: each customer may have a scale of his own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from evergrove.models.types import Floats

Each = Sequence["Floats"]  # the four letters, shape (1,) for all customers or (n,) for each


class Rows(NamedTuple):
    """
    The log-likelihood of n histories and its derivatives in the logarithms of the four letters.

    Attributes:
        value: Shape (n,).
        gradient: Shape (4, n).
        hessian: Shape (4, 4, n), symmetric in the first two.
    """

    value: Floats
    gradient: Floats
    hessian: Floats

    @classmethod
    def empty(cls, n: int) -> Rows:
        """Noughts, to add to."""
        return cls(np.zeros(n), np.zeros((4, n)), np.zeros((4, 4, n)))


def add_rising(rows: Rows, r: float, x: Floats) -> None:
    r"""
    Add :math:`\ln \Gamma(r + x) - \ln \Gamma(r)`, in the first letter.

    Args:
        rows: What is added to.
        r: > 0.
        x: Whole numbers >= 0. Shape (n,).
    """
    of = x.astype(np.int64)
    steps = r + np.arange(of.max(initial=0))
    terms = np.stack([np.log(steps), r / steps, r / steps - (r / steps) ** 2])
    summed = np.concatenate([np.zeros((3, 1)), np.cumsum(terms, axis=1)], axis=1)[:, of]
    rows.value[:] += summed[0]
    rows.gradient[0] += summed[1]
    rows.hessian[0, 0] += summed[2]


def add_waiting(
    rows: Rows, first: int, shape: float, scale: Floats | float, t: Floats, events: Floats | float
) -> None:
    r"""
    Add :math:`-c \ln(1 + t / a) - n \ln(a + t)`: n events of a gamma rate (c, a) in the time t.

    Args:
        rows: What is added to.
        first: Position of the letter c; the letter a follows it.
        shape: c, > 0.
        scale: a, in a unit of time, > 0; of all rows or of each, shape (n,).
        t: Same unit. Shape (n,), >= 0.
        events: n. Shape (n,), or one for all.
    """
    end = scale + t
    share, decay = scale / end, -shape * np.log1p(t / scale)
    cross = shape * t / end
    rows.value[:] += decay - events * np.log(end)
    rows.gradient[first] += decay
    rows.gradient[first + 1] += cross - events * share
    rows.hessian[first, first] += decay
    rows.hessian[first, first + 1] += cross
    rows.hessian[first + 1, first] += cross
    rows.hessian[first + 1, first + 1] -= (shape + events) * share * (t / end)

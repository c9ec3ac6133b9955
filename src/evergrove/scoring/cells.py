"""Functions of (x, T) for a whole base at the cost of a few thousand evaluations."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log, pi, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from evergrove.core import Unit
    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Floats

    Form = Callable[[Floats, Floats], Floats]

DIGITS = 26.0  # exp(-26) = 5e-12: error of interpolation relative to the largest value in its row
STRIP = (
    pi / 2
)  # forms are bounded for |Im log(alpha + T)| < pi / 2, whatever x is; with k phases, below pi / k
MOST_NODES = 96
WORTH_IT = 2  # times fewer evaluations pay for the interpolation


@dataclass(frozen=True, eq=False)
class Cells:
    """
    Where to evaluate a form of (x, T), and how its values reach the customers.

    Everything about the future given alive, and given the phase in models that have phases, depends on (x, T)
    alone and is analytic in log(alpha + T). A base
    with many distinct ages is therefore evaluated at Chebyshev points of that variable, once per distinct x,
    and interpolated to each day: a million customers in 200,000 cells need some 5,000 evaluations, and the
    values agree with direct evaluation to about 1e-11. A base with few cells is evaluated at them.

    Attributes:
        x: Frequencies at which to evaluate. Shape (m,).
        T: Ages at which to evaluate, in the model's unit. Shape (m,).
        of: Position of each customer's value in the table that ``table`` returns. Shape (n,).
        to_days: Interpolation from a row of nodes to each day, shape (k, days); None: values are the table.
    """

    x: Floats
    T: Floats
    of: NDArray[np.intp]
    to_days: Floats | None

    def table(self, form: Form) -> Floats:
        """Values of a form that gives (m,) or (k, m): one per cell, shape (cells,) or (k, cells)."""
        values = np.asarray(form(self.x, self.T), dtype=np.float64)
        if self.to_days is None:
            return values
        rows = values.reshape(*values.shape[:-1], -1, len(self.to_days))
        return (rows @ self.to_days).reshape(*values.shape[:-1], -1)

    def spread(self, form: Form) -> Floats:
        """Values of a form, one per customer, shape (n,) or (k, n)."""
        return self.table(form)[..., self.of]


def smallest_scale(model: TransactionModel) -> float:
    """The shortest time constant among a model's parameters, in its unit: where its forms bend."""
    letters = model.as_dict()
    return min(float(letters[name]) for name in ("alpha", "beta") if name in letters)


def cells_of(
    frequency: NDArray[Any], age_days: NDArray[Any], unit: Unit, scale: float, phases: int = 1
) -> Cells:
    """
    Choose the cells for a base.

    Args:
        frequency: x, whole numbers. Shape (n,).
        age_days: T in whole days. Shape (n,).
        unit: The model's unit of time.
        scale: ``smallest_scale`` of the model, in ``unit``.
        phases: Of the model: the more, the more its forms swing.
    """
    x = frequency.astype(np.int64, copy=False)
    days = age_days.astype(np.int64, copy=False)
    if len(x) == 0:
        return Cells(np.zeros(0), np.zeros(0), np.zeros(0, np.intp), None)
    first, last = int(days.min()), int(days.max())
    span = last - first + 1
    levels, level_of = _levels(x)
    key = level_of * span + (days - first)
    nodes = _nodes(first, last, scale * DAYS_PER[unit], min(STRIP, pi / phases))
    cells, cell_of = _levels(key)
    if len(cells) <= WORTH_IT * len(levels) * len(nodes):
        return Cells(
            levels[cells // span].astype(np.float64),
            (cells % span + first) / DAYS_PER[unit],
            cell_of,
            None,
        )
    return Cells(
        np.repeat(levels.astype(np.float64), len(nodes)),
        np.tile(nodes / DAYS_PER[unit], len(levels)),
        key,
        _interpolation(nodes, first, last, scale * DAYS_PER[unit]),
    )


def by_day(curve: Callable[[float], float], days: int, scale_days: float) -> Floats:
    """
    A curve of age at each whole day from 0 on, from some thirty evaluations.

    Args:
        curve: Age in days -> value; analytic in log(age + scale_days).
        days: How many days. Returns shape (days,).
        scale_days: The time constant near which the curve bends, in days.
    """
    nodes = _nodes(0, days - 1, scale_days)
    if days <= len(nodes):
        return np.array([curve(float(day)) for day in range(days)])
    values = np.array([curve(float(node)) for node in nodes])
    interpolated: Floats = values @ _interpolation(nodes, 0, days - 1, scale_days)
    return interpolated


def _levels(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Distinct values and each one's position: by counting where they are dense, else by sorting."""
    highest = int(values.max())
    if highest > 4 * len(values) + 1_000_000:
        levels, of = np.unique(values, return_inverse=True)
        return levels, of.astype(np.intp, copy=False)
    present = np.zeros(highest + 1, dtype=bool)
    present[values] = True
    rank = np.cumsum(present) - 1
    return np.flatnonzero(present), rank[values]


def _nodes(first: int, last: int, scale: float, strip: float = STRIP) -> Floats:
    """Chebyshev points in log(days + scale), as many as the width of the analytic strip asks for."""
    low, high = log(first + scale), log(last + scale)
    half = (high - low) / 2
    if last - first < 2:
        return np.arange(first, last + 1, dtype=np.float64)
    narrow = strip / half
    k = min(MOST_NODES, ceil(DIGITS / log(narrow + sqrt(1 + narrow**2))) + 4)
    angle = (2 * np.arange(k) + 1) * pi / (2 * k)
    nodes: Floats = np.exp((low + high) / 2 + half * np.cos(angle)) - scale
    return nodes


def _interpolation(nodes: Floats, first: int, last: int, scale: float) -> Floats:
    """Barycentric weights from Chebyshev points to each whole day, shape (k, days)."""
    k = len(nodes)
    at = np.log(np.arange(first, last + 1) + scale)
    angle = (2 * np.arange(k) + 1) * pi / (2 * k)
    weight = np.where(np.arange(k) % 2 == 0, 1.0, -1.0) * np.sin(angle)
    distance = at[None, :] - np.log(nodes + scale)[:, None]
    hit = distance == 0
    ratio = weight[:, None] / np.where(hit, 1.0, distance)
    ratio = np.where(hit.any(axis=0)[None, :], hit.astype(np.float64), ratio)
    matrix: Floats = ratio / ratio.sum(axis=0)
    return matrix

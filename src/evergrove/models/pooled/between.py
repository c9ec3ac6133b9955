"""How much cohorts differ: the covariance between them that makes their parabolas likeliest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.maximise import maximise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.maximise import Objective
    from evergrove.models.pooled.quadratics import Marginal, Quadratics
    from evergrove.models.types import Floats

STEP = 1e-5  # of central differences of the exact slope: error about 1e-10
FIRST_SPREAD = 0.3  # standard deviation of log parameters from which the search starts


@dataclass(frozen=True)
class Shape:
    """
    Which entries of a lower triangular root of the covariance are free.

    Attributes:
        rows: Shape (f,).
        columns: Shape (f,).
        size: k.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    size: int

    @classmethod
    def full(cls, size: int) -> Shape:
        """Any covariance."""
        return cls(*np.tril_indices(size), size)

    @classmethod
    def diagonal(cls, size: int) -> Shape:
        """Parameters that differ independently of one another."""
        return cls(np.arange(size), np.arange(size), size)

    def root(self, entries: Floats) -> Floats:
        """The root, shape (k, k), of its free entries (f,)."""
        found = np.zeros((self.size, self.size))
        found[self.rows, self.columns] = entries
        return found

    def entries(self, root: Floats) -> Floats:
        """The free entries (f,) of a root (k, k)."""
        return root[self.rows, self.columns]


def likeliest_root(quadratics: Quadratics, shape: Shape, near: Floats | None, title: str) -> Floats:
    """
    The root of the covariance that maximises the restricted marginal likelihood, shape (k, k).

    A root of 0 is a point like any other, so that no difference between cohorts can be the answer.

    Args:
        quadratics: Of the cohorts.
        shape: Which roots are looked at.
        near: A root to climb from besides; None without one.
        title: The model's name for people.

    Raises:
        NotConverged: There is no maximum.
    """
    starts = [shape.entries(FIRST_SPREAD * np.eye(shape.size))]
    if near is not None:
        starts.insert(0, shape.entries(near))
    cohorts = float(len(quadratics.score))
    found = maximise(_surface(quadratics, shape), starts, weight=cohorts, model=title, tolerance=1e-7)
    root = shape.root(found.theta)
    return np.asarray(root * np.where(np.diag(root) < 0, -1.0, 1.0))  # of its two signs, one


def _surface(quadratics: Quadratics, shape: Shape) -> Objective:
    """The restricted marginal likelihood over the entries of the root."""

    def sloped(entries: Floats) -> tuple[Marginal, Floats]:
        root = shape.root(entries)
        marginal = quadratics.marginal(root @ root.T)
        return marginal, shape.entries(2 * marginal.slope @ root)

    def objective(entries: Floats) -> tuple[float, Floats, Floats]:
        marginal, slope = sloped(entries)
        steps = STEP * np.eye(len(entries))
        hessian = np.array([sloped(entries + step)[1] - sloped(entries - step)[1] for step in steps])
        hessian /= 2 * STEP
        return marginal.value, slope, (hessian + hessian.T) / 2

    return objective


def information_about(marginal: Marginal, shape: Shape) -> Floats:
    r"""
    Fisher information about the free entries of the covariance, shape (f, f).

    .. math:: I_{ab} = \tfrac12 \sum_j \text{tr}(W_j E_a W_j E_b)
    """
    units = np.zeros((len(shape.rows), shape.size, shape.size))
    at = np.arange(len(shape.rows))
    units[at, shape.rows, shape.columns] = 1.0
    units[at, shape.columns, shape.rows] = 1.0
    seen = np.einsum("jab,fbc->jfac", marginal.precision, units)
    return np.asarray(np.einsum("jfac,jgca->fg", seen, seen) / 2)

r"""
The log-likelihood over letters and slopes: each row's derivatives, handed on by the chain rule.

With l a row's log-likelihood in the logarithms u of its own letters, and u linear in the parameters theta,
:math:`u_j = D_j \theta`, the gradient is :math:`\sum_j D_j' \, \partial l / \partial u_j` and the Hessian
:math:`\sum_{jk} D_j' \, (\partial^2 l / \partial u_j \partial u_k) \, D_k`, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from evergrove.models.covariates import gamma_rows
    from evergrove.models.covariates.design import Layout, Rows
    from evergrove.models.types import Floats

    Derivatives = tuple[float, Floats, Floats]

CHUNK = 8192  # rows whose temporaries stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Surface:
    """
    The log-likelihood over theta: logarithms of the letters, then slopes of standardised covariates.

    Attributes:
        rows: Letters and histories -> derivatives row by row.
        histories: x, t_x, T and weight; times scaled. Shape (n,) each.
        designs: Per letter, the columns that its parameters multiply. Shape (n, k_j), or (1, 1) for an
            intercept alone.
        parameters: Per letter, the positions of these parameters. Shape (k_j,).
        precision: Of each parameter's normal prior around 0; 0 for none. Shape (k,).
    """

    rows: Callable[..., gamma_rows.Rows]
    histories: tuple[Floats, Floats, Floats, Floats]
    designs: tuple[Floats, ...]
    parameters: tuple[NDArray[np.intp], ...]
    precision: Floats

    @classmethod
    def over(
        cls,
        family: Callable[..., gamma_rows.Rows],
        rows: Rows,
        layout: Layout,
        scale: float,
        precision: Floats,
    ) -> Surface:
        """Lay out the columns of each letter once."""
        histories, z = rows
        designs, parameters = [], []
        for letter in range(len(layout.letters)):
            moves = [move for move in layout.moves if move.letter == letter and move.columns]
            moved = [move.sign * z[:, move.columns] for move in moves]
            intercept = np.ones((len(z) if moved else 1, 1))
            designs.append(np.concatenate([intercept, *moved], axis=1))
            parameters.append(np.array([letter, *(at for move in moves for at in move.parameters)]))
        times = (histories.frequency, histories.recency / scale, histories.T / scale, histories.weights)
        return cls(family, times, tuple(designs), tuple(parameters), precision)

    def __call__(self, theta: Floats) -> Derivatives:
        """Value with the priors, gradient (k,) and Hessian (k, k) in theta."""
        value, gradient, hessian = 0.0, -self.precision * theta, -np.diag(self.precision)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # far off: the climb turns back
            for start in range(0, len(self.histories[0]), CHUNK):
                value += self._add_chunk(theta, slice(start, start + CHUNK), gradient, hessian)
        return value - self.penalty(theta), gradient, hessian

    def penalty(self, theta: Floats) -> float:
        """What the priors take off the log-likelihood."""
        return float(self.precision @ theta**2) / 2

    def _add_chunk(self, theta: Floats, chunk: slice, gradient: Floats, hessian: Floats) -> float:
        """Add the derivatives of some rows; returns their value."""
        x, t_x, T, weight = (values[chunk] for values in self.histories)
        designs = [design[chunk] if len(design) > 1 else design for design in self.designs]
        letters = [np.exp(design @ theta[at]) for design, at in zip(designs, self.parameters, strict=True)]
        value, slope, curvature = self.rows(letters, x, t_x, T)
        for j, (design, at) in enumerate(zip(designs, self.parameters, strict=True)):
            gradient[at] += _summed(design, weight * slope[j])
            for k in range(j + 1):
                block = _crossed(design, weight * curvature[j, k], designs[k])
                other = self.parameters[k]
                hessian[np.ix_(at, other)] += block
                if k < j:
                    hessian[np.ix_(other, at)] += block.T
        return float(weight @ value)


def _summed(design: Floats, weight: Floats) -> Floats:
    """D'w, shape (k,)."""
    return np.asarray(weight @ design if len(design) == len(weight) else weight.sum() * design[0])


def _crossed(left: Floats, weight: Floats, right: Floats) -> Floats:
    """D' diag(w) E, shape (k, l); a design of one row stands for many."""
    if len(left) != len(weight):
        return np.asarray(left[0][:, None] * _summed(right, weight))
    if len(right) != len(weight):
        return np.asarray(_summed(left, weight)[:, None] * right[0])
    return np.asarray((left * weight[:, None]).T @ right)

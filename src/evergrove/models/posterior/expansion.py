r"""
A log-likelihood around its maximum through fourth order, from exact second derivatives at a few points.

With many rows a likelihood costs tens of milliseconds, and several hundred draws each want it. Around the
maximum it is nearly quadratic, and the rest is smooth. In coordinates z in which the observed information is
the identity, the Hessian at :math:`\pm h` along axis i gives, by differences, all third derivatives
:math:`\partial_i \partial_j \partial_l` and the fourth ones :math:`\partial_i^2 \partial_j \partial_l`; only
fourth derivatives by four different parameters are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evergrove.models.maximise import Objective
    from evergrove.models.types import Floats

STEP = 1.5  # posterior standard deviations: digits enough for differences, and near enough


@dataclass(frozen=True, eq=False)
class Expansion:
    """
    The terms beyond the quadratic.

    Attributes:
        slope: Gradient in z. Shape (k,).
        third: Third derivatives over 3!. Shape (k, k, k).
        fourth: Fourth derivatives times how often each occurs, over 4!. Shape (k, k, k): of z_i^2 z_j z_l.
    """

    slope: Floats
    third: Floats
    fourth: Floats

    @classmethod
    def around(
        cls, objective: Objective, centre: Floats, axes: Floats, slope: Floats, share: float
    ) -> Expansion:
        """
        Take the differences.

        Args:
            objective: theta (k,) -> value, gradient, Hessian, of a share of the customers.
            centre: The maximum, shape (k,).
            axes: Columns that make the information the identity, shape (k, k).
            slope: The gradient of all customers in z, shape (k,).
            share: What part of all customers ``objective`` covers.
        """

        def curvature(z: Floats) -> Floats:
            return np.asarray(axes.T @ objective(centre + axes @ z)[2] @ axes) / share

        here, unit = curvature(np.zeros(len(slope))), STEP * np.eye(len(slope))
        ahead = np.array([curvature(step) for step in unit])
        behind = np.array([curvature(-step) for step in unit])
        third = (ahead - behind) / (2 * STEP) / 6
        return cls(slope, third, _occurrence(len(slope)) * (ahead + behind - 2 * here) / STEP**2)

    def __call__(self, z: Floats) -> Floats:
        """Log-likelihood relative to the maximum at points z (n, k), shape (n,)."""
        quadratic = z @ self.slope - np.square(z).sum(axis=1) / 2
        cubic = np.einsum("ni,nj,nl,ijl->n", z, z, z, self.third)
        return np.asarray(quadratic + cubic + np.einsum("ni,nj,nl,ijl->n", z**2, z, z, self.fourth))


def _occurrence(k: int) -> Floats:
    """
    How much of 1/4! x (orders of i, i, j, l) falls to the entry (i; j, l), shape (k, k, k).

    i = j = l occurs once; with one of j, l equal to i there are 4 orders, found at 2 entries; with j = l there
    are 6, found by the difference along i and by that along j; otherwise 12, found at 2 entries.
    """
    i, j, l = np.ogrid[:k, :k, :k]  # noqa: E741 - the third index of the formula
    same, one, pair = (i == j) & (j == l), (i == j) ^ (i == l), (j == l) & (i != j)
    return np.asarray(np.select([same, one, pair], [1 / 24, 1 / 12, 1 / 8], 1 / 4))

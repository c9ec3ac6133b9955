r"""
The log-likelihood of the spend regression over a data set, with gradient and exact Hessian.

Gamma-Gamma's row with a scale :math:`\gamma = e^\eta` of its own, :math:`\eta = X b`. With s = n m and
v = s / (gamma + s), its derivatives by eta are

.. math::

    q v - p n (1 - v), \qquad -(q + p n) v (1 - v)

and those by (p, eta) and (q, eta) are -n (1 - v) and v.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.gamma_gamma_days import DayCounts, FirstDays, known_by_days

if TYPE_CHECKING:
    from evergrove.models.types import Floats

CHUNK = 16_384  # rows whose temporaries stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Surface:
    """
    The log-likelihood over theta = (log p, log q, b), b the intercept ln gamma and the slopes.

    Attributes:
        counts: How many customers have how many days.
        firsts: The first days' shares; None where only means are read.
        n: Days averaged. Shape (rows,).
        total: n m, what was spent on them. Shape (rows,).
        x: Ones and covariates. Shape (rows, 1 + k).
        weight: Customers of each row. Shape (rows,).
        log_mean: Sum of ln m over customers.
    """

    counts: DayCounts
    firsts: FirstDays | None
    n: Floats
    total: Floats
    x: Floats
    weight: Floats
    log_mean: float

    @classmethod
    def over(cls, n: Floats, m: Floats, x: Floats, weight: Floats, share: Floats | None = None) -> Surface:
        """Count what the likelihood needs: days n with means m > 0, design x (rows, 1 + k), weights, shares."""
        return cls(
            counts=DayCounts.over(n, weight),
            firsts=None if share is None else FirstDays.over(n, share, weight),
            n=n,
            total=n * m,
            x=x,
            weight=weight,
            log_mean=float(np.einsum("i,i->", weight, np.log(m))),
        )

    def __call__(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Value, gradient (3 + k,) and Hessian (3 + k, 3 + k) in theta."""
        p, q = (float(letter) for letter in np.exp(theta[:2]))
        above, n_below, own, n_other, bend = self._sums(theta[2:], p, q)
        by_days, slope, curve = known_by_days(self.counts, self.firsts, p, q)
        value = by_days - q * above - p * n_below - self.log_mean
        gradient = np.concatenate([
            [p * (slope[0] - n_below), q * (slope[1] - above)],
            q * own - p * n_other,
        ])  # fmt: skip
        hessian = np.empty((len(theta), len(theta)))
        hessian[0, 0] = p * p * curve[0, 0] + gradient[0]
        hessian[1, 1] = q * q * curve[1, 1] + gradient[1]
        hessian[0, 1] = hessian[1, 0] = p * q * curve[0, 1]
        hessian[0, 2:] = hessian[2:, 0] = -p * n_other
        hessian[1, 2:] = hessian[2:, 1] = q * own
        hessian[2:, 2:] = -bend
        return float(value), gradient, hessian

    def _sums(self, b: Floats, p: float, q: float) -> tuple[float, float, Floats, Floats, Floats]:
        """Sums of ln(1 + s / gamma), n ln(1 + gamma / s), v x, n (1 - v) x and (q + p n) v (1 - v) x x'."""
        above, n_below = 0.0, 0.0
        own, n_other, bend = np.zeros(len(b)), np.zeros(len(b)), np.zeros((len(b), len(b)))
        for start in range(0, len(self.n), CHUNK):
            rows = slice(start, start + CHUNK)
            x, n, w = self.x[rows], self.n[rows], self.weight[rows]
            # A step too far gives inf or nan, which the search refuses.
            with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
                ratio = self.total[rows] * np.exp(-np.einsum("ij,j->i", x, b))
                other = 1 / (1 + ratio)
                v = ratio * other
                n_below += float(np.einsum("i,i->", w * n, np.log1p(1 / ratio)))
            above += float(np.einsum("i,i->", w, np.log1p(ratio)))
            own += np.einsum("i,ij->j", w * v, x)
            n_other += np.einsum("i,ij->j", w * n * other, x)
            bend += np.einsum("ij,ik->jk", x * (w * (q + p * n) * v * other)[:, None], x)
        return above, n_below, own, n_other, bend

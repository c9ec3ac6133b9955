r"""
The log-likelihood of Gamma-Gamma over a data set, with gradient and exact Hessian.

With s = n m, what a customer spent on n days, a row is

.. math::

    - \ln B(p n, q) - q \ln(1 + s / \gamma) - p n \ln(1 + \gamma / s) - \ln m

which keeps its digits where p and q run to infinity. The beta function depends on n alone: it is worked out
once per number of days. A row costs two logarithms and one division.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.gamma_gamma_days import DayCounts, FirstDays, known_by_days
from evergrove.models.special import log_beta

if TYPE_CHECKING:
    from evergrove.models.types import Floats

CHUNK = 16_384  # rows whose temporaries stay in the processor's cache


def log_density(n: Floats, m: Floats, p: float, q: Floats | float, gamma: Floats | float) -> Floats:
    """
    Logarithm of the density of a mean m of n days, scales being Gamma(q, gamma); per unit of currency.

    After earlier days of which there were n' with mean m', q and gamma are q + p n' and gamma + n' m': so the
    same form foretells what comes. All broadcast to shape (k,); m > 0.
    """
    total = n * m
    level = q * np.log1p(total / gamma) + p * n * np.log1p(gamma / total)
    return np.asarray(-log_beta(p * n, q) - level - np.log(m))


@dataclass(frozen=True, eq=False)
class Surface:
    """
    The log-likelihood over theta = log(p, q, gamma).

    Attributes:
        counts: How many customers have how many days.
        firsts: The first days' shares; None where only means are read.
        n: Days averaged. Shape (rows,).
        total: n m, what was spent on them. Shape (rows,).
        weight: Customers of each row. Shape (rows,).
        log_mean: Sum of ln m over customers.
    """

    counts: DayCounts
    firsts: FirstDays | None
    n: Floats
    total: Floats
    weight: Floats
    log_mean: float

    @classmethod
    def over(cls, n: Floats, m: Floats, weight: Floats, share: Floats | None = None) -> Surface:
        """Count what the likelihood needs: n days with mean spend m > 0, weights, first day's shares; (rows,)."""
        return cls(
            counts=DayCounts.over(n, weight),
            firsts=None if share is None else FirstDays.over(n, share, weight),
            n=n,
            total=n * m,
            weight=weight,
            log_mean=float(np.einsum("i,i->", weight, np.log(m))),
        )

    def __call__(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Value, gradient (3,) and Hessian (3, 3) in theta."""
        p, q, gamma = np.exp(theta)
        above, n_below, own, n_other, bend, n_bend = self._sums(gamma)
        by_days, slope, curve = known_by_days(self.counts, self.firsts, float(p), float(q))
        value = by_days - q * above - p * n_below - self.log_mean
        gradient = np.array([p * (slope[0] - n_below), q * (slope[1] - above), q * own - p * n_other])
        p_q = p * q * curve[0, 1]
        hessian = np.array([
            [p * p * curve[0, 0] + gradient[0], p_q, -p * n_other],
            [p_q, q * q * curve[1, 1] + gradient[1], q * own],
            [-p * n_other, q * own, -q * bend - p * n_bend],
        ])  # fmt: skip
        return float(value), gradient, hessian

    def _sums(self, gamma: float) -> Floats:
        """Sums of ln(1 + s / gamma), n ln(1 + gamma / s), v = s / (gamma + s), n (1 - v), v (1 - v), n v (1 - v)."""
        sums = np.zeros(6)
        for start in range(0, len(self.n), CHUNK):
            rows = slice(start, start + CHUNK)
            w, ratio = self.weight[rows], self.total[rows] / gamma
            w_n = w * self.n[rows]
            other = 1 / (1 + ratio)
            own = ratio * other
            terms = (np.log1p(ratio), w), (np.log1p(1 / ratio), w_n), (own, w), (other, w_n)
            bend = own * other
            sums += [np.einsum("i,i->", *pair) for pair in (*terms, (bend, w), (bend, w_n))]
        return sums

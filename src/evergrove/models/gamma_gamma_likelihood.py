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

from evergrove.models.distinct import levels
from evergrove.models.special import digamma, log_beta, trigamma

if TYPE_CHECKING:
    from evergrove.models.types import Floats

CHUNK = 16_384  # rows whose temporaries stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Surface:
    """
    The log-likelihood over theta = log(p, q, gamma).

    Attributes:
        days: Distinct n, and the ``customers`` with each. Shape (k,).
        n: Days averaged. Shape (rows,).
        total: n m, what was spent on them. Shape (rows,).
        weight: Customers of each row. Shape (rows,).
        log_mean: Sum of ln m over customers.
    """

    days: Floats
    customers: Floats
    n: Floats
    total: Floats
    weight: Floats
    log_mean: float

    @classmethod
    def over(cls, n: Floats, m: Floats, weight: Floats) -> Surface:
        """Count what the likelihood needs: n days (rows,) with mean spend m > 0 (rows,) and weights (rows,)."""
        days, of = levels(n)
        return cls(
            days=days,
            customers=np.asarray(np.bincount(of, weights=weight), dtype=np.float64),
            n=n,
            total=n * m,
            weight=weight,
            log_mean=float(np.einsum("i,i->", weight, np.log(m))),
        )

    def __call__(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Value, gradient (3,) and Hessian (3, 3) in theta."""
        p, q, gamma = np.exp(theta)
        above, n_below, own, n_other, bend, n_bend = self._sums(gamma)
        one_q, both, own_days = np.array([q]), p * self.days + q, p * self.days
        value = -(self.customers @ log_beta(own_days, q)) - q * above - p * n_below - self.log_mean
        gradient = np.array([
            p * (self.customers @ (self.days * (digamma(both) - digamma(own_days))) - n_below),
            q * (self.customers @ (digamma(both) - digamma(one_q)) - above),
            q * own - p * n_other,
        ])  # fmt: skip
        curved = self.customers * trigamma(both)
        p_p = curved @ self.days**2 - self.customers @ (self.days**2 * trigamma(own_days))
        q_q = curved.sum() - self.customers.sum() * trigamma(one_q)[0]
        p_q = p * q * (curved @ self.days)
        hessian = np.array([
            [p * p * p_p + gradient[0], p_q, -p * n_other],
            [p_q, q * q * q_q + gradient[1], q * own],
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

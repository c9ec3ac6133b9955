r"""
The log-likelihood of Gamma-Gamma over a data set, with gradient and exact Hessian.

.. math::

    \ln \Gamma(p n + q) - \ln \Gamma(p n) - \ln \Gamma(q) + q \ln \gamma + p n \ln(n m) - \ln m
    - (p n + q) \ln(\gamma + n m)

Gamma functions depend on n alone: they are worked out once per number of days. A row costs one logarithm and
one division.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.distinct import levels
from evergrove.models.special import digamma, gammaln, trigamma

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
        n_log_total: Sum of n ln(n m) over customers.
        log_mean: Sum of ln m over customers.
    """

    days: Floats
    customers: Floats
    n: Floats
    total: Floats
    weight: Floats
    n_log_total: float
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
            n_log_total=float(np.einsum("i,i,i->", weight, n, np.log(n * m))),
            log_mean=float(np.einsum("i,i->", weight, np.log(m))),
        )

    def __call__(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Value, gradient (3,) and Hessian (3, 3) in theta."""
        at = np.exp(theta)
        p, q, gamma = at
        log_sum, n_log_sum, inverse, n_inverse, square, n_square = self._sums(gamma)
        one_q, both = np.array([q]), p * self.days + q
        everybody = self.customers.sum()
        value = (
            self.customers @ (gammaln(both) - gammaln(p * self.days) - gammaln(one_q))
            + q * (everybody * theta[2] - log_sum)
            + p * (self.n_log_total - n_log_sum)
            - self.log_mean
        )
        reached = digamma(both)
        gradient = at * [
            self.customers @ (self.days * (reached - digamma(p * self.days))) + self.n_log_total - n_log_sum,
            self.customers @ (reached - digamma(one_q)) + everybody * theta[2] - log_sum,
            everybody * q / gamma - p * n_inverse - q * inverse,
        ]
        bend = self.customers * trigamma(both)
        own = self.customers @ (self.days**2 * trigamma(p * self.days))
        hessian = np.array([
            [bend @ self.days**2 - own, bend @ self.days, -n_inverse],
            [bend @ self.days, bend.sum() - everybody * trigamma(one_q)[0], everybody / gamma - inverse],
            [-n_inverse, everybody / gamma - inverse, p * n_square + q * square - everybody * q / gamma**2],
        ])  # fmt: skip
        return float(value), gradient, np.multiply.outer(at, at) * hessian + np.diag(gradient)

    def _sums(self, gamma: float) -> Floats:
        """Sums of ln(gamma + n m), 1 / (gamma + n m) and its square, each plain and times n."""
        sums = np.zeros(6)
        for start in range(0, len(self.n), CHUNK):
            rows = slice(start, start + CHUNK)
            reach = gamma + self.total[rows]
            inverse = 1 / reach
            terms = (np.log(reach), inverse, inverse * inverse)
            weights = (self.weight[rows], self.weight[rows] * self.n[rows])
            sums += [np.einsum("i,i->", term, weight) for term in terms for weight in weights]
        return sums

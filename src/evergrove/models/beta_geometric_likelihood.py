r"""
The log-likelihood of BG/NBD and MBG/NBD over a data set, with gradient and exact Hessian.

With k = x + m chances to leave behind a customer (m = 1 where the first purchase is one of them), a row is

.. math::

    \ln \frac{\Gamma(r + x)}{\Gamma(r)} + r \ln \alpha - (r + x) \ln(\alpha + T)
    + \ln \frac{B(a, b + k)}{B(a, b)} + \ln(1 + e^u), \qquad
    u = \ln \frac{a}{b + k - 1} + (r + x) \ln \frac{\alpha + T}{\alpha + t_x}

No special function is left: the gamma and beta terms are sums of logarithms over 0..x, weighted by how many
customers go that far; the terms in T are sums over distinct ages. Only the last term is worked out row by row.

Source:
    Fader, Hardie and Lee (2005), Marketing Science 24(2), 275-284, equation (6); Batislam, Denizel and
    Filiztekin (2007), IJRM 24(3), 201-209.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import DAYS_PER
from evergrove.models.distinct import levels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from evergrove.models.types import Floats, Summary

    Derivatives = tuple[float, Floats, Floats]

CHUNK = 16_384  # rows whose temporaries stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Surface:
    """
    The log-likelihood over theta = log(r, alpha, a, b).

    Attributes:
        m: 1 where the first purchase is a chance to leave (MBG), else 0 (BG).
        bought: Customers with x > j. Shape (j,).
        stayed: Customers with x + m > j. Shape (j,).
        ages: Distinct T, scaled; ``customers`` and ``repeats`` of each. Shape (k,).
        x: Distinct frequencies of ``rows``, and where each begins among them. Shape (l,).
        recencies: Distinct t_x, scaled. Shape (i,).
        rows: Position in ``x``, ``recencies`` and ``ages``, and weight, of each row with a chance to leave.
    """

    m: int
    bought: Floats
    stayed: Floats
    ages: Floats
    customers: Floats
    repeats: Floats
    x: Floats
    begins: NDArray[np.int64]
    recencies: Floats
    rows: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], Floats]

    @classmethod
    def over(cls, rows: Summary, scale: float, m: int) -> Surface:
        """Count what the likelihood needs; ``rows`` are distinct and sorted by x."""
        weight, per_day = rows.weights, DAYS_PER[rows.unit]
        ages, age_of = levels(rows.T, per_day)
        reached = _sums(rows.frequency.astype(np.int64), weight)
        beyond = reached.sum() - np.cumsum(reached)  # customers with x > j
        leavers = slice(None) if m else slice(int(np.searchsorted(rows.frequency, 1.0)), None)
        x, x_of = levels(rows.frequency[leavers])
        recencies, recency_of = levels(rows.recency[leavers], per_day)
        return cls(
            m=m,
            bought=beyond[:-1],
            stayed=np.concatenate(([weight.sum()], beyond[:-1])) if m else beyond[:-1],
            ages=ages / scale,
            customers=_sums(age_of, weight),
            repeats=_sums(age_of, weight * rows.frequency),
            x=x,
            begins=np.flatnonzero(np.diff(x_of, prepend=-1)),
            recencies=recencies / scale,
            rows=(x_of, recency_of, age_of[leavers], weight[leavers]),
        )

    def __call__(self, theta: Floats) -> Derivatives:
        """Value, gradient (4,) and Hessian (4, 4) in theta."""
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # far off, a value may be nan: the climb turns back
            at = np.exp(theta)
            parts = (self._purchases(*at[:2]), self._stays(*at[2:]), self._departures(*at))
            value = sum(part[0] for part in parts)
            gradient = at * sum(part[1] for part in parts)
            hessian = np.multiply.outer(at, at) * sum(part[2] for part in parts) + np.diag(gradient)
        return float(value), gradient, hessian

    def _purchases(self, r: float, alpha: float) -> Derivatives:
        """Purchases of the living: gamma functions of x, and the ages."""
        steps = r + np.arange(len(self.bought))
        end = alpha + self.ages
        waited = np.log1p(self.ages / alpha)
        value = self.bought @ np.log(steps) - r * (self.customers @ waited) - self.repeats @ np.log(end)
        gradient, hessian = np.zeros(4), np.zeros((4, 4))
        gradient[0] = (self.bought / steps).sum() - self.customers @ waited
        share = self.ages / (alpha * end)
        gradient[1] = r * (self.customers @ share) - (self.repeats / end).sum()
        hessian[0, 0] = -(self.bought / steps**2).sum()
        hessian[0, 1] = hessian[1, 0] = self.customers @ share
        bend = share * (1 / alpha + 1 / end)
        hessian[1, 1] = -r * (self.customers @ bend) + (self.repeats / end**2).sum()
        return float(value), gradient, hessian

    def _stays(self, a: float, b: float) -> Derivatives:
        """The k-fold chance to leave, not taken: beta functions of x."""
        b_j = b + np.arange(len(self.stayed))
        ab_j = a + b_j
        gradient, hessian = np.zeros(4), np.zeros((4, 4))
        gradient[2] = -(self.stayed / ab_j).sum()
        gradient[3] = a * (self.stayed / (b_j * ab_j)).sum()
        hessian[2, 2] = hessian[2, 3] = hessian[3, 2] = (self.stayed / ab_j**2).sum()
        hessian[3, 3] = -a * (self.stayed * (ab_j + b_j) / (b_j * ab_j) ** 2).sum()
        return -float(self.stayed @ np.log1p(a / b_j)), gradient, hessian

    def _departures(self, r: float, alpha: float, a: float, b: float) -> Derivatives:
        """The odds of having left after the last purchase: the one term that needs every row."""
        value, sums, by_x = 0.0, np.zeros(7), np.zeros((4, len(self.x)))
        for chunk_value, chunk_sums, chunk_by_x, first, last in self._chunks(r, alpha, a, b):
            value += chunk_value
            sums += chunk_sums
            by_x[:, first:last] += chunk_by_x
        left_rate, left_time, left_bend, left_cross, rate_rate, rate_time, time_time = sums
        left, open_, open_rate, open_time = by_x
        per_b = 1 / (b + (self.x + (self.m - 1)))
        gradient = np.array([left_rate, left_time, left.sum() / a, -(left * per_b).sum()])
        hessian = np.zeros((4, 4))
        hessian[0, :2] = rate_rate, rate_time + left_cross
        hessian[1, 1] = time_time + left_bend
        hessian[:2, 2] = open_rate.sum() / a, open_time.sum() / a
        hessian[:2, 3] = -(open_rate * per_b).sum(), -(open_time * per_b).sum()
        hessian[2, 2:] = (open_ - left).sum() / a**2, -(open_ * per_b).sum() / a
        hessian[3, 3] = ((open_ + left) * per_b**2).sum()
        return value, gradient, hessian + np.triu(hessian, 1).T

    def _chunks(
        self, r: float, alpha: float, a: float, b: float
    ) -> Iterator[tuple[float, Floats, Floats, int, int]]:
        """
        Sums over rows of ln(1 + e^u) and of what its derivatives are made of.

        p = 1 / (1 + e^-u) is the chance of having left. With D and E the first and second derivatives of
        ln((alpha + T) / (alpha + t_x)) = L by alpha, and z = r + x: the sums of p L, p z D, p z E, p D,
        p(1-p) L L, p(1-p) L z D, p(1-p) z D z D; and for each x those of p, p(1-p), p(1-p) L, p(1-p) z D.
        """
        end, last = alpha + self.ages, alpha + self.recencies
        log_end, log_last = np.log1p(self.ages / alpha), np.log1p(self.recencies / alpha)
        per_end, per_last = 1 / end, 1 / last
        # Less log(alpha): where alpha runs to infinity, its digits would drown the difference.
        log_odds = np.log(a) - np.log(b + (self.x + (self.m - 1)))
        x_of, recency_of, age_of, weight = self.rows
        for start in range(0, len(weight), CHUNK):
            rows = slice(start, start + CHUNK)
            of, i, j, w = x_of[rows], recency_of[rows], age_of[rows], weight[rows]
            z = r + self.x[of]
            L = log_end[j] - log_last[i]
            sooner, later = per_last[i], per_end[j]
            D = later - sooner
            zD = z * D
            u = log_odds[of] + z * L
            small = np.exp(-np.abs(u))
            chance = 1 / (1 + small)
            p = w * np.where(u > 0, chance, small * chance)
            q = w * small * chance * chance
            qL, qzD = q * L, q * zD
            value = _dot(w, np.maximum(u, 0.0) + np.log1p(small))
            sums = np.array([
                _dot(p, L), _dot(p, zD), -_dot(p, zD * (sooner + later)), _dot(p, D),
                _dot(qL, L), _dot(qL, zD), _dot(qzD, zD),
            ])  # fmt: skip
            first, final = int(of[0]), int(of[-1]) + 1
            cuts = np.maximum(self.begins[first:final] - start, 0)
            by_x = np.stack([np.add.reduceat(each, cuts) for each in (p, q, qL, qzD)])
            yield value, sums, by_x, first, final


def _sums(of: NDArray[np.int64], weight: Floats) -> Floats:
    """Weights summed by code, shape (largest code + 1,)."""
    return np.asarray(np.bincount(of, weights=weight), dtype=np.float64)


def _dot(left: Floats, right: Floats) -> float:
    """The inner product without BLAS, whose threads would cost more than a chunk."""
    return float(np.einsum("i,i->", left, right))

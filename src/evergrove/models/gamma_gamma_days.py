r"""
The parts of the spend likelihood that depend on the number of days alone, or on how a customer's own days differ.

Neither knows the customers' scales gamma: Gamma-Gamma and the spend regression share them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.distinct import levels
from evergrove.models.special import digamma, log_beta, trigamma

if TYPE_CHECKING:
    from evergrove.models.types import Floats


@dataclass(frozen=True, eq=False)
class DayCounts:
    """
    Minus the sum of ln B(p n, q) over customers, by distinct n: a special function costs once per number of days.

    Attributes:
        days: Distinct n. Shape (k,).
        customers: Customers with each. Shape (k,).
    """

    days: Floats
    customers: Floats

    @classmethod
    def over(cls, n: Floats, weight: Floats) -> DayCounts:
        """Count n days (rows,) with weights (rows,)."""
        days, of = levels(n)
        return cls(days, np.asarray(np.bincount(of, weights=weight), dtype=np.float64))

    def __call__(self, p: float, q: float) -> tuple[float, Floats, Floats]:
        """Value, gradient (2,) and Hessian (2, 2) in p and q themselves."""
        own, both, one_q = p * self.days, p * self.days + q, np.array([q])
        slope = digamma(both)
        bend = self.customers * trigamma(both)
        customers = self.customers.sum()
        gradient = np.array([
            self.customers @ (self.days * (slope - digamma(own))),
            self.customers @ slope - customers * digamma(one_q)[0],
        ])  # fmt: skip
        p_p = bend @ self.days**2 - self.customers @ (self.days**2 * trigamma(own))
        q_q = bend.sum() - customers * trigamma(one_q)[0]
        p_q = bend @ self.days
        return -float(self.customers @ log_beta(own, q)), gradient, np.array([[p_p, p_q], [p_q, q_q]])


@dataclass(frozen=True, eq=False)
class FirstDays:
    r"""
    Log-likelihood of the first day's share of what a customer spent, over customers who came back.

    Whatever a customer's scale, the share f of the first of n days is Beta(p, p (n - 1)) distributed, and
    independent of the mean: it tells what means alone hardly tell, how much one customer's days differ.

    .. math::

        - \ln B(p, p (n - 1)) + (p - 1) \ln f + (p (n - 1) - 1) \ln (1 - f)

    Attributes:
        others: Distinct n - 1. Shape (k,).
        customers: Customers with each. Shape (k,).
        log_share: Sum of ln f.
        log_rest: Sum of ln (1 - f).
        log_rest_by_day: Sum of (n - 1) ln (1 - f).
    """

    others: Floats
    customers: Floats
    log_share: float
    log_rest: float
    log_rest_by_day: float

    @classmethod
    def over(cls, n: Floats, share: Floats, weight: Floats) -> FirstDays | None:
        """Sum over rows (rows,) with a share; None without any."""
        told = np.isfinite(share)
        if not told.any():
            return None
        n, share, weight = n[told], share[told], weight[told]
        others, of = levels(n - 1)
        rest = np.log1p(-share)
        return cls(
            others=others,
            customers=np.asarray(np.bincount(of, weights=weight), dtype=np.float64),
            log_share=float(np.einsum("i,i->", weight, np.log(share))),
            log_rest=float(np.einsum("i,i->", weight, rest)),
            log_rest_by_day=float(np.einsum("i,i->", weight, (n - 1) * rest)),
        )

    def __call__(self, p: float) -> tuple[float, float, float]:
        """Value and first two derivatives in p."""
        one, rest, whole = np.array([p]), p * self.others, p * (self.others + 1)
        customers = self.customers.sum()
        fixed = self.log_share + self.log_rest_by_day
        value = -(self.customers @ log_beta(p, rest)) + p * fixed - self.log_share - self.log_rest
        slope = self.customers @ ((self.others + 1) * digamma(whole) - self.others * digamma(rest))
        bend = self.customers @ ((self.others + 1) ** 2 * trigamma(whole) - self.others**2 * trigamma(rest))
        return (
            float(value),
            float(slope - customers * digamma(one)[0] + fixed),
            float(bend - customers * trigamma(one)[0]),
        )


def known_by_days(
    counts: DayCounts, firsts: FirstDays | None, p: float, q: float
) -> tuple[float, Floats, Floats]:
    """Value, gradient (2,) and Hessian (2, 2) of both parts in p and q."""
    value, gradient, hessian = counts(p, q)
    if firsts is not None:
        more, slope, bend = firsts(p)
        value += more
        gradient[0] += slope
        hessian[0, 0] += bend
    return value, gradient, hessian

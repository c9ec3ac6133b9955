"""The NBD model: purchases at a steady rate that differs between customers, and nobody ever leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from evergrove.core import DAYS_PER
from evergrove.models.distinct import levels
from evergrove.models.gamma_rate import counted, histogram, rising, waiting
from evergrove.models.process import TransactionModel
from evergrove.models.special import log_beta, log_rising

if TYPE_CHECKING:
    from evergrove.models.maximise import Objective
    from evergrove.models.types import Floats, Summary


@dataclass(frozen=True)
class Nbd(TransactionModel):
    r"""
    Poisson purchases whose rate lambda follows a gamma distribution over customers.

    .. math::

        L(r, \alpha \mid x, t_x, T) = \frac{\Gamma(r + x)}{\Gamma(r)}
            \frac{\alpha^r}{(\alpha + T)^{r + x}}

    Silence says nothing here: recency plays no part, and P(alive) is 1. A baseline, which forecasts too
    much wherever customers leave.

    Attributes:
        r: Shape of the distribution of purchase rates, > 0.
        alpha: Its scale, in ``unit``, > 0: the mean rate is r / alpha.
        unit: The unit of time.

    Source:
        Ehrenberg (1959), The Pattern of Consumer Purchases, Applied Statistics 8(1), 26-41. The likelihood
        is that of purchase times, as in the Pareto/NBD without dropout, so that the two compare.
    """

    r: float
    alpha: float

    name: ClassVar[str] = "nbd"
    title: ClassVar[str] = "NBD"
    parameters: ClassVar[tuple[str, ...]] = ("r", "alpha")
    times: ClassVar[tuple[str, ...]] = ("alpha",)

    @classmethod
    def surface(cls, rows: Summary, scale: float) -> Objective:
        """See ``TransactionModel.surface``; two histograms, of x and of T, say all that the data say."""
        more_than = counted(rows.frequency, rows.weights)
        ages, age_of = levels(rows.T, DAYS_PER[rows.unit])
        customers = histogram(age_of, rows.weights)
        purchases = histogram(age_of, rows.weights * rows.frequency)
        ages = ages / scale

        def objective(theta: Floats) -> tuple[float, Floats, Floats]:
            r, alpha = np.exp(theta)
            value, gradient, hessian = waiting(r, alpha, ages, customers, purchases)
            log_gammas, first, second = rising(r, more_than)
            gradient[0] += first
            hessian[0, 0] += second
            return value + log_gammas, gradient, hessian

        return objective

    @classmethod
    def starts(cls, rows: Summary, scale: float) -> list[Floats]:  # noqa: ARG003 - the base's signature
        """See ``TransactionModel.starts``; in scaled time the mean rate is 1, hence r = alpha."""
        return [np.log([r, r]) for r in (0.5, 5.0)]

    def row_log_likelihood(self, x: Floats, t_x: Floats, T: Floats) -> Floats:  # noqa: ARG002 - same
        """See ``TransactionModel.row_log_likelihood``; nought where T = 0."""
        log_gammas = log_rising(self.r, int(x.max(initial=0.0)))[x.astype(np.int64)]
        return np.asarray(log_gammas - self.r * np.log1p(T / self.alpha) - x * np.log(self.alpha + T))

    def alive(self, x: Floats, t_x: Floats, T: Floats) -> Floats:  # noqa: ARG002 - same
        """1: nobody leaves."""
        return np.ones_like(T)

    def expected_if_alive(self, horizon: float, x: Floats, T: Floats) -> Floats:
        """(r + x) / (alpha + T) x horizon."""
        return (self.r + x) / (self.alpha + T) * horizon

    def rate_if_alive(self, u: Floats, x: Floats, T: Floats) -> Floats:
        """(r + x) / (alpha + T), whatever u."""
        return (self.r + x) / (self.alpha + T) * np.ones_like(u)

    def active_if_alive(self, horizon: Floats | float, x: Floats, T: Floats) -> Floats:
        r"""
        P(at least one purchase in (T, T + horizon]).

        .. math:: 1 - \left( \frac{\alpha + T}{\alpha + T + h} \right)^{r + x}
        """
        return -np.expm1(-(self.r + x) * np.log1p(horizon / (self.alpha + T)))

    def survival_if_alive(self, u: Floats, x: Floats, T: Floats) -> Floats:  # noqa: ARG002 - same
        """1: nobody leaves."""
        return np.ones(np.broadcast_shapes(np.shape(u), np.shape(T)))

    def residual_if_alive(self, delta: float, x: Floats, T: Floats) -> Floats:
        """(r + x) / ((alpha + T) delta); without discounting there is no limit."""
        if delta == 0:
            return np.full_like(T, np.inf)
        return (self.r + x) / ((self.alpha + T) * delta)

    def discounted_if_alive(self, horizon: float, delta: float, x: Floats, T: Floats) -> Floats:
        """(r + x) / (alpha + T) x (1 - exp(-delta horizon)) / delta; without discounting, x horizon."""
        time = -np.expm1(-delta * horizon) / delta if delta else horizon
        return (self.r + x) / (self.alpha + T) * time

    def log_pmf_if_alive(self, n: Floats, horizon: float, x: Floats, T: Floats) -> Floats:
        r"""
        Log P(n purchases in (T, T + horizon]): a negative binomial.

        .. math::

            \ln \left[ \frac{\Gamma(r + x + n)}{\Gamma(r + x) n!}
            \left( \frac{\alpha + T}{\alpha + T + h} \right)^{r + x}
            \left( \frac{h}{\alpha + T + h} \right)^n \right]
        """
        return log_negative_binomial(n, self.r + x, np.log1p(horizon / (self.alpha + T)))

    def next_purchase_quantile_if_alive(self, q: float, horizon: float, x: Floats, T: Floats) -> Floats:
        """See ``TransactionModel``: ``active_if_alive`` solved for the horizon."""
        wanted = q * self.active_if_alive(horizon, x, T)
        return (self.alpha + T) * np.expm1(-np.log1p(-wanted) / (self.r + x))


def log_negative_binomial(n: Floats, shape: Floats, span: Floats) -> Floats:
    r"""
    Log P(n events of a gamma rate) within a time h.

    Args:
        n: Shape (m,), or any that broadcasts with the others.
        shape: c, the shape of the rate. Shape (m,).
        span: ln((a + h) / a), with a the rate's scale. Shape (m,).
    """
    log_share = np.log(-np.expm1(-span), out=np.zeros_like(span), where=span > 0)
    moved = np.where(n > 0, np.where(span > 0, n * log_share, -np.inf), 0.0)
    return np.asarray(moved - shape * span - np.log(shape + n) - log_beta(shape, n + 1))

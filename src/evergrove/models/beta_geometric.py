"""What BG/NBD and MBG/NBD have in common: a chance to leave after each purchase, spread by a beta."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from evergrove.models.beta_geometric_likelihood import Surface
from evergrove.models.beta_geometric_residual import residual_mean
from evergrove.models.distinct import levels
from evergrove.models.hypergeometric import discounted_mean, power_mean, stopped_mean
from evergrove.models.process import TransactionModel
from evergrove.models.special import expit, gammaln, log1p_exp, log_beta, log_rising

if TYPE_CHECKING:
    from evergrove.models.maximise import Objective
    from evergrove.models.types import Floats, Summary


@dataclass(frozen=True)
class BetaGeometric(TransactionModel):
    r"""
    Purchases come at rate lambda ~ Gamma(r, alpha); after each the customer leaves with chance p ~ Beta(a, b).

    ``m`` = 1 where the first purchase of all is such a chance too (MBG), else 0 (BG). Given alive after x
    repeat purchases, lambda is Gamma(r + x, alpha + T) and p is Beta(a, b + x + m): a new start of the same
    process. All forms given alive are means over these two.

    Attributes:
        r: Shape of the purchase rate.
        alpha: Its scale, in ``unit``: the mean rate is r / alpha.
        a: Beta weight of leaving.
        b: Beta weight of staying.
    """

    r: float
    alpha: float
    a: float
    b: float

    parameters: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    times: ClassVar[tuple[str, ...]] = ("alpha",)
    m: ClassVar[int]

    @classmethod
    def surface(cls, rows: Summary, scale: float) -> Objective:
        """The log-likelihood over log(r, alpha, a, b)."""
        return Surface.over(rows, scale, cls.m)

    @classmethod
    def starts(cls, rows: Summary, scale: float) -> list[Floats]:  # noqa: ARG003 -- the scaled rate is 1
        """
        Four spreads of rates and of chances to leave.

        Those who leave buy fast before: the more leave, the further the rate r / alpha lies above the mean
        rate, which is 1.
        """
        spreads = ((0.5, 0.4, 0.5, 2.0), (1.5, 1.0, 0.5, 1.0), (0.3, 0.3, 0.2, 4.0), (1.0, 0.8, 2.0, 8.0))
        return [np.log(spread) for spread in spreads]

    def row_log_likelihood(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """See ``beta_geometric_likelihood``."""
        counts, of = levels(x)
        reach, chances = int(counts.max(initial=0.0)), counts.astype(np.int64) + self.m
        rise = log_rising(self.r, reach)[counts.astype(np.int64)]
        stay = (
            log_rising(self.b, reach + self.m)[chances] - log_rising(self.a + self.b, reach + self.m)[chances]
        )
        living = (rise + stay)[of] - self.r * np.log1p(T / self.alpha) - x * np.log(self.alpha + T)
        return living + log1p_exp(self._log_odds_gone(x, t_x, T))

    def alive(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        r"""
        P(alive at T).

        .. math::

            \left[ 1 + \frac{a}{b + x + m - 1} \left( \frac{\alpha + T}{\alpha + t_x} \right)^{r + x} \right]^{-1}

        and 1 where no chance to leave has come yet (x + m = 0).
        """
        return expit(-self._log_odds_gone(x, t_x, T))

    def _log_odds_gone(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """In logs: with hundreds of purchases the power overflows float64. -inf where nobody could leave."""
        chances = x + self.m
        silence = np.log1p((T - t_x) / (self.alpha + t_x))
        odds = np.log(self.a / (self.b + (np.maximum(chances, 1.0) - 1))) + (self.r + x) * silence
        return np.where(chances > 0, odds, -inf)

    def expected_if_alive(self, horizon: float, x: Floats, T: Floats) -> Floats:
        """E[(1 - exp(-lambda p h)) / p]: see ``hypergeometric.stopped_mean``."""
        return stopped_mean(self.r + x, self.a, self._b(x), horizon / (self.alpha + T))

    def rate_if_alive(self, u: Floats, x: Floats, T: Floats) -> Floats:
        """E[lambda exp(-lambda p u)]."""
        rho, tau = self.r + x, self.alpha + T
        return power_mean(rho + 1, self.a, self._b(x), u / tau) * rho / tau

    def survival_if_alive(self, u: Floats, x: Floats, T: Floats) -> Floats:
        """E[exp(-lambda p u)]."""
        return power_mean(self.r + x, self.a, self._b(x), u / (self.alpha + T))

    def active_if_alive(self, horizon: Floats | float, x: Floats, T: Floats) -> Floats:
        """Pareto's second distribution: nobody leaves between two purchases."""
        return np.asarray(-np.expm1(-(self.r + x) * np.log1p(horizon / (self.alpha + T))))

    def next_purchase_quantile_if_alive(self, q: float, horizon: float, x: Floats, T: Floats) -> Floats:
        """In closed form, from ``active_if_alive``."""
        with np.errstate(divide="ignore"):  # at q = 1 of a certain purchase: the horizon itself, see below
            later = np.log1p(-q * self.active_if_alive(horizon, x, T))
        return np.minimum((self.alpha + T) * np.expm1(-later / (self.r + x)), horizon)

    def residual_if_alive(self, delta: float, x: Floats, T: Floats) -> Floats:
        r"""
        E[lambda / (delta + lambda p)]; without discounting E[1 / p], where a > 1.

        .. math::

            \int_0^\infty e^{-\delta u} \, dE(u)

        See ``hypergeometric.discounted_mean``.
        """
        if delta == 0:
            off, total = np.broadcast_arrays(self.a - 1, self.a - 1 + self._b(x))
            return np.asarray(np.divide(total, off, out=np.full_like(total, inf), where=off > 0))
        if np.ndim(self.a) or np.ndim(self.b):  # each customer has a chance of his own
            a, b = np.broadcast_arrays(self.a, self._b(x))
            return residual_mean(self.r + x, a, b, delta * (self.alpha + T))
        return discounted_mean(self.r + x, self.a, self._b(x), delta * (self.alpha + T))

    def log_pmf_if_alive(self, n: Floats, horizon: float, x: Floats, T: Floats) -> Floats:
        """
        Either n purchases came and each was survived, or the n-th was the last and came within the horizon.

        A Poisson process with a gamma rate has made at least n purchases with probability I_z(n, r + x),
        z = h / (alpha + T + h): an incomplete beta function.
        """
        from scipy.special import betainc  # noqa: PLC0415 -- only a back-test asks

        rho, tau, a, b = self.r + x, self.alpha + T, self.a, self._b(x)
        log_z, log_not = np.log(np.maximum(horizon, 1e-300)) - np.log(tau + horizon), -np.log1p(horizon / tau)
        spread = gammaln(rho + n) - gammaln(rho) - gammaln(n + 1)
        survived = spread + rho * log_not + np.where(n > 0, n * log_z, 0.0) + log_beta(a, b + n)
        last = np.maximum(n, 1.0)
        with np.errstate(divide="ignore"):  # below 1e-308 a tail is log 0
            ended = log_beta(a + 1, b + last - 1) + np.log(betainc(last, rho, horizon / (tau + horizon)))
        return np.where(n > 0, np.logaddexp(survived, ended), survived) - log_beta(a, b)

    def _b(self, x: Floats) -> Floats:
        """Weight of staying given alive: every chance so far was not taken."""
        return self.b + x + self.m

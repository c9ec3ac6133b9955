"""What BG/CNBD-k and MBG/CNBD-k have in common: regular purchases, and a chance to leave after each."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, lgamma, nan
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from evergrove.models.distinct import levels
from evergrove.models.process import TransactionModel, as_arrays, check_recency
from evergrove.models.regular.choice import InvalidRegularity, fit_if_regular, fit_with
from evergrove.models.regular.counts import log_counts
from evergrove.models.regular.integrals import integrated
from evergrove.models.regular.likelihood import RegularSurface, of_k_alone
from evergrove.models.regular.next_purchase import next_purchase
from evergrove.models.regular.phases import log_sum, log_terms
from evergrove.models.regular.renewal import Stream, gains, intensity, over_leaving, survival
from evergrove.models.special import expit, log1p_exp, log_rising

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from evergrove.core import Horizon
    from evergrove.models.beta_geometric import BetaGeometric
    from evergrove.models.maximise import Objective
    from evergrove.models.regular.renewal import Values
    from evergrove.models.types import Fit, Floats, Summary

HIGHEST_K = 12


@dataclass(frozen=True)
class RegularBetaGeometric(TransactionModel):
    r"""
    Every k-th event of a Poisson stream is a purchase; after each the customer leaves with chance p.

    Intervals are Erlang-k: the larger k, the more regular. lambda, the rate of events, is Gamma(r, alpha) over
    customers, so that purchases come at the mean rate r / (k alpha); p is Beta(a, b). ``m`` = 1 where the first
    purchase of all is a chance to leave too (MBG), else 0 (BG). Given alive, the customer is in one of k
    phases, which recency tells about; given the phase, all forms are means over lambda and p, see ``renewal``.

    Attributes:
        r: Shape of the rate of events.
        alpha: Its scale, in ``unit``.
        a: Beta weight of leaving.
        b: Beta weight of staying.
        k: Events to a purchase; 1 is no regularity.
    """

    r: float
    alpha: float
    a: float
    b: float
    k: int = field(kw_only=True)

    parameters: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    times: ClassVar[tuple[str, ...]] = ("alpha",)
    constants: ClassVar[tuple[str, ...]] = ("k",)
    m: ClassVar[int]

    def __post_init__(self) -> None:
        """Refuse parameters that no process has."""
        super().__post_init__()
        if self.k not in range(1, HIGHEST_K + 1):
            raise InvalidRegularity(model=self.title, k=self.k, highest=HIGHEST_K)
        object.__setattr__(self, "k", int(self.k))  # a JSON reader may say 2.0

    # -- fitting ----------------------------------------------------------------------------------

    @classmethod
    def fit(cls, summary: Summary, k: int | None = None) -> Fit[Self]:
        """
        Maximum likelihood estimates, of k too unless it is given.

        Args:
            summary: Histories of everybody who bought. Without ``log_intervals`` only a given k can be fitted,
                and the log-likelihood of k > 1 is not known (NaN).
            k: Events to a purchase; None takes the likeliest, the smaller of equals.

        Returns:
            The fit; its model carries k. The standard errors are those at that k.

        Raises:
            NoRepeats: Nobody has come back, or no time has passed.
            NoIntervals: k is to be chosen, and the summary does not tell the intervals.
            NotConverged: No start led to a maximum.
        """
        return fit_with(cls, summary, k, HIGHEST_K)

    @classmethod
    def fit_if_regular(cls, summary: Summary, steady: Fit[BetaGeometric]) -> Fit[Self] | None:
        """
        The likeliest fit with k > 1; None where k = 1 is as likely.

        Args:
            summary: With ``log_intervals``.
            steady: Of BG/NBD or MBG/NBD on this summary: what k = 1 would find.

        Raises:
            NoIntervals: The summary does not tell the intervals.
        """
        return fit_if_regular(cls, summary, steady, HIGHEST_K)

    @classmethod
    def surface(cls, rows: Summary, scale: float, k: int = 1) -> Objective:
        """The log-likelihood over log(r, alpha, a, b), for a given k."""
        return RegularSurface.over(rows, scale, cls.m, k)

    @classmethod
    def starts(cls, rows: Summary, scale: float, k: int = 1) -> list[Floats]:  # noqa: ARG003 -- the scaled rate is 1
        """Those of BG/NBD and MBG/NBD, where events come k times as often as purchases."""
        spreads = ((0.5, 0.4, 0.5, 2.0), (1.5, 1.0, 0.5, 1.0), (0.3, 0.3, 0.2, 4.0), (1.0, 0.8, 2.0, 8.0))
        return [np.log([r, alpha / k, a, b]) for r, alpha, a, b in spreads]

    def log_likelihood(self, summary: Summary) -> float:
        """See ``TransactionModel``; NaN where k > 1 and the summary does not tell the intervals."""
        here = summary.in_unit(self.unit)
        if self.k > 1 and here.log_intervals is None:
            return nan
        purchases = lgamma(self.k) * float(here.weights @ here.frequency)
        return super().log_likelihood(summary) + of_k_alone(here, self.k) + purchases

    def row_log_likelihood(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """Without (k - 1) times the sum of ln(interval), which a row does not tell."""
        counts, of = levels(x)
        whole, reach = counts.astype(np.int64), int(counts.max(initial=0.0))
        rise = log_rising(self.r, self.k * reach)[self.k * whole]
        chances = reach + self.m
        stay = (log_rising(self.b, chances) - log_rising(self.a + self.b, chances))[whole + self.m]
        living = (rise + stay - counts * lgamma(self.k))[of] - self.r * np.log1p(T / self.alpha)
        quiet, odds = self._branches(x, t_x, T)
        return living - self.k * x * np.log(self.alpha + T) + quiet + log1p_exp(odds)

    # -- a history --------------------------------------------------------------------------------

    def alive(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        r"""
        P(alive at T).

        .. math::

            \left[ 1 + \frac{a}{b + x + m - 1} \left( \frac{\alpha + T}{\alpha + t_x} \right)^{r + k x}
            \Big/ \sum_{j<k} \frac{(r + k x)_j}{j!} \left( \frac{T - t_x}{\alpha + T} \right)^j \right]^{-1}

        and 1 where no chance to leave has come yet (x + m = 0).
        """
        return expit(-self._branches(x, t_x, T)[1])

    @property
    def phases(self) -> int:
        """As many as events to a purchase."""
        return self.k

    def phase_weights(self, x: Floats, t_x: Floats, T: Floats) -> Floats | None:
        """See ``phases``; shape (k, n)."""
        if self.k == 1:
            return None
        terms = self._terms(x, t_x, T)
        return np.asarray(np.exp(terms - log_sum(terms)))

    def _terms(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        return log_terms(self.k, self.r + self.k * x, (T - t_x) / (self.alpha + T))

    def _branches(self, x: Floats, t_x: Floats, T: Floats) -> tuple[Floats, Floats]:
        """How likely the silence is of those alive, in logs, and the log odds of having left, -inf for nobody."""
        quiet, chances = log_sum(self._terms(x, t_x, T)), x + self.m
        silence = np.log1p((T - t_x) / (self.alpha + t_x))
        odds = np.log(self.a / (self.b + (np.maximum(chances, 1.0) - 1))) + (self.r + self.k * x) * silence
        return quiet, np.where(chances > 0, odds - quiet, -inf)

    # -- the future of those alive, by phase ------------------------------------------------------

    def expected_if_alive(self, horizon: float, x: Floats, T: Floats) -> Floats:
        """See ``renewal.gains``; shape (k, n), as all forms, but (n,) where k is 1."""
        mean = over_leaving(gains, self._stream(horizon, x, T), self.a, self._b(x))
        # Of a purchase that hardly ever comes in time, rounding is all that is left.
        return self._by_phase(np.maximum(mean, 0.0))

    def rate_if_alive(self, u: Floats, x: Floats, T: Floats) -> Floats:
        """See ``renewal.intensity``; u (j, n) gives (k, j, n)."""
        wide = np.broadcast_arrays(u, x, T)
        stream = self._stream(*(each.ravel() for each in wide))
        rate = over_leaving(intensity, stream, self.a, self._b(wide[1].ravel()))
        return self._by_phase(rate.reshape(self.k, *wide[0].shape) / (self.alpha + T))

    def survival_if_alive(self, u: Floats, x: Floats, T: Floats) -> Floats:
        """See ``renewal.survival``; u (j, n) or (j, 1) gives (k, j, n)."""
        wide = np.broadcast_arrays(u, x, T)
        stream = self._stream(*(each.ravel() for each in wide))
        lives = over_leaving(survival, stream, self.a, self._b(wide[1].ravel()))
        return self._by_phase(lives.reshape(self.k, *wide[0].shape))

    def active_if_alive(self, horizon: Floats | float, x: Floats, T: Floats) -> Floats:
        """
        P(k - j events come): nobody leaves between two purchases.

        Args:
            horizon: A number; or by row, shape (n,); or by phase and row, shape (k, n).
            x: Shape (n,).
            T: Shape (n,).
        """
        w = np.broadcast_to(horizon / (self.alpha + T), (self.k, len(T)))
        shapes = self.r + self.k * x + np.arange(self.k)[:, None]
        pmf = Stream(self.k, shapes[0], w).events(shapes, self.k)
        none_yet = np.cumsum(pmf, axis=0)  # P(M <= i)
        j = np.arange(self.k)
        return self._by_phase(np.maximum(1 - none_yet[self.k - 1 - j, j], 0.0))

    def next_purchase_quantile(
        self, q: float, horizon: Horizon, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> Floats:
        """See ``TransactionModel``; by Newton's method, see ``next_purchase``."""
        h, (x, t_x, T) = self._length(horizon), as_arrays(frequency, recency, T)
        check_recency(t_x, T)
        return next_purchase(q, h, self.k, self.r + self.k * x, (self.alpha + T, T - t_x))

    def discounted_if_alive(self, horizon: float, delta: float, x: Floats, T: Floats) -> Floats:
        """See ``integrals``."""
        return self._integrated(intensity, horizon, delta, x, T)

    def residual_if_alive(self, delta: float, x: Floats, T: Floats) -> Floats:
        """The same without an end; without discounting E[1 / p], where a > 1."""
        if delta == 0:
            total = (self.a - 1 + self._b(x)) / (self.a - 1) if self.a > 1 else np.full_like(x, inf)
            return self._by_phase(np.tile(total, (self.k, 1)))
        return self._integrated(intensity, inf, delta, x, T)

    def lived_if_alive(self, length: Floats, x: Floats, T: Floats) -> Floats:
        """See ``integrals``."""
        return self._integrated(survival, length, 0.0, x, T) * (self.alpha + T)

    def log_pmf_if_alive(self, n: Floats, horizon: float, x: Floats, T: Floats) -> Floats:
        """See ``counts``."""
        shapes = self.r + self.k * x + np.arange(self.k)[:, None]
        return self._by_phase(log_counts(self.k, n, shapes, horizon / (self.alpha + T), (self.a, self._b(x))))

    # -- what these are made of -------------------------------------------------------------------

    def _stream(self, horizon: Floats | float, x: Floats, T: Floats) -> Stream:
        w = np.broadcast_to(np.asarray(horizon / (self.alpha + T), dtype=np.float64), np.shape(x))
        return Stream(self.k, self.r + self.k * x, w)

    def _integrated(
        self, values: Values, horizon: Floats | float, delta: float, x: Floats, T: Floats
    ) -> Floats:
        shape = (self.r + self.k * x, self.alpha + T)
        return self._by_phase(integrated(values, self.k, shape, (self.a, self._b(x)), horizon, delta))

    def _by_phase(self, values: Floats) -> Floats:
        """As ``TransactionModel`` asks: with one phase no axis of phases."""
        return values[0] if self.k == 1 else values

    def _b(self, x: Floats) -> Floats:
        """Weight of staying given alive: every chance so far was not taken."""
        return self.b + x + self.m

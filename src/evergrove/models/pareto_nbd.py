"""The Pareto/NBD model: purchases at a steady rate until the customer leaves, both rates gamma distributed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from evergrove.core import DAYS_PER
from evergrove.models.distinct import levels
from evergrove.models.nbd import log_negative_binomial
from evergrove.models.pareto_counts import log_counts_of_leavers
from evergrove.models.pareto_integrals import discounted_survival, integral
from evergrove.models.pareto_likelihood import log_odds_gone, population, row_log_likelihood
from evergrove.models.pareto_mixture import Letters
from evergrove.models.process import TransactionModel

if TYPE_CHECKING:
    from evergrove.models.maximise import Objective
    from evergrove.models.types import Floats, Summary

NEWTON_STEPS = 60
TIME_DIGITS = 1e-12  # of the horizon: where the search for a purchase time ends


@dataclass(frozen=True)
class ParetoNbd(TransactionModel):
    r"""
    Poisson purchases at rate lambda until an exponential lifetime of rate mu ends.

    lambda follows a gamma distribution (r, alpha) over customers, mu another (s, beta), independent of it.
    Given that a customer is alive at T, the two are again independent gamma variates, (r + x, alpha + T)
    and (s, beta + T): every form "given alive" below is one of these two seen from T.

    Attributes:
        r: Shape of the distribution of purchase rates, > 0.
        alpha: Its scale, in ``unit``, > 0: while alive a customer buys at the mean rate r / alpha.
        s: Shape of the distribution of dropout rates, > 0.
        beta: Its scale, in ``unit``, > 0: the mean dropout rate is s / beta.
        unit: The unit of time.

    Source:
        Schmittlein, Morrison and Colombo (1987), Counting Your Customers: Who Are They and What Will They
        Do Next?, Management Science 33(1), 1-24; as here: Fader and Hardie, brucehardie.com/notes/009.
    """

    r: float
    alpha: float
    s: float
    beta: float

    name: ClassVar[str] = "pareto-nbd"
    title: ClassVar[str] = "Pareto/NBD"
    parameters: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")
    times: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    @property
    def letters(self) -> Letters:
        """The parameters, without the unit."""
        return Letters(self.r, self.alpha, self.s, self.beta)

    @classmethod
    def surface(cls, rows: Summary, scale: float) -> Objective:
        """See ``TransactionModel.surface``."""
        return population(rows, scale)

    @classmethod
    def starts(cls, rows: Summary, scale: float) -> list[Floats]:
        """See ``TransactionModel.starts``; in scaled time the mean interval between purchases is 1."""
        age = float(rows.weights @ rows.T) / float(rows.weights.sum()) / scale
        points = [
            [0.7, 0.5, 0.6, age / 2],
            [2.0, 1.5, 1.5, 2 * age],
            [0.3, 0.2, 0.3, age / 10],
            [1.0, 0.5, 3.0, age],
        ]
        return [np.log(point) for point in points]

    def row_log_likelihood(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """See ``TransactionModel.row_log_likelihood``."""
        return row_log_likelihood(self.letters, x, t_x, T)

    def alive(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """P(alive): the alive branch over the whole likelihood; 1 where T = t_x."""
        return np.asarray(np.exp(-np.logaddexp(0.0, log_odds_gone(self.letters, x, t_x, T))))

    def expected_if_alive(self, horizon: float, x: Floats, T: Floats) -> Floats:
        r"""
        Expected purchases in (T, T + h] of those alive at T.

        .. math::

            \frac{(r + x)(\beta + T)}{(\alpha + T)(s - 1)}
                \left[ 1 - \left( \frac{\beta + T}{\beta + T + h} \right)^{s - 1} \right]

        At s = 1 this is a limit: :math:`(r + x) (\beta + T) / (\alpha + T) \ln ((\beta + T + h) / (\beta + T))`.
        """
        b = self.beta + T
        span = np.log1p(horizon / b)
        fall = (self.s - 1) * span
        # (1 - e^-fall) / (s - 1), which near s = 1 is 0 / 0
        stretch = span * np.divide(-np.expm1(-fall), fall, out=np.ones_like(fall), where=fall != 0)
        return np.asarray((self.r + x) / (self.alpha + T) * b * stretch)

    def rate_if_alive(self, u: Floats, x: Floats, T: Floats) -> Floats:
        r"""
        Expected purchases per unit of time at T + u of those alive at T.

        .. math:: \frac{r + x}{\alpha + T} \left( \frac{\beta + T}{\beta + T + u} \right)^s
        """
        return (self.r + x) / (self.alpha + T) * self.survival_if_alive(u, x, T)

    def active_if_alive(self, horizon: Floats | float, x: Floats, T: Floats) -> Floats:
        r"""
        P(at least one purchase in (T, T + h] | alive at T): the next purchase comes, and before the end.

        .. math::

            \int_0^h \frac{r + x}{\alpha + T} \left( \frac{\alpha + T}{\alpha + T + u} \right)^{r + x + 1}
                \left( \frac{\beta + T}{\beta + T + u} \right)^s du
        """
        width = np.broadcast_to(np.asarray(horizon, dtype=np.float64), T.shape)
        c = self.r + x
        bought = c / (self.alpha + T) * integral(c + 1, self.s, self.alpha, self.beta, T, width)
        return np.minimum(bought, 1.0)  # rounding may exceed it by 1e-16

    def survival_if_alive(self, u: Floats, x: Floats, T: Floats) -> Floats:  # noqa: ARG002 - the base's signature
        r"""
        P(alive at T + u | alive at T).

        .. math:: \left( \frac{\beta + T}{\beta + T + u} \right)^s
        """
        return np.asarray(np.exp(-self.s * np.log1p(u / (self.beta + T))))

    def residual_if_alive(self, delta: float, x: Floats, T: Floats) -> Floats:
        r"""
        Discounted expected residual transactions of those alive at T.

        .. math::

            \int_0^\infty e^{-\delta u} \frac{r + x}{\alpha + T}
                \left( \frac{\beta + T}{\beta + T + u} \right)^s du
            = \frac{r + x}{\alpha + T} \, (\beta + T)^s \delta^{s - 1} U(s, s, \delta (\beta + T))

        with Tricomi's U. Without discounting the sum has a limit only for s > 1.

        Source:
            Fader, Hardie and Lee (2005), RFM and CLV: Using Iso-Value Curves for Customer Base Analysis,
            Journal of Marketing Research 42(4), 415-430, equation 1.
        """
        if delta == 0:
            mean_life = (self.beta + T) / (self.s - 1) if self.s > 1 else np.inf
            return (self.r + x) / (self.alpha + T) * mean_life
        return self.discounted_if_alive(np.inf, delta, x, T)

    def discounted_if_alive(self, horizon: float, delta: float, x: Floats, T: Floats) -> Floats:
        """See ``TransactionModel``: the rate now, times the discounted time alive, which x does not touch."""
        if np.ndim(self.beta):  # each customer has one of his own: no two share an age and a beta
            time_alive = self._time_alive(horizon, delta, T)
        else:
            ages, age_of = levels(T, DAYS_PER[self.unit])
            time_alive = self._time_alive(horizon, delta, ages)[age_of]
        return (self.r + x) / (self.alpha + T) * time_alive

    def _time_alive(self, horizon: float, delta: float, T: Floats) -> Floats:
        """Expected time alive in (T, T + horizon] of those alive at T, discounted; shape (n,)."""
        b = self.beta + T
        return b * discounted_survival(self.s, delta * b, horizon / b)

    def log_pmf_if_alive(self, n: Floats, horizon: float, x: Floats, T: Floats) -> Floats:
        r"""
        Log P(n purchases in (T, T + h] | alive at T).

        With :math:`N_u(n)` the negative binomial of the purchases within u:

        .. math::

            N_h(n) \left( \frac{\beta + T}{\beta + T + h} \right)^s
            + \int_0^h N_u(n) \frac{s}{\beta + T + u} \left( \frac{\beta + T}{\beta + T + u} \right)^s du

        A sum of positive terms; the closed forms in the literature subtract and lose their digits.

        Source:
            Fader and Hardie, brucehardie.com/notes/012 (P(X(t) = n)) and 028 (given a history), there by 2F1.
        """
        c = self.r + x
        stays = log_negative_binomial(n, c, np.log1p(horizon / (self.alpha + T)))
        stays -= self.s * np.log1p(horizon / (self.beta + T))
        return np.logaddexp(stays, log_counts_of_leavers(self.letters, n, horizon, c, T))

    def next_purchase_quantile_if_alive(self, q: float, horizon: float, x: Floats, T: Floats) -> Floats:
        """
        See ``TransactionModel``.

        P(active) is concave in the horizon, so Newton's steps from 0 rise to the quantile and never pass it.
        """
        wanted = q * self.active_if_alive(horizon, x, T)
        time = np.zeros_like(T)
        for _step in range(NEWTON_STEPS):
            unmoved = np.exp(-(self.r + x) * np.log1p(time / (self.alpha + T)))
            density = (self.r + x) / (self.alpha + T + time) * unmoved * self.survival_if_alive(time, x, T)
            step = (wanted - self.active_if_alive(time, x, T)) / density
            time = np.clip(time + step, 0.0, horizon)
            if np.abs(step).max(initial=0.0) <= TIME_DIGITS * horizon:
                break
        return time

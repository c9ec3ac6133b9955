"""sBG: contracts renewed with a chance that differs between customers and stays with each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from evergrove.models.contractual.estimate import fitted
from evergrove.models.contractual.gamma_steps import log_gamma_bend
from evergrove.models.contractual.retention_model import RetentionModel
from evergrove.models.hypergeometric import power_mean

if TYPE_CHECKING:
    from evergrove.models.contractual.estimate import Renewals
    from evergrove.models.contractual.tenures import Tenures
    from evergrove.models.maximise import Objective
    from evergrove.models.types import Fit, Floats


@dataclass(frozen=True)
class ShiftedBetaGeometric(RetentionModel):
    r"""
    The shifted-beta-geometric model.

    A customer leaves at each renewal with the chance theta, which never changes; over customers theta is
    Beta(a, b) distributed. Retention rates rise with tenure because those likely to leave have left:

    .. math::

        S(t) = \frac{B(a, b + t)}{B(a, b)}
        \qquad r_t = \frac{S(t)}{S(t - 1)} = \frac{b + t - 1}{a + b + t - 1}

    ``fit`` takes one cohort or several pooled, ``survival(t)`` the share still there after t periods, and
    ``discounted_expected_residual_lifetime`` the payments still expected. Times are whole periods.

    Attributes:
        a: First shape of the chance to leave, > 0: the mean chance is a / (a + b). The paper calls it alpha.
        b: Second shape, > 0; the paper's beta. Where both are large customers hardly differ.
        period: The period of renewal.

    Raises:
        InvalidParameter: A shape is not a finite number above 0.
        UnknownPeriod: Not a period of renewal.

    Source:
        Fader and Hardie (2007), How to Project Customer Retention, Journal of Interactive Marketing 21(1),
        76-90; several cohorts: brucehardie.com/notes/017.
    """

    a: float
    b: float

    title: ClassVar[str] = "sBG"
    parameters: ClassVar[tuple[str, ...]] = ("a", "b")

    @property
    def alpha(self) -> float:
        """The first shape, by the paper's letter and that of ``BetaDiscreteWeibull``."""
        return self.a

    @property
    def beta(self) -> float:
        """The second shape, likewise."""
        return self.b

    @classmethod
    def fit(cls, tenures: Tenures) -> Fit[ShiftedBetaGeometric]:
        """
        Maximum likelihood estimates from one cohort or several, right-censored.

        Args:
            tenures: How long everybody stayed; the model carries their period.

        Returns:
            The fit. ``warnings`` says what is not identified; the same warnings are issued.

        Raises:
            NothingToLearn: Nobody has left, or nobody has ever renewed.
            ContractNotConverged: No start led to a maximum.
        """
        return fitted(cls, tenures, surface, [(0.5,), (3.0,), (30.0,)])

    def log_kept(self, since: Floats, until: Floats) -> Floats:
        r"""
        See ``RetentionModel.log_kept``.

        .. math:: \ln \frac{S(v)}{S(u)} = \ln B(a, b + v) - \ln B(a, b + u)
        """
        return -log_gamma_bend(self.b + since, self.a, until - since)

    def residual(self, renewal: float, rate: float, rank: int) -> float:
        r"""
        See ``RetentionModel.residual``; q = b + n, c = a + b + n and z = 1 / (1 + d).

        .. math::

            \frac{q - 1}{c - 1} {}_2F_1(k + 1, q; c; z)
            = \frac{q - 1}{c - 1} \left( \frac{1 + d}{d} \right)^{k + 1} E\left[(1 + p / d)^{-k - 1}\right]

        over p ~ Beta(a, q). At d = 0 Gauss's sum is known where a > k + 1, else it has no limit.
        """
        a, b, due = np.array([[self.a], [self.b], [renewal]])
        return float(residuals(a, b, due, rate, rank)[0])


def residuals(a: Floats, b: Floats, renewal: Floats, rate: float, rank: int) -> Floats:
    """``ShiftedBetaGeometric.residual`` for several populations, shape (n,) each."""
    q, c = b + renewal, a + b + renewal
    if rate == 0:
        below, above = a - 1, c - 1
        sums = above / np.where(below > 0, below, np.nan)
        if rank:
            sums = sums * (above - 1) / np.where(below > 1, below - 1, np.nan)
        return np.asarray((q - 1) / (c - 1) * np.where(np.isnan(sums), np.inf, sums))
    mean = power_mean(np.full_like(q, rank + 1.0), a, q, np.full_like(q, 1 / rate))
    return np.asarray((q - 1) / (c - 1) * (1 / rate + 1) ** (rank + 1) * mean)


def surface(renewals: Renewals) -> Objective:
    r"""
    The log-likelihood over theta = log(a, b), with gradient (2,) and exact Hessian (2, 2).

    .. math::

        \sum_t d_t \ln a + (n_t - d_t) \ln(b + t - 1) - n_t \ln(a + b + t - 1)

    with d_t lost of n_t who were up for their t-th renewal.
    """
    before = renewals.t - 1
    lost, total = renewals.lost.sum(), renewals.lost + renewals.stayed

    def objective(theta: Floats) -> tuple[float, Floats, Floats]:
        a, b = np.exp(theta)
        kept, both = b / (b + before), 1 / (a + b + before)
        value = lost * theta[0] + renewals.stayed @ np.log(b + before) + total @ np.log(both)
        gradient = np.array([
            lost - a * (total @ both),
            renewals.stayed @ kept - b * (total @ both),
        ])  # fmt: skip
        bend = total @ both**2
        own = renewals.stayed @ kept**2
        hessian = np.array([
            [a * a * bend - lost, a * b * bend],
            [a * b * bend, b * b * bend - own],
        ])  # fmt: skip
        return float(value), gradient, hessian + np.diag(gradient)

    return objective

"""BdW: sBG with a memory; the chance to leave may rise or fall with tenure for each customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from evergrove.models.contractual.estimate import fitted
from evergrove.models.contractual.gamma_steps import (
    digamma_step,
    log_gamma_bend,
    trigamma,
    trigamma_step,
)
from evergrove.models.contractual.retention_model import RetentionModel
from evergrove.models.contractual.tail_sum import tail_sum

if TYPE_CHECKING:
    from evergrove.models.contractual.estimate import Renewals
    from evergrove.models.contractual.tenures import Tenures
    from evergrove.models.maximise import Objective
    from evergrove.models.types import Fit, Floats

FAR = 300.0  # of log t^c: beyond, ln B(alpha, beta + t^c) is a straight line in it to the last digit


@dataclass(frozen=True)
class BetaDiscreteWeibull(RetentionModel):
    r"""
    The beta-discrete-Weibull model.

    A customer survives t renewals with chance (1 - theta)^(t^c), theta being Beta(alpha, beta) distributed
    over customers. Above c = 1 everybody is the likelier to leave the longer they have been there, below it
    the less likely; at c = 1 the model is sBG.

    .. math:: S(t) = \frac{B(\alpha, \beta + t^c)}{B(\alpha, \beta)}

    ``fit``, ``survival(t)`` and ``discounted_expected_residual_lifetime`` are asked as of ``ShiftedBetaGeometric``,
    whose a and b are alpha and beta here. Times are whole periods.

    Attributes:
        alpha: First shape of the chance to leave at the first renewal, > 0.
        beta: Second shape, > 0.
        c: Exponent of tenure, > 0.
        period: The period of renewal.

    Raises:
        InvalidParameter: A parameter is not a finite number above 0.
        UnknownPeriod: Not a period of renewal.

    Source:
        Fader, Hardie, Liu, Davin and Steenburgh (2018), "How to Project Customer Retention" Revisited: The
        Role of Duration Dependence, Journal of Interactive Marketing 43, 1-16.
    """

    alpha: float
    beta: float
    c: float

    title: ClassVar[str] = "BdW"
    parameters: ClassVar[tuple[str, ...]] = ("alpha", "beta", "c")

    @classmethod
    def fit(cls, tenures: Tenures) -> Fit[BetaDiscreteWeibull]:
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
        starts = [(0.5, 1.5), (3.0, 1.0), (30.0, 0.7), (30.0, 1.5)]
        return fitted(cls, tenures, surface, starts)

    def log_kept(self, since: Floats, until: Floats) -> Floats:
        r"""
        See ``RetentionModel.log_kept``.

        .. math:: \ln \frac{S(v)}{S(u)} = \ln B(\alpha, \beta + v^c) - \ln B(\alpha, \beta + u^c)
        """
        return log_kept_at(self.alpha, self.beta, self.c, _log(since), _log(until))

    def residual(self, renewal: float, rate: float, rank: int) -> float:
        """
        See ``RetentionModel.residual``; terms are summed, and their tail by Euler and Maclaurin's formula.

        Relative error below 1e-11. At rate 0, S(t) falls like t^-(alpha c): there is no limit where
        alpha c <= k + 1.
        """
        exponent = self.alpha * self.c
        if rate == 0 and exponent <= rank + 1:
            return np.inf
        since = np.log(renewal - 1) if renewal > 1 else -np.inf
        return tail_sum(
            lambda log_t: log_kept_at(self.alpha, self.beta, self.c, np.full_like(log_t, since), log_t),
            renewal,
            float(np.log1p(rate)),
            rank,
            width=1 / max(1.0, self.c),
            flat=(FAR / self.c, exponent),
        )


def log_kept_at(alpha: float, beta: float, c: float, since: Floats, until: Floats) -> Floats:
    """
    Log of S(until) / S(since) by the logarithms of both, shape (n,): these may be lengths beyond float64.

    Args:
        alpha: As in ``BetaDiscreteWeibull``, like the next two.
        beta: Second shape.
        c: Exponent of tenure.
        since: Logarithm of a tenure, -inf for 0.
        until: Logarithm of a later one.
    """
    powers, far = [], []
    for log_t in (since, until):
        powers.append(np.exp(np.minimum(c * log_t, FAR)))
        far.append(np.maximum(c * log_t - FAR, 0.0))
    near = log_gamma_bend(beta + powers[0], alpha, powers[1] - powers[0])
    return np.asarray(-near - alpha * (far[1] - far[0]))


def surface(renewals: Renewals) -> Objective:
    r"""
    The log-likelihood over theta = log(alpha, beta, c), with gradient (3,) and exact Hessian (3, 3).

    .. math:: \sum_t (n_t - d_t) D_t + d_t \ln(1 - e^{D_t})
        \qquad D_t = \ln \frac{S(t)}{S(t - 1)}

    with d_t lost of n_t who were up for their t-th renewal.
    """
    lost, stayed = renewals.lost, renewals.stayed
    ends = np.concatenate((renewals.t - 1, renewals.t))
    before, after = np.split(_log(ends), 2)

    def objective(theta: Floats) -> tuple[float, Floats, Floats]:
        letters = np.exp(theta)
        alpha, beta, c = map(float, letters)
        kept = log_kept_at(alpha, beta, c, before, after)
        with np.errstate(divide="ignore"):  # nobody can leave where D = 0
            gone = np.where(lost > 0, lost * np.log(-np.expm1(kept)), 0.0)
        first, second = _derivatives(letters, ends)
        steps, bends = first[:, 1] - first[:, 0], second[..., 1, :] - second[..., 0, :]
        odds = 1 / np.expm1(np.maximum(-kept, 1e-300))  # d ln(1 - e^D) / dD = -1 / (e^-D - 1)
        pull = stayed - lost * odds
        gradient = letters * (steps @ pull)
        hessian = bends @ pull - (steps * (lost * odds * (1 + odds))) @ steps.T
        hessian = letters[:, None] * hessian * letters + np.diag(gradient)
        return float(stayed @ kept + gone.sum()), gradient, hessian

    return objective


def _derivatives(letters: Floats, t: Floats) -> tuple[Floats, Floats]:
    """Derivatives of ln S by alpha, beta and c at both ends of k renewals: (3, 2, k) and (3, 3, 2, k)."""
    alpha, beta, c = letters
    log_t = np.log(np.maximum(t, 1.0))  # at t = 0 whatever stands here is multiplied by u = 0
    u = np.where(t > 0, np.exp(np.minimum(c * log_t, FAR)), 0.0)
    move = u * log_t  # du / dc
    at = beta + u
    fall, bend = digamma_step(at, alpha), trigamma_step(at, alpha)
    by_alpha = -digamma_step(np.full_like(u, alpha + beta), u) - np.maximum(c * log_t - FAR, 0.0)
    by_beta = digamma_step(np.full_like(u, beta), alpha) - fall
    first = np.stack((by_alpha, by_beta, -fall * move))
    curve = trigamma_step(np.full_like(u, alpha + beta), u)  # -> trigamma(a + b) as u grows
    base = trigamma_step(np.full_like(u, beta), alpha)
    rest = -trigamma(alpha + at)
    second = np.array([
        [curve, curve, rest * move],
        [curve, bend - base, bend * move],
        [rest * move, bend * move, bend * move**2 - fall * move * log_t],
    ])  # fmt: skip
    return first.reshape(3, 2, -1), second.reshape(3, 3, 2, -1)


def _log(t: Floats) -> Floats:
    with np.errstate(divide="ignore"):  # -inf for 0: 0^c = 0
        return np.log(t)

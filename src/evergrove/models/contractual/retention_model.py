"""What every model of contractual retention can be asked, written once over a survival curve."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from evergrove.core import Horizon, InputError, _
from evergrove.models.contractual.periods import (
    Period,
    check_period,
    in_periods,
    rate_per_period,
    whole_periods,
)
from evergrove.models.types import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from evergrove.models.contractual.tenures import Tenures
    from evergrove.models.types import Floats

BLOCK = 4096  # periods summed at a time
NOTHING = 1e-16  # of a sum: lost in its last digit


class EndlessLifetime(InputError):
    """A sum over a whole lifetime has no limit."""

    code = "models.endless_lifetime"
    message = _("{model}: at an annual discount rate of {rate}, what a lifetime adds up to has no limit.")
    hint = _(
        "Give a rate above 0 (0.10 is ten per cent a year), or ask expected_lifetime for a horizon: so many "
        "customers are expected to stay for very long that the sum never ends."
    )


@dataclass(frozen=True, kw_only=True)
class RetentionModel(ABC):
    """
    A population of contracts that are renewed, or not, once every period; known by its parameters.

    Time counts whole periods. S(t) is the share still there after t periods, S(0) = 1; the t-th renewal
    falls due at the end of period t, and who does not renew then has the tenure t.

    Attributes:
        period: The period of renewal, which discount rates are converted to.
        title: What people call the model.
        parameters: Their names, in the order of the literature.
    """

    period: Period = "year"

    title: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]]

    def __post_init__(self) -> None:
        """Refuse parameters that no such population has."""
        check_period(self.period)
        for name in self.parameters:
            value = getattr(self, name)
            if not 0 < value < np.inf:
                raise InvalidParameter(model=self.title, name=name, value=value)

    # -- the forms in which models differ ---------------------------------------------------------

    @abstractmethod
    def log_kept(self, since: Floats, until: Floats) -> Floats:
        """Log of S(until) / S(since), shape (n,); 0 <= since <= until, whole periods."""

    @abstractmethod
    def residual(self, renewal: float, rate: float, rank: int) -> float:
        r"""
        A sum over all future renewals, or infinity where it has no limit.

        .. math:: \sum_{t \ge 0} (1 + t)^{k} \frac{S(n + t)}{S(n - 1)} (1 + d)^{-t}

        Args:
            renewal: n, the renewal that falls due next; >= 1.
            rate: d, per period, >= 0.
            rank: k, 0 or 1.
        """

    # -- the questions ----------------------------------------------------------------------------

    def survival(self, t: ArrayLike, tenure: ArrayLike = 0) -> Floats:
        """
        P(still a customer t periods later, given one after ``tenure`` periods).

        Args:
            t: Periods from ``tenure`` on, whole numbers >= 0. Shape (n,).
            tenure: Periods survived so far; 0 is a new customer. Shape (n,) or a number.

        Returns:
            Probabilities, shape (n,); S(t) for a new customer.
        """
        later, since = np.broadcast_arrays(whole_periods("t", t, 0), whole_periods("tenure", tenure, 0))
        return np.exp(self.log_kept(since, since + later))

    def retention(self, t: ArrayLike) -> Floats:
        """S(t) / S(t - 1): the share of those up for their t-th renewal who renew; t >= 1, shape (n,)."""
        at = whole_periods("t", t, 1)
        return np.exp(self.log_kept(at - 1, at))

    def hazard(self, t: ArrayLike) -> Floats:
        """1 - retention(t): the share of them who leave, also where it is tiny; shape (n,)."""
        at = whole_periods("t", t, 1)
        return -np.expm1(self.log_kept(at - 1, at))

    def expected_lifetime(self, horizon: Horizon | None = None, tenure: ArrayLike = 0) -> Floats:
        r"""
        Expected periods as a customer from ``tenure`` on, the current one included.

        .. math:: E[\min(L, h)] = \sum_{t = 0}^{h - 1} \frac{S(\tau + t)}{S(\tau)}

        Args:
            horizon: h: a number of periods, or a text such as "24 months"; None means for ever.
            tenure: tau, periods survived so far. Shape (n,) or a number.

        Returns:
            Periods, shape (n,).

        Raises:
            EndlessLifetime: Without a horizon, where the sum has no limit.
        """
        ages = whole_periods("tenure", tenure, 0)
        if horizon is None:
            return 1 + self._residuals(ages + 1, 0.0, 0.0, 0)
        length = in_periods(horizon, self.period)
        return _each(ages, lambda age: self._lived(age, length))

    def discounted_expected_residual_lifetime(self, annual_rate: float, renewal: ArrayLike = 1) -> Floats:
        r"""
        DERL: all payments still expected, counted in payments of today.

        .. math:: DERL(n) = \sum_{t = 0}^{\infty} \frac{S(n + t)}{S(n - 1)} (1 + d)^{-t}

        seen just before the n-th renewal falls due: the customer has renewed n - 1 times, and the payment
        due at this renewal, if it is made, is not discounted. Times the margin of a period it is the
        residual value of such a customer.

        Args:
            annual_rate: Effective annual discount rate (0.10 is ten per cent a year); d is its equivalent
                per ``period``.
            renewal: n, which renewal falls due next, from 1 on. Shape (n,) or a number.

        Returns:
            Payments, shape (n,).

        Raises:
            EndlessLifetime: At rate 0, where the sum has no limit.

        Source:
            Fader and Hardie (2010), Customer-Base Valuation in a Contractual Setting: The Perils of Ignoring
            Heterogeneity, Marketing Science 29(1), 85-93.
        """
        due = whole_periods("renewal", renewal, 1)
        return self._residuals(due, annual_rate, rate_per_period(annual_rate, self.period), 0)

    def discounted_expected_lifetime(self, annual_rate: float) -> float:
        r"""
        All payments of a new customer, the first one included.

        .. math:: \sum_{t = 0}^{\infty} S(t) (1 + d)^{-t} = 1 + DERL(1) / (1 + d)

        Args:
            annual_rate: As in ``discounted_expected_residual_lifetime``.

        Raises:
            EndlessLifetime: At rate 0, where the sum has no limit.
        """
        later = self.discounted_expected_residual_lifetime(annual_rate, 1)[0]
        return float(1 + later / (1 + rate_per_period(annual_rate, self.period)))

    def retention_elasticity(self, annual_rate: float, renewal: ArrayLike = 1) -> Floats:
        r"""
        By how many per cent DERL rises when every retention rate from now on rises by one per cent.

        .. math::

            \frac{\partial \ln DERL}{\partial \ln r}
            = \frac{\sum_t (1 + t) S(n + t) (1 + d)^{-t}}{\sum_t S(n + t) (1 + d)^{-t}}

        because S(n + t) / S(n - 1) is a product of t + 1 retention rates. It is the elasticity of the value
        of all customers together: the mean of their own elasticities, weighted by value. The plain mean
        of these, (1 + d) E[1 / (d + theta)] with theta a customer's chance to leave, counts those about to
        leave as much as the others and is lower.

        Args:
            annual_rate: As in ``discounted_expected_residual_lifetime``.
            renewal: n, which renewal falls due next, from 1 on. Shape (n,) or a number.

        Returns:
            Elasticities >= 1, shape (n,).

        Raises:
            EndlessLifetime: At rate 0, where a sum has no limit.
        """
        due, d = whole_periods("renewal", renewal, 1), rate_per_period(annual_rate, self.period)
        return self._residuals(due, annual_rate, d, 1) / self._residuals(due, annual_rate, d, 0)

    def log_likelihood(self, tenures: Tenures) -> float:
        """Log-likelihood of tenures whose periods are the model's."""
        seen = tenures.at_risk > 0
        t, lost, at_risk = np.arange(1.0, tenures.last + 1)[seen], tenures.lost[seen], tenures.at_risk[seen]
        kept = self.log_kept(t - 1, t)
        with np.errstate(divide="ignore"):  # -inf is meant where nobody can leave and somebody did
            left = np.where(lost > 0, lost * np.log(-np.expm1(kept)), 0.0)
        return float(left.sum() + (at_risk - lost) @ kept)

    def as_dict(self) -> dict[str, float]:
        """The parameters by name, for JSON."""
        return {name: float(getattr(self, name)) for name in self.parameters}

    def _residuals(self, due: Floats, annual_rate: float, rate: float, rank: int) -> Floats:
        sums = _each(due, lambda n: self.residual(n, rate, rank))
        if np.isinf(sums).any():
            raise EndlessLifetime(model=self.title, rate=annual_rate)
        return sums

    def _lived(self, age: float, length: float) -> float:
        """Sum of S(age + t) / S(age) over t < length; of a period begun its share counts."""
        total, begun = 0.0, 0.0
        while begun < length:
            t = np.arange(begun, min(begun + BLOCK, np.ceil(length)))
            kept = np.exp(self.log_kept(np.full_like(t, age), age + t))
            total += float(kept @ np.minimum(length - t, 1.0))
            begun += BLOCK
            if kept[-1] * (length - begun) < NOTHING * total:
                break
        return total


def _each(values: Floats, form: Callable[[float], float]) -> Floats:
    """Evaluate once per distinct value: what is answered does not depend on who else is asked about."""
    distinct, of = np.unique(values, return_inverse=True)
    return np.array([form(float(value)) for value in distinct])[of]

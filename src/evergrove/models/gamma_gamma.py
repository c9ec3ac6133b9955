"""Gamma-Gamma: how much a customer spends on a purchase day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from evergrove.core import EvergroveError, EvergroveWarning, InputError, _
from evergrove.models.estimate import Sample, concluded, search
from evergrove.models.gamma_gamma_likelihood import Surface
from evergrove.models.types import Fit, Floats, InvalidParameter, Summary

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Convention = Literal["all_days", "repeat_days"]

STARTS = ((4.0, 4.0, 1.0), (1.5, 2.5, 1.0), (12.0, 2.0, 0.1), (1.0, 20.0, 20.0))  # p, q, gamma / mean spend


class NoSpend(InputError):
    """Too few customers with a positive mean spend to tell how customers differ in it."""

    code = "models.no_spend"
    message = _(
        "Gamma-Gamma cannot be fitted: {customers} {customers:customer has|customers have} a positive mean spend ({convention})."
    )
    hint = _(
        "It needs amounts, at least ten customers with more than nought on average, and days to average."
    )


class SpendLeftOut(EvergroveWarning):
    """Customers whose mean spend is not positive take no part in the spend fit."""

    code = "models.spend_left_out"
    message = _(
        "{left_out} of {customers} {customers:customer|customers} {left_out:has|have} no positive mean spend and {left_out:is|are} left out of the fit."
    )
    hint = _("They are given the mean of all. Gifts, samples and refunds make such days.")


class InfiniteMeanSpend(EvergroveError):
    """The spend of the population has no mean."""

    code = "models.infinite_mean_spend"
    message = _("Gamma-Gamma: q = {q} is not above 1, so that the mean spend of the population is infinite.")
    hint = _(
        "Look for a few enormous amounts: a test order, a wrong decimal point, two currencies in one column."
    )


def days_and_means(summary: Summary, convention: Convention) -> tuple[Floats, Floats]:
    """
    What the spend model reads of a summary.

    Args:
        summary: With ``mean_day_spend`` for "all_days", with ``monetary_value`` for "repeat_days".
        convention: "all_days" averages the spend of all x + 1 purchase days, which ranks customers better;
            "repeat_days" leaves out the first day, as the papers do.

    Returns:
        Days averaged, shape (n,), and their mean spend, shape (n,); NaN where there is none.

    Raises:
        NoSpend: The summary carries no such mean.
    """
    if convention == "all_days":
        days, means = summary.frequency + 1, summary.mean_day_spend
    else:
        days, means = summary.frequency, summary.monetary_value
    if means is None:
        raise NoSpend(customers=0, convention=convention)
    return days, means


@dataclass(frozen=True)
class GammaGamma:
    r"""
    The Gamma-Gamma model of spend per purchase day, independent of how often a customer buys.

    A day's spend is Gamma(p, nu); customers differ in nu, which is Gamma(q, gamma) distributed. A mean m of
    n days has the density

    .. math::

        f(m \mid n) = \frac{\Gamma(p n + q)}{\Gamma(p n) \Gamma(q)}
        \frac{\gamma^q m^{p n - 1} n^{p n}}{(\gamma + n m)^{p n + q}}

    Attributes:
        p: Shape of a day's spend, > 0; 1 / sqrt(p) is its coefficient of variation.
        q: Shape of the customers' scales, > 1: only then has the population a mean.
        gamma: Their scale, in currency, > 0.

    Raises:
        InfiniteMeanSpend: q <= 1.

    Source:
        Fader, Hardie and Lee (2005), RFM and CLV: Using Iso-Value Curves for Customer Base Analysis, Journal
        of Marketing Research 42(4), 415-430; Fader and Hardie (2013), brucehardie.com/notes/025.
    """

    p: float
    q: float
    gamma: float

    name: ClassVar[str] = "gamma-gamma"
    title: ClassVar[str] = "Gamma-Gamma"
    parameters: ClassVar[tuple[str, ...]] = ("p", "q", "gamma")

    def __post_init__(self) -> None:
        """Refuse parameters that describe no spend."""
        for name in self.parameters:
            if not 0 < getattr(self, name) < np.inf:
                raise InvalidParameter(model=self.title, name=name, value=getattr(self, name))
        if self.q <= 1:
            raise InfiniteMeanSpend(q=f"{self.q:.4g}")

    @classmethod
    def fit(cls, summary: Summary, convention: Convention = "all_days") -> Fit[GammaGamma]:
        """
        Maximum likelihood estimates from customers with a positive mean spend.

        Args:
            summary: Histories with spend.
            convention: See ``days_and_means``.

        Returns:
            The fit; ``customers`` are those who took part, a warning counts the others.

        Raises:
            NoSpend: Fewer than ten customers with a positive mean.
            InfiniteMeanSpend: q came out at 1 or below.
            NotConverged: No start led to a maximum.
        """
        days, means = days_and_means(summary, convention)
        possible = days > 0
        used = possible & (means > 0) & np.isfinite(means)
        n, m, weight = days[used], means[used], summary.weights[used]
        if len(n) < 10:
            raise NoSpend(customers=len(n), convention=convention)
        scale = float(weight @ (n * m)) / float(weight @ n)

        def surface(step: int) -> tuple[Surface, float]:
            part = Surface.over(n[::step], m[::step] / scale, weight[::step])
            return part, float(weight[::step].sum())

        found = search(surface, len(n), [np.log(start) for start in STARTS], cls.title)
        customers, left_out = round(weight.sum()), round(summary.weights[possible & ~used].sum())
        doubts = (SpendLeftOut(left_out=left_out, customers=customers + left_out),) if left_out else ()
        return concluded(
            lambda letters: cls(**letters),
            found,
            Sample(cls.title, float(customers), summary.observation_end),
            scales={"p": 1.0, "q": 1.0, "gamma": scale},
            log_likelihood=found.value - customers * float(np.log(scale)),  # a density per unit of currency
            depth=2,
            doubts=doubts,
        )

    def log_likelihood(self, summary: Summary, convention: Convention = "all_days") -> float:
        """Log-likelihood of the means of those customers whose mean is positive."""
        n, m = days_and_means(summary, convention)
        used = (n > 0) & (m > 0) & np.isfinite(m)
        surface = Surface.over(n[used], m[used], summary.weights[used])
        return surface(np.log([self.p, self.q, self.gamma]))[0]

    @property
    def population_mean(self) -> float:
        """Mean spend per purchase day over customers, in currency."""
        return self.p * self.gamma / (self.q - 1)

    def expected_spend(self, frequency: ArrayLike, monetary_value: ArrayLike) -> Floats:
        r"""
        Expected spend per future purchase day.

        .. math::

            E(M \mid n, m) = \frac{p (\gamma + n m)}{p n + q - 1}

        a mean of the customer's own spend and the population's, the more the own the more days there are.

        Args:
            frequency: n, the days that were averaged: x + 1 for "all_days" (with the mean of all days), x
                for "repeat_days" (with ``monetary_value``); see ``days_and_means``. Shape (k,).
            monetary_value: m, their mean spend. Shape (k,); where it is NaN or not positive, or n is 0, the
                population's mean is returned.

        Returns:
            Currency per purchase day, shape (k,).
        """
        n, m = np.broadcast_arrays(
            np.atleast_1d(np.asarray(frequency, dtype=np.float64)),
            np.asarray(monetary_value, dtype=np.float64),
        )
        known = (n > 0) & (m > 0)
        n, total = np.where(known, n, 0.0), np.where(known, n * m, 0.0)
        return np.asarray(self.p * (self.gamma + total) / (self.p * n + self.q - 1))

    def as_dict(self) -> dict[str, float]:
        """The parameters by name, for JSON."""
        return {name: float(getattr(self, name)) for name in self.parameters}

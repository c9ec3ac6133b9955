"""Gamma-Gamma: how much a customer spends on a purchase day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from evergrove.core import EvergroveError, _
from evergrove.models.estimate import Sample, concluded, search
from evergrove.models.gamma_gamma_likelihood import Surface, log_density
from evergrove.models.gamma_gamma_rows import (
    Convention,
    SpendFit,
    SpendNotConverged,
    SpendRows,
    days_and_means,
    first_day_share,
)
from evergrove.models.maximise import in_the_words_of
from evergrove.models.process import as_arrays, is_positive
from evergrove.models.types import Floats, InvalidParameter, Summary

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["STARTS", "Convention", "GammaGamma", "InfiniteMeanSpend", "days_and_means"]

STARTS = ((4.0, 4.0, 1.0), (1.5, 2.5, 1.0), (12.0, 2.0, 0.1), (1.0, 20.0, 20.0))  # p, q, gamma / mean spend


class InfiniteMeanSpend(EvergroveError):
    """The spend of the population has no mean."""

    code = "models.infinite_mean_spend"
    message = _("Gamma-Gamma: q = {q} is not above 1, so that the mean spend of the population is infinite.")
    hint = _(
        "Look for a few enormous amounts: a test order, a wrong decimal point, two currencies in one column."
    )


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
            if not is_positive(getattr(self, name)):
                raise InvalidParameter(model=self.title, name=name, value=getattr(self, name))
        if self.q <= 1:
            raise InfiniteMeanSpend(q=f"{self.q:.4g}")

    @classmethod
    def fit(
        cls, summary: Summary, convention: Convention = "all_days", *, first_day: bool = False
    ) -> SpendFit[GammaGamma]:
        """
        Maximum likelihood estimates from customers with a positive mean spend.

        From means alone p shows only in how fast they close up with the number of days, and takes up whatever
        else differs between customers of few days and of many. The first day beside the others tells it from
        within customers: on CDNOW p falls from 9.9 to 3.9, and what was held back is foretold far better.

        Args:
            summary: Histories with spend.
            convention: See ``days_and_means``.
            first_day: Read the first day's share of all days too (see ``first_day_share``), where the summary
                has both means. The log-likelihood is then that of means and shares.

        Returns:
            The fit; ``customers`` are those who took part, a warning counts the others.

        Raises:
            NoSpend: Fewer than ten customers with a positive mean.
            InfiniteMeanSpend: q came out at 1 or below.
            SpendNotConverged: No start led to a maximum.
        """
        rows = SpendRows.of(summary, convention, first_day=first_day)
        scale = rows.mean_spend

        def surface(step: int) -> tuple[Surface, float]:
            n, m, weight, share = (v[::step] for v in (rows.n, rows.m, rows.weight, rows.share))
            return Surface.over(n, m / scale, weight, share), float(weight.sum())

        with in_the_words_of(SpendNotConverged):
            found = search(surface, len(rows.n), [np.log(start) for start in STARTS], cls.title)
        fit = concluded(
            lambda letters: cls(**letters),
            found,
            Sample(cls.title, float(rows.customers), summary.observation_end),
            scales={"p": 1.0, "q": 1.0, "gamma": scale},
            log_likelihood=found.value - rows.customers * float(np.log(scale)),  # per unit of currency
            depth=2,
            doubts=rows.doubts,
        )
        return SpendFit.of(fit, rows)

    def log_likelihood(
        self, summary: Summary, convention: Convention = "all_days", *, first_day: bool = False
    ) -> float:
        """Log-likelihood of the means (and shares) of those customers whose mean is positive."""
        n, m = days_and_means(summary, convention)
        used = (n > 0) & (m > 0) & np.isfinite(m)
        share = first_day_share(summary)[used] if first_day else None
        surface = Surface.over(n[used], m[used], summary.weights[used], share)
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
        n, total = self.own(frequency, monetary_value)
        return np.asarray(self.p * (self.gamma + total) / (self.p * n + self.q - 1))

    def log_predictive(
        self, frequency: ArrayLike, monetary_value: ArrayLike, later_days: ArrayLike, later_mean: ArrayLike
    ) -> Floats:
        """
        Log density of what a customer spends later, given the days so far: the score of a held-out mean.

        Args:
            frequency: n, as in ``expected_spend``. Shape (k,).
            monetary_value: m, as in ``expected_spend``. Shape (k,).
            later_days: Days later, >= 1. Shape (k,).
            later_mean: Their mean spend, > 0. Shape (k,).

        Returns:
            Per unit of currency, shape (k,).
        """
        n, total = self.own(frequency, monetary_value)
        days, mean = (np.asarray(v, dtype=np.float64) for v in (later_days, later_mean))
        return log_density(days, mean, self.p, self.q + self.p * n, self.gamma + total)

    @staticmethod
    def own(frequency: ArrayLike, monetary_value: ArrayLike) -> tuple[Floats, Floats]:
        """Days that count and what was spent on them, shape (k,); 0 where nothing is known."""
        n, m = as_arrays(frequency, monetary_value)
        known = (n > 0) & (m > 0)
        return np.where(known, n, 0.0), np.where(known, n * m, 0.0)

    def as_dict(self) -> dict[str, float]:
        """The parameters by name, for JSON."""
        return {name: float(getattr(self, name)) for name in self.parameters}

"""What the spend models read of a summary: days, means, and the first day's share of what was spent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from evergrove.core import EvergroveWarning, InputError, _
from evergrove.core.arguments import of_kind, one_of
from evergrove.models.maximise import NotConverged
from evergrove.models.types import SUMMARY, Fit, Model_co, Summary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.types import Floats

Convention = Literal["all_days", "repeat_days"]

FEWEST = 10  # customers with a positive mean
NO_SHARE = 1e-9  # of a customer's spend: a day that rounding leaves of a day without money


class NoSpend(InputError):
    """Too few customers with a positive mean spend to tell how customers differ in it."""

    code = "models.no_spend"
    message = _(
        "Gamma-Gamma cannot be fitted: {customers} {customers:customer has|customers have} a positive mean spend ({convention})."
    )
    hint = _(
        "It needs amounts, at least ten customers with more than nought on average, and days to average."
    )


class SpendNotConverged(NotConverged):
    """A model of money has no maximum that Newton's method could find."""

    code = "models.spend_not_converged"
    hint = _(
        "In this order: look for a wrong unit of money, or a few amounts thousands of times the others; give more "
        "customers with several purchases; take each customer's own mean instead."
    )


class SpendLeftOut(EvergroveWarning):
    """Customers whose mean spend is not positive take no part in the spend fit."""

    code = "models.spend_left_out"
    message = _(
        "{left_out} of {customers} {customers:customer|customers} {left_out:has|have} no positive mean spend and {left_out:is|are} left out of the fit."
    )
    hint = _("They are given the mean of all. Gifts, samples and refunds make such days.")


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
    of_kind("summary", summary, Summary, SUMMARY)
    one_of("convention", convention, get_args(Convention))
    if convention == "all_days":
        days, means = summary.frequency + 1, summary.mean_day_spend
    else:
        days, means = summary.frequency, summary.monetary_value
    if means is None:
        raise NoSpend(customers=0, convention=convention)
    return days, means


def first_day_share(summary: Summary) -> Floats:
    """
    The first purchase day's share of all that a customer spent, from the mean of all days and of repeat days.

    Returns:
        Shares in (0, 1), shape (n,); NaN where nobody came back, and where the first day or the mean of the
        others is not positive.

    Raises:
        NoSpend: The summary lacks one of the two means.
    """
    x, of_all, of_repeats = summary.frequency, summary.mean_day_spend, summary.monetary_value
    if of_all is None or of_repeats is None:
        raise NoSpend(customers=0, convention="all_days" if of_all is None else "repeat_days")
    several = (x > 0) & (of_all > 0) & (of_repeats > 0)
    total, repeats = (x + 1) * of_all, x * of_repeats
    share = 1 - np.divide(repeats, total, out=np.full(len(x), np.nan), where=several)
    return np.where((share > NO_SHARE) & (share < 1 - NO_SHARE), share, np.nan)


@dataclass(frozen=True, eq=False)
class SpendFit(Fit[Model_co]):
    """
    The fit of a spend model, with what of the summary it read.

    Attributes:
        convention: Which days were averaged.
        first_day: Whether the first day's share was read beside the means.
        returns: A ``ReturnRate`` of what goes back beside the amounts that were read; None where that is unknown,
            or nothing.
    """

    convention: Convention = "all_days"
    first_day: bool = False
    returns: Any = None

    @classmethod
    def of(cls, fit: Fit[Any], rows: SpendRows) -> SpendFit[Any]:
        """A fit on these rows."""
        return cls(**vars(fit), convention=rows.convention, first_day=rows.first_day)


@dataclass(frozen=True, eq=False)
class SpendRows:
    """
    The rows of a summary that a spend model is fitted on.

    Attributes:
        used: Which rows of the summary these are. Shape (rows of the summary,).
        n: Days averaged. Shape (rows,), as the next three.
        m: Their mean spend, > 0.
        share: The first day's share of n m; NaN where it says nothing, or is not to be read.
        weight: Customers of each row.
        left_out: Customers with days but without a positive mean.
        convention: Which days were averaged.
    """

    used: NDArray[np.bool_]
    n: Floats
    m: Floats
    share: Floats
    weight: Floats
    left_out: int
    convention: Convention

    @classmethod
    def of(cls, summary: Summary, convention: Convention, *, first_day: bool = False) -> SpendRows:
        """
        Take the customers with a positive mean.

        Args:
            summary: Histories with spend.
            convention: See ``days_and_means``.
            first_day: Read the first day's share too, where the summary has both means; of "repeat_days" the
                first day is no part.

        Raises:
            NoSpend: Fewer than ten customers with a positive mean.
        """
        days, means = days_and_means(summary, convention)
        possible = days > 0
        used = possible & (means > 0) & np.isfinite(means)
        if int(used.sum()) < FEWEST:
            raise NoSpend(customers=int(used.sum()), convention=convention)
        read = first_day and convention == "all_days" and summary.monetary_value is not None
        share = first_day_share(summary)[used] if read else np.full(int(used.sum()), np.nan)
        left_out = round(float(summary.weights[possible & ~used].sum()))
        return cls(used, days[used], means[used], share, summary.weights[used], left_out, convention)

    @property
    def first_day(self) -> bool:
        """Whether any first day tells something."""
        return bool(np.isfinite(self.share).any())

    @property
    def customers(self) -> int:
        """How many customers the rows stand for."""
        return round(float(self.weight.sum()))

    @property
    def mean_spend(self) -> float:
        """Of a purchase day, over all days: the currency's scale."""
        return float(self.weight @ (self.n * self.m)) / float(self.weight @ self.n)

    @property
    def doubts(self) -> tuple[EvergroveWarning, ...]:
        """What is to be said of those left out."""
        if not self.left_out:
            return ()
        return (SpendLeftOut(left_out=self.left_out, customers=self.customers + self.left_out),)

"""Expected spend per purchase day: Gamma-Gamma, a regression on frequency, or the documented simpler estimate."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from evergrove.core import EvergroveError, EvergroveWarning
from evergrove.scoring.errors import SpendModelFailed
from evergrove.scoring.returns import kept_share, return_rate

if TYPE_CHECKING:
    from evergrove.models.gamma_gamma_rows import SpendFit
    from evergrove.models.types import Fit, Floats, Summary
    from evergrove.scoring.types import SpendConvention

SpendForm = Literal["means", "first_day", "frequency", "means_gross", "first_day_gross", "frequency_gross"]
"""
How the spend model is fitted: Gamma-Gamma on the customers' means, as the papers do; Gamma-Gamma on the first day
beside the means; or the regression on how often customers have come back. See ``scoring.spend_choice``. Expected
spend is net of what goes back without naming an order, but in a gross form.
"""
GROSS = "_gross"


@dataclass(frozen=True, eq=False)
class SpendEvidence:
    """
    What is known of each customer's spend.

    Attributes:
        days: Purchase days that the spend model reads, 0 where their mean is not positive. Shape (n,).
        mean: Mean net amount of these days; any value where ``days`` is 0. Shape (n,).
        expected: Expected net amount of a purchase day. Shape (n,).
        relative: What the customer's covariates multiply spend by: his scale is gamma times it. Shape (n,);
            None where the model has no slopes, and it is 1 for all.
        kept: The share of these amounts that does not go back without naming an order; ``expected`` is net of the
            rest. Shape (n,); None where nothing does, and it is 1 for all.
    """

    days: Floats
    mean: Floats
    expected: Floats
    relative: Floats | None = None
    kept: Floats | None = None

    @classmethod
    def under(
        cls,
        model: Any | None,
        days: Floats,
        mean: Floats,
        relative: Floats | None = None,
        of_all: float | None = None,
    ) -> SpendEvidence:
        """
        What a spend model expects after days of a mean: p (gamma + n m) / (p n + q - 1).

        Without a model it is the customer's own mean, and the mean of all purchase days where there is none.

        Args:
            model: Gamma-Gamma, a spend regression or None.
            days: n, shape (n,).
            mean: m, shape (n,).
            relative: As the attribute; from ``relative_spend``.
            of_all: The mean of all purchase days; None: of these.
        """
        if model is not None:
            p, q = model.p, model.q
            gamma = model.gamma if relative is None else model.gamma * relative
            return cls(days, mean, p * (gamma + days * mean) / (p * days + q - 1), relative)
        return cls(days, mean, np.where(days > 0, mean, _mean(days, mean) if of_all is None else of_all))

    def net(self, kept: Floats | None) -> SpendEvidence:
        """The same where only a share is kept of what customers pay."""
        return self if kept is None else replace(self, expected=self.expected * kept, kept=kept)


def relative_spend(model: Any | None, summary: Summary) -> Floats | None:
    """What covariates multiply each customer's spend by, shape (n,); None for a model without slopes."""
    if model is None or not getattr(model, "slopes", None):
        return None
    from evergrove.models.spend import FREQUENCY, covariates_of  # noqa: PLC0415 -- only where spend is regressed

    z = covariates_of(summary, frequency=FREQUENCY in model.slopes)
    return np.asarray(model.scale(z, len(summary)) / model.gamma)


def spend_model(parameters: dict[str, float]) -> Any:
    """The spend model of these parameters: what is neither p nor q nor gamma is a slope."""
    from evergrove.models.gamma_gamma import GammaGamma  # noqa: PLC0415 -- only where spend is modelled

    slopes = {name: slope for name, slope in parameters.items() if name not in GammaGamma.parameters}
    letters = {name: value for name, value in parameters.items() if name not in slopes}
    if not slopes:
        return GammaGamma(**letters)
    from evergrove.models.spend import SpendRegression  # noqa: PLC0415 -- as above

    return SpendRegression(**letters, slopes=slopes)


def observed(summary: Summary, convention: SpendConvention) -> tuple[Floats, Floats]:
    """
    Purchase days that the spend model reads and their mean, per customer.

    All x + 1 days by default; the papers read repeat days only. Where the mean is unknown or not positive no
    day is read: days are 0 and so is the mean. Shapes (n,), (n,).
    """
    everything = convention == "all_days"
    mean = summary.mean_day_spend if everything else summary.monetary_value
    days = summary.frequency + 1 if everything else summary.frequency
    if mean is None:
        return np.zeros(len(days)), np.zeros(len(days))
    counts = (days > 0) & (mean > 0)
    return np.where(counts, days, 0.0), np.where(counts, mean, 0.0)


def fit_spend(
    summary: Summary, convention: SpendConvention, form: SpendForm = "means"
) -> tuple[Fit[Any] | None, SpendModelFailed | None]:
    """
    Fit the spend model.

    Returns:
        The fit, or None with the reason; (None, None) without a single positive amount.
    """
    days, _ = observed(summary, convention)
    customers = int((days > 0).sum())
    if customers == 0:
        return None, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EvergroveWarning)  # they travel in Fit.warnings
            fit = _fit(summary, convention, form)
            return (fit if form.endswith(GROSS) else replace(fit, returns=return_rate(summary))), None
    except (EvergroveError, ArithmeticError, np.linalg.LinAlgError, ValueError) as error:
        return None, SpendModelFailed(customers=customers, reason=str(error))


def gross(form: SpendForm) -> SpendForm:
    """The form that takes nothing off expected spend for what goes back."""
    return form if form.endswith(GROSS) else cast("SpendForm", form + GROSS)


def _fit(summary: Summary, convention: SpendConvention, form: SpendForm) -> SpendFit[Any]:
    if form.startswith("frequency"):
        from evergrove.models.spend import SpendRegression  # noqa: PLC0415 -- only where it is asked for

        return SpendRegression.fit(summary, convention=convention)
    from evergrove.models.gamma_gamma import GammaGamma  # noqa: PLC0415 -- only where spend is modelled

    return GammaGamma.fit(summary, convention, first_day=form.startswith("first_day"))


def evidence(
    fit: Fit[Any] | None, summary: Summary, convention: SpendConvention, of_all: float | None = None
) -> SpendEvidence:
    """
    What is known of each customer's spend, with the expectation that follows.

    Args:
        fit: Of the spend model, or None.
        summary: The customers.
        convention: Which days it reads.
        of_all: As for ``SpendEvidence.under``.
    """
    model = None if fit is None else fit.model
    known = SpendEvidence.under(model, *observed(summary, convention), relative_spend(model, summary), of_all)
    return known.net(kept_share(fit, summary))


def mean_of_all(summary: Summary, convention: SpendConvention) -> float:
    """Mean net amount of all purchase days that are read; NaN without any."""
    return _mean(*observed(summary, convention))


def _mean(days: Floats, mean: Floats) -> float:
    total = float(days.sum())
    return float((days * mean).sum()) / total if total else float("nan")


def expected_spend(fit: Fit[Any] | None, summary: Summary, convention: SpendConvention) -> Floats | None:
    """Expected net amount of a purchase day per customer, shape (n,); None without amounts."""
    if summary.mean_day_spend is None:
        return None
    return evidence(fit, summary, convention).expected

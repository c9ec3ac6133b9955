"""Expected spend per purchase day: Gamma-Gamma, or the documented simpler estimate."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import EvergroveError, EvergroveWarning
from evergrove.scoring.errors import SpendModelFailed

if TYPE_CHECKING:
    from evergrove.models.types import Fit, Floats, Summary
    from evergrove.scoring.types import SpendConvention


@dataclass(frozen=True, eq=False)
class SpendEvidence:
    """
    What is known of each customer's spend.

    Attributes:
        days: Purchase days that the spend model reads, 0 where their mean is not positive. Shape (n,).
        mean: Mean net amount of these days; any value where ``days`` is 0. Shape (n,).
        expected: Expected net amount of a purchase day. Shape (n,).
    """

    days: Floats
    mean: Floats
    expected: Floats

    @classmethod
    def under(cls, model: Any | None, days: Floats, mean: Floats) -> SpendEvidence:
        """
        What a spend model expects after days of a mean: p (gamma + n m) / (p n + q - 1).

        Without a model it is the customer's own mean, and the mean of all purchase days where there is none.
        """
        if model is not None:
            p, q, gamma = model.p, model.q, model.gamma
            return cls(days, mean, p * (gamma + days * mean) / (p * days + q - 1))
        total = float(days.sum())
        of_all = float((days * mean).sum()) / total if total else float("nan")
        return cls(days, mean, np.where(days > 0, mean, of_all))


def spend_model(parameters: dict[str, float]) -> Any:
    """Gamma-Gamma from its parameters."""
    from evergrove.models.gamma_gamma import GammaGamma  # noqa: PLC0415 -- only where spend is modelled

    return GammaGamma(**parameters)


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
    summary: Summary, convention: SpendConvention
) -> tuple[Fit[Any] | None, SpendModelFailed | None]:
    """
    Fit Gamma-Gamma.

    Returns:
        The fit, or None with the reason; (None, None) without a single positive amount.
    """
    days, _ = observed(summary, convention)
    customers = int((days > 0).sum())
    if customers == 0:
        return None, None
    from evergrove.models.gamma_gamma import GammaGamma  # noqa: PLC0415 -- only where spend is modelled

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EvergroveWarning)  # they travel in Fit.warnings
            return GammaGamma.fit(summary, convention), None
    except (EvergroveError, ArithmeticError, np.linalg.LinAlgError, ValueError) as error:
        return None, SpendModelFailed(customers=customers, reason=str(error))


def evidence(fit: Fit[Any] | None, summary: Summary, convention: SpendConvention) -> SpendEvidence:
    """What is known of each customer's spend, with the expectation that follows."""
    return SpendEvidence.under(None if fit is None else fit.model, *observed(summary, convention))


def expected_spend(fit: Fit[Any] | None, summary: Summary, convention: SpendConvention) -> Floats | None:
    """Expected net amount of a purchase day per customer, shape (n,); None without amounts."""
    if summary.mean_day_spend is None:
        return None
    return evidence(fit, summary, convention).expected

"""Is a model with more parameters better than chance makes it look?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.core import InputError, _
from evergrove.models.gamma_gamma import GammaGamma

if TYPE_CHECKING:
    from evergrove.models.gamma_gamma_rows import SpendFit
    from evergrove.models.types import Fit, Summary


class NotNested(InputError):
    """Two fits that no likelihood-ratio test can compare."""

    code = "models.not_nested"
    message = _(
        "{general} with {more} {more:parameter|parameters} on {customers} {customers:customer|customers} cannot be tested against {special} with {fewer} on {others}."
    )
    hint = _("The second model must be the first with some parameters fixed, fitted to the same customers.")


@dataclass(frozen=True)
class LikelihoodRatio:
    """
    A likelihood-ratio test.

    Attributes:
        statistic: Twice the difference of log-likelihoods, >= 0 but for rounding.
        degrees: Parameters more.
        p_value: The chance of as much without any effect (chi-squared).
    """

    statistic: float
    degrees: int
    p_value: float


def likelihood_ratio(general: Fit[Any], special: Fit[Any]) -> LikelihoodRatio:
    """
    Compare a model with its special case, both fitted to the same customers.

    Args:
        general: With the further parameters.
        special: Without them.

    Raises:
        NotNested: The fits rest on different customers, or the first has no more parameters.
    """
    from scipy.special import gammaincc  # noqa: PLC0415 -- a fit itself costs no import of scipy

    degrees = len(general.parameters) - len(special.parameters)
    if degrees < 1 or general.customers != special.customers:
        raise NotNested(
            general=general.model.title,
            more=len(general.parameters),
            customers=general.customers,
            special=special.model.title,
            fewer=len(special.parameters),
            others=special.customers,
        )
    statistic = 2 * (general.log_likelihood - special.log_likelihood)
    return LikelihoodRatio(statistic, degrees, float(gammaincc(degrees / 2, max(statistic, 0.0) / 2)))


def against_gamma_gamma(fit: SpendFit[Any], summary: Summary) -> LikelihoodRatio:
    """
    Test all slopes of a spend regression at once: Gamma-Gamma is the regression without them.

    Args:
        fit: From ``SpendRegression.fit``, with one slope at least.
        summary: What it was fitted on.
    """
    return likelihood_ratio(fit, GammaGamma.fit(summary, fit.convention, first_day=fit.first_day))

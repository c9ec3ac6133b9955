"""Is a spend regression better than chance makes it look?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.models.covariates import LikelihoodRatio
from evergrove.models.covariates.errors import NotNested
from evergrove.models.gamma_gamma import GammaGamma

if TYPE_CHECKING:
    from evergrove.models.gamma_gamma_rows import SpendFit
    from evergrove.models.spend.regression import SpendRegression
    from evergrove.models.types import Summary


def against_gamma_gamma(fit: SpendFit[SpendRegression], summary: Summary) -> LikelihoodRatio:
    """
    Test all slopes of a spend regression at once: Gamma-Gamma is the regression without them.

    Args:
        fit: From ``SpendRegression.fit``.
        summary: What it was fitted on.

    Raises:
        NotNested: The regression has no slope, or was fitted to other customers.

    Source:
        Wilks (1938), Annals of Mathematical Statistics 9(1), 60-62.
    """
    from scipy.special import chdtrc  # noqa: PLC0415 -- a fit itself costs no import of scipy

    plain = GammaGamma.fit(summary, fit.convention, first_day=fit.first_day)
    df = len(fit.parameters) - len(plain.parameters)
    if df == 0:
        raise NotNested(reason=_("the regression has no slope"))
    if fit.customers != plain.customers:
        raise NotNested(reason=_("they rest on different customers"))
    statistic = max(2 * (fit.log_likelihood - plain.log_likelihood), 0.0)
    return LikelihoodRatio(statistic, df, float(chdtrc(df, statistic)))

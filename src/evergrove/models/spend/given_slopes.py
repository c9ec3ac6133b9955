"""A spend regression whose slopes are known is Gamma-Gamma of relative spend: what knows only that can be asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.models.gamma_gamma import GammaGamma
from evergrove.models.spend.design import LETTERS

if TYPE_CHECKING:
    from evergrove.models.gamma_gamma_rows import SpendFit


def given_slopes(fit: SpendFit[Any]) -> SpendFit[GammaGamma]:
    r"""
    The fit of Gamma-Gamma to m / exp(beta' z), what customers spend relative to their covariates.

    A customer whose scale is gamma r is one of Gamma-Gamma with scale gamma whose money is counted in units of
    r. So whatever draws p, q and gamma, and spend, for all customers alike, does so for a regression too: with
    this fit, means over r, and results times r. What the slopes' own errors add is left out: at a standard
    error of 0.02 and ln(1 + x) one away from its mean, 2 % of a scale.

    Args:
        fit: Of a spend regression; Gamma-Gamma's is handed back.

    Returns:
        The same p, q and gamma; covariances are those given the slopes.
    """
    if isinstance(fit.model, GammaGamma):
        return fit
    model, k = fit.model, len(LETTERS)
    log_covariance = np.linalg.inv(np.linalg.inv(fit.log_covariance)[:k, :k])
    values = np.array([model.p, model.q, model.gamma])
    errors = values * np.sqrt(np.diag(log_covariance))
    return replace(
        fit,
        model=GammaGamma(p=model.p, q=model.q, gamma=model.gamma),
        parameters=LETTERS,
        standard_errors=dict(zip(LETTERS, map(float, errors), strict=True)),
        covariance=values[:, None] * log_covariance * values,
        log_covariance=log_covariance,
    )

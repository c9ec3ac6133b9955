"""Static covariates on purchase and dropout: customers who differ by what is known of them."""

from evergrove.models.covariates.compare import LikelihoodRatio, aic, bic, likelihood_ratio
from evergrove.models.covariates.fit import CovariateFit, fit_covariates
from evergrove.models.covariates.links import DropoutForm
from evergrove.models.covariates.model import WithCovariates
from evergrove.models.covariates.table import Covariates

__all__ = [
    "CovariateFit",
    "Covariates",
    "DropoutForm",
    "LikelihoodRatio",
    "WithCovariates",
    "aic",
    "bic",
    "fit_covariates",
    "likelihood_ratio",
]

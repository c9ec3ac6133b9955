"""Scores that know more of customers than their orders: covariates, where a holdout says that they help."""

from evergrove.scoring.covariates.frames import value
from evergrove.scoring.covariates.types import ByCovariates, Contest

__all__ = ["ByCovariates", "Contest", "value"]

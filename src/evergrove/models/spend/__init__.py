"""Spend beyond Gamma-Gamma: covariates, dependence on frequency, returns, refunds to come, margin."""

from evergrove.models.spend.design import FREQUENCY, covariates_of
from evergrove.models.spend.given_slopes import given_slopes
from evergrove.models.spend.independence import Independence, TooFewRepeaters, independence
from evergrove.models.spend.late_refunds import RefundDelays, RefundsToCome
from evergrove.models.spend.margin import MarginShare, expected_margin
from evergrove.models.spend.regression import SpendRegression
from evergrove.models.spend.returns import ReturnRate, weighted_returns

__all__ = [
    "FREQUENCY",
    "Independence",
    "MarginShare",
    "RefundDelays",
    "RefundsToCome",
    "ReturnRate",
    "SpendRegression",
    "TooFewRepeaters",
    "covariates_of",
    "expected_margin",
    "given_slopes",
    "independence",
    "weighted_returns",
]

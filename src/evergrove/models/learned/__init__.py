"""Learned models: trees as plain arrays, value in two parts over growing horizons, quantiles that hold."""

from evergrove.models.learned.grow import Growth, NeedsMl, TooFewRows, grow, ml_here
from evergrove.models.learned.quantiles import QuantileHead, conformal_margin, fit_quantiles
from evergrove.models.learned.recalibrate import Recalibration, recalibrate
from evergrove.models.learned.trees import TreeEnsemble, WrongFeatures
from evergrove.models.learned.two_part import Part, Stretch, ValueHead, fit_value_head
from evergrove.models.learned.worth import Worth

__all__ = [
    "Growth",
    "NeedsMl",
    "Part",
    "QuantileHead",
    "Recalibration",
    "Stretch",
    "TooFewRows",
    "TreeEnsemble",
    "ValueHead",
    "Worth",
    "WrongFeatures",
    "conformal_margin",
    "fit_quantiles",
    "fit_value_head",
    "grow",
    "ml_here",
    "recalibrate",
]

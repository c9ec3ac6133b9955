"""Experiment statistics: sums in, estimates with intervals out. No table, no clock."""

from evergrove.stats.comparing import lift, relative, welch
from evergrove.stats.errors import NoComparison, NoVariance, TooFewUnits, ZeroBaseline
from evergrove.stats.mismatch import ALARM, srm, srm_within
from evergrove.stats.strata import pooled, poststratified, whole
from evergrove.stats.types import Difference, Lift, Proportion, Ratio, Sample, Sums

__all__ = [
    "ALARM",
    "Difference",
    "Lift",
    "NoComparison",
    "NoVariance",
    "Proportion",
    "Ratio",
    "Sample",
    "Sums",
    "TooFewUnits",
    "ZeroBaseline",
    "lift",
    "pooled",
    "poststratified",
    "relative",
    "srm",
    "srm_within",
    "welch",
    "whole",
]

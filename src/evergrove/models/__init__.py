"""Value models: arrays in, frozen parameters out. No table, no clock, no file."""

from evergrove.models.estimate import FlatRidge, NoRepeats
from evergrove.models.maximise import NotConverged
from evergrove.models.process import TransactionModel
from evergrove.models.types import Fit, Floats, InvalidSummary, Summary

__all__ = [
    "Fit",
    "FlatRidge",
    "Floats",
    "InvalidSummary",
    "NoRepeats",
    "NotConverged",
    "Summary",
    "TransactionModel",
]

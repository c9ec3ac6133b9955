"""Value models: arrays in, frozen parameters out. No table, no clock, no file."""

from evergrove.models.bg_nbd import BgNbd
from evergrove.models.estimate import FlatRidge, NoRepeats
from evergrove.models.maximise import NotConverged
from evergrove.models.mbg_nbd import MbgNbd
from evergrove.models.nbd import Nbd
from evergrove.models.pareto_nbd import ParetoNbd
from evergrove.models.process import TransactionModel
from evergrove.models.types import Fit, Floats, InvalidSummary, Summary

__all__ = [
    "BgNbd",
    "Fit",
    "FlatRidge",
    "Floats",
    "InvalidSummary",
    "MbgNbd",
    "Nbd",
    "NoRepeats",
    "NotConverged",
    "ParetoNbd",
    "Summary",
    "TransactionModel",
]

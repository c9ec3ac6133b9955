"""Value models: arrays in, frozen parameters out. No table, no clock, no file."""

from evergrove.models.bg_nbd import BgNbd
from evergrove.models.estimate import FlatRidge, NoRepeats
from evergrove.models.gamma_gamma import GammaGamma
from evergrove.models.gamma_gamma_rows import Convention, days_and_means
from evergrove.models.maximise import NotConverged
from evergrove.models.mbg_nbd import MbgNbd
from evergrove.models.nbd import Nbd
from evergrove.models.pareto_nbd import ParetoNbd
from evergrove.models.process import TransactionModel
from evergrove.models.types import Fit, Floats, InvalidSummary, Summary

__all__ = [
    "BgNbd",
    "Convention",
    "Fit",
    "FlatRidge",
    "Floats",
    "GammaGamma",
    "InvalidSummary",
    "MbgNbd",
    "Nbd",
    "NoRepeats",
    "NotConverged",
    "ParetoNbd",
    "Summary",
    "TransactionModel",
    "days_and_means",
]

"""Regular timing: models whose intervals between purchases vary less than those of a Poisson process."""

from evergrove.models.regular.bg_cnbd import BgCnbd
from evergrove.models.regular.choice import InvalidRegularity, NoIntervals
from evergrove.models.regular.mbg_cnbd import MbgCnbd

__all__ = ["BgCnbd", "InvalidRegularity", "MbgCnbd", "NoIntervals"]

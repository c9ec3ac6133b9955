"""Regular timing: models whose intervals between purchases vary less than those of a Poisson process."""

from evergrove.models.regular.bg_cnbd import BgCnbd
from evergrove.models.regular.choice import InvalidRegularity, NoIntervals
from evergrove.models.regular.cnbd import RegularBetaGeometric
from evergrove.models.regular.mbg_cnbd import MbgCnbd
from evergrove.models.regular.outcomes import regular_purchases_if_alive
from evergrove.models.regular.regularity import Regularity, regularity

__all__ = [
    "BgCnbd",
    "InvalidRegularity",
    "MbgCnbd",
    "NoIntervals",
    "RegularBetaGeometric",
    "Regularity",
    "regular_purchases_if_alive",
    "regularity",
]

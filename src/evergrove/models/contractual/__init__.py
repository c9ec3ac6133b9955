"""Contracts that are renewed or not: retention curves, churn by covariates, and what a customer is worth."""

from evergrove.models.contractual.beta_discrete_weibull import BetaDiscreteWeibull
from evergrove.models.contractual.beta_logistic import BetaLogistic
from evergrove.models.contractual.discrete_time_hazard import DiscreteTimeHazard
from evergrove.models.contractual.effects_fit import EffectsFit
from evergrove.models.contractual.kaplan_meier import KaplanMeier
from evergrove.models.contractual.periods import Period, rate_per_period
from evergrove.models.contractual.retention_model import RetentionModel
from evergrove.models.contractual.shifted_beta_geometric import ShiftedBetaGeometric
from evergrove.models.contractual.tenures import Tenures

__all__ = [
    "BetaDiscreteWeibull",
    "BetaLogistic",
    "DiscreteTimeHazard",
    "EffectsFit",
    "KaplanMeier",
    "Period",
    "RetentionModel",
    "ShiftedBetaGeometric",
    "Tenures",
    "rate_per_period",
]

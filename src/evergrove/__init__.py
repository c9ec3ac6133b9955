"""
Evergrove: customer lifetime value for every customer, a decision for each, proof of what it earned.

``import evergrove as eg`` costs next to nothing: each name is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove import plots, stats
    from evergrove.core import EvergroveError, EvergroveWarning, InputError, __version__
    from evergrove.customers import summarize
    from evergrove.models import BgNbd, Fit, GammaGamma, MbgNbd, Nbd, ParetoNbd, Summary
    from evergrove.models.contractual import BetaDiscreteWeibull, ShiftedBetaGeometric, Tenures
    from evergrove.models.covariates import Covariates, fit_covariates
    from evergrove.models.pooled import fit_cohorts
    from evergrove.models.posterior import draws
    from evergrove.models.regular import BgCnbd, MbgCnbd
    from evergrove.models.spend import SpendRegression
    from evergrove.pipeline.looking_back import backtest
    from evergrove.scoring.bands import intervals
    from evergrove.scoring.covariates import value
    from evergrove.scoring.learned import early_value, learned_values

_HOME = {
    "BetaDiscreteWeibull": "evergrove.models.contractual",
    "BgCnbd": "evergrove.models.regular",
    "BgNbd": "evergrove.models",
    "Covariates": "evergrove.models.covariates",
    "EvergroveError": "evergrove.core",
    "EvergroveWarning": "evergrove.core",
    "Fit": "evergrove.models",
    "GammaGamma": "evergrove.models",
    "InputError": "evergrove.core",
    "MbgCnbd": "evergrove.models.regular",
    "MbgNbd": "evergrove.models",
    "Nbd": "evergrove.models",
    "ParetoNbd": "evergrove.models",
    "ShiftedBetaGeometric": "evergrove.models.contractual",
    "SpendRegression": "evergrove.models.spend",
    "Summary": "evergrove.models",
    "Tenures": "evergrove.models.contractual",
    "__version__": "evergrove.core",
    "backtest": "evergrove.pipeline.looking_back",
    "draws": "evergrove.models.posterior",
    "early_value": "evergrove.scoring.learned",
    "fit_cohorts": "evergrove.models.pooled",
    "fit_covariates": "evergrove.models.covariates",
    "intervals": "evergrove.scoring.bands",
    "learned_values": "evergrove.scoring.learned",
    "plots": "evergrove.plots",
    "stats": "evergrove.stats",
    "summarize": "evergrove.customers",
    "value": "evergrove.scoring.covariates",
}

__all__ = [
    "BetaDiscreteWeibull",
    "BgCnbd",
    "BgNbd",
    "Covariates",
    "EvergroveError",
    "EvergroveWarning",
    "Fit",
    "GammaGamma",
    "InputError",
    "MbgCnbd",
    "MbgNbd",
    "Nbd",
    "ParetoNbd",
    "ShiftedBetaGeometric",
    "SpendRegression",
    "Summary",
    "Tenures",
    "__version__",
    "backtest",
    "draws",
    "early_value",
    "fit_cohorts",
    "fit_covariates",
    "intervals",
    "learned_values",
    "plots",
    "stats",
    "summarize",
    "value",
]


__getattr__ = loader(globals(), _HOME)


def __dir__() -> list[str]:
    return sorted(__all__)

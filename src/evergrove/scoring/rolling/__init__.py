"""Rolling back-tests: contenders, measures, seasonal totals, and a champion chosen by evidence."""

from evergrove.scoring.rolling.contenders import ModelContender, model_contenders
from evergrove.scoring.rolling.evidence import Champion, RollingBackTest
from evergrove.scoring.rolling.memory import Fits, SpendFits
from evergrove.scoring.rolling.service import Options, rolling_back_test
from evergrove.scoring.rolling.types import Contender, Forecast, Measures, Record, SeasonalFactor

__all__ = [
    "Champion",
    "Contender",
    "Fits",
    "Forecast",
    "Measures",
    "ModelContender",
    "Options",
    "Record",
    "RollingBackTest",
    "SeasonalFactor",
    "SpendFits",
    "model_contenders",
    "rolling_back_test",
]

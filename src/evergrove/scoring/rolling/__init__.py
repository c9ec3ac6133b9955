"""Rolling back-tests: contenders, measures, seasonal totals, and a champion chosen by evidence."""

from evergrove.scoring.rolling.contenders import ModelContender, model_contenders
from evergrove.scoring.rolling.document import (
    champions_document,
    check_format,
    document,
    evidence_document,
    group_rows,
    measure_rows,
    read_evidence,
)
from evergrove.scoring.rolling.evidence import Champion, RollingBackTest
from evergrove.scoring.rolling.live import Live
from evergrove.scoring.rolling.memory import Fits
from evergrove.scoring.rolling.service import Options, rolling_back_test
from evergrove.scoring.rolling.types import Contender, Forecast, Measures, Record, SeasonalFactor
from evergrove.scoring.spend_fits import SpendFits

__all__ = [
    "Champion",
    "Contender",
    "Fits",
    "Forecast",
    "Live",
    "Measures",
    "ModelContender",
    "Options",
    "Record",
    "RollingBackTest",
    "SeasonalFactor",
    "SpendFits",
    "champions_document",
    "check_format",
    "document",
    "evidence_document",
    "group_rows",
    "measure_rows",
    "model_contenders",
    "read_evidence",
    "rolling_back_test",
]

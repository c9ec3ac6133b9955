"""Learned contenders: features at an origin, training on windows that had ended by it."""

from evergrove.scoring.learned.contender import LearnedContender, TooLittlePast
from evergrove.scoring.learned.early import EarlyValue, NoCohortOver, NoEarlyValue, early_value
from evergrove.scoring.learned.early_judged import EarlyBackTest, EarlyJudged
from evergrove.scoring.learned.features import Features, Known
from evergrove.scoring.learned.horizons import LearnedValues, learned_values

__all__ = [
    "EarlyBackTest",
    "EarlyJudged",
    "EarlyValue",
    "Features",
    "Known",
    "LearnedContender",
    "LearnedValues",
    "NoCohortOver",
    "NoEarlyValue",
    "TooLittlePast",
    "early_value",
    "learned_values",
]

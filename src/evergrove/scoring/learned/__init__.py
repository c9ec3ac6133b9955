"""Learned contenders: features at an origin, training on windows that had ended by it."""

from evergrove.scoring.learned.contender import LearnedContender, TooLittlePast
from evergrove.scoring.learned.early import EarlyValue, NoCohortOver, NoEarlyValue, learn_early_value
from evergrove.scoring.learned.early_judged import EarlyBackTest, EarlyJudged
from evergrove.scoring.learned.features import Features, Known
from evergrove.scoring.learned.frames import early_value, learned_values
from evergrove.scoring.learned.horizons import BadHorizons, LearnedValues, learn_values

__all__ = [
    "BadHorizons",
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
    "learn_early_value",
    "learn_values",
    "learned_values",
]

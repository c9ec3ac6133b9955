"""Learned contenders: features at an origin, training on windows that had ended by it."""

from evergrove.scoring.learned.contender import LearnedContender, TooLittlePast
from evergrove.scoring.learned.features import Features, Known

__all__ = ["Features", "Known", "LearnedContender", "TooLittlePast"]

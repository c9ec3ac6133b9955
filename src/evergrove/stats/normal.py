"""The normal distribution, as intervals and tests need it."""

from __future__ import annotations

from math import erfc, sqrt
from statistics import NormalDist

from evergrove.stats.errors import InvalidLevel


def quantile(level: float) -> float:
    """
    How many standard errors lie on each side of an estimate: 1.2816 at 0.8.

    Raises:
        InvalidLevel: Not between 0 and 1.
    """
    if not 0.0 < level < 1.0:
        raise InvalidLevel(level=level)
    return NormalDist().inv_cdf(0.5 + level / 2.0)


def two_sided_p(z: float) -> float:
    """P of a standard normal figure at least as far from 0; right far out too, where 1 - cdf would be 0."""
    return erfc(abs(z) / sqrt(2.0))

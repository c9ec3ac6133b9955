r"""
Intervals held to what came at earlier origins.

An interval of level L lies between the quantiles :math:`\Phi(-f z)` and :math:`\Phi(f z)` of the predictive
distribution, :math:`z = \Phi^{-1}((1 + L) / 2)`. With f = 1 these are the quantiles that the level names. The
factor f is chosen so that at earlier origins a share L of the outcomes lay between them, in expectation over
the randomisation of outcomes that many share (``evergrove.stats.pit``): the conformal correction of one number.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from evergrove.scoring.accuracy import root_mean_square
from evergrove.stats.pit import expected_share_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.scoring.predictive import Foretold

LEVEL = 0.80
NARROWEST, WIDEST = 0.25, 4.0  # beyond, the model is wrong, and no width puts it right
HALVINGS = 40
FEWEST = 100  # outcomes: their share is known to 4 points
NORMAL = NormalDist()


@dataclass(frozen=True)
class Calibration:
    """
    How intervals are widened or narrowed by what came at earlier origins.

    Attributes:
        factor: Of the normal scores of an interval's ends; above 1 it is widened, below 1 narrowed.
        log_spread: Root mean square of log(actual / forecast) totals, by which a total's interval is widened;
            NaN for nothing.
        share: Of those outcomes, how many lay within the interval as the model gave it; NaN without any.
        outcomes: On how many customers at an origin the factor rests; 0 for none.
        origins: At how many origins.
    """

    factor: float = 1.0
    log_spread: float = nan
    share: float = nan
    outcomes: int = 0
    origins: int = 0

    def levels(self, level: float = LEVEL) -> tuple[float, float]:
        """Which quantiles of the predictive distribution bound an interval of a level."""
        if self.factor == 1.0:
            return (1 - level) / 2, (1 + level) / 2
        end = self.factor * NORMAL.inv_cdf((1 + level) / 2)
        return NORMAL.cdf(-end), NORMAL.cdf(end)


AS_MODELLED = Calibration()


def calibrated(
    earlier: Sequence[Foretold], log_ratios: Sequence[float] = (), level: float = LEVEL
) -> Calibration:
    """
    Choose the factor on earlier origins.

    Args:
        earlier: What was foretold of outcomes at each origin whose window is over; they count equally. None
            of them may be the origin that the interval will be judged at.
        log_ratios: log(actual / forecast) totals at these origins.
        level: Which intervals are held to it.

    Returns:
        The factor, in [1/4, 4]; with fewer than a hundred outcomes nothing is changed.
    """
    told = [origin for origin in earlier if len(origin.below)]
    spread = root_mean_square(log_ratios)
    if sum(len(origin.below) for origin in told) < FEWEST:
        return Calibration(log_spread=spread)

    def share(factor: float) -> float:
        low, high = Calibration(factor).levels(level)
        return float(np.mean([expected_share_within(each.below, each.upto, low, high) for each in told]))

    narrow, wide = NARROWEST, WIDEST
    for _halving in range(HALVINGS):  # the share grows with the factor
        middle = (narrow * wide) ** 0.5
        narrow, wide = (middle, wide) if share(middle) < level else (narrow, middle)
    return Calibration(
        factor=(narrow * wide) ** 0.5,
        log_spread=spread,
        share=share(1.0),
        outcomes=sum(len(origin.below) for origin in told),
        origins=len(told),
    )

"""Whether effects come as large as they were foretold: by tenth of the order, with errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.uplift.types import LEVEL, Interval, mean_of, normal, spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.types import Floats

DECILES = 10


@dataclass(frozen=True)
class Group:
    """
    Customers of whom about the same was foretold.

    Attributes:
        people: Rows.
        predicted: Mean effect foretold.
        measured: Mean effect by scores.
    """

    people: int
    predicted: float
    measured: Interval


@dataclass(frozen=True)
class Calibration:
    """
    What was foretold beside what came, on customers whom nothing was learned from.

    Attributes:
        groups: The highest effects first.
        slope: Difference measured for a difference foretold of 1: 1 is right, 0 is no difference at all. NaN
            where the same was foretold of everybody.
        bias: Mean effect foretold less the one measured.
    """

    groups: tuple[Group, ...]
    slope: Interval
    bias: Interval


def calibration(
    predicted: Floats,
    scores: Floats,
    unit: NDArray[np.int64],
    groups: int = DECILES,
    level: float = LEVEL,
) -> Calibration:
    """
    Hold effects foretold against doubly robust scores, group by group.

    Customers of whom the same is foretold are in one group, so that there may be fewer.

    Args:
        predicted: Effects foretold. Shape (n,), as the next two.
        scores: Of the same rows, with an outcome model from other rows; NaN is left out. See ``effect_scores``.
        unit: Whose row it is.
        groups: How many at most.
        level: Probability between the bounds.

    Source:
        Chernozhukov, Demirer, Duflo and Fernandez-Val (2018), Generic machine learning inference on heterogeneous
        treatment effects in randomized experiments, NBER working paper 24678.
    """
    known = np.isfinite(scores)
    said, came, whose = predicted[known], scores[known], unit[known]
    _distinct, code, count = np.unique(-said, return_inverse=True, return_counts=True)
    middle = (np.cumsum(count) - count / 2.0) / max(len(said), 1)
    place = (middle * groups).astype(np.int64)[code]
    found = tuple(
        Group(
            int((place == each).sum()),
            float(said[place == each].mean()),
            mean_of(came[place == each], whose[place == each], level),
        )
        for each in np.unique(place)
    )
    return Calibration(found, _slope(said, came, whose, level), mean_of(said - came, whose, level))


def _slope(said: Floats, came: Floats, unit: NDArray[np.int64], level: float) -> Interval:
    """Of a straight line through scores over what was foretold."""
    apart = said - said.mean()
    width = float(apart @ apart)
    if width <= 1e-24 * len(said) * (1.0 + float(said.mean()) ** 2):
        nan = float("nan")
        return Interval(nan, nan, nan, nan, level)
    slope = float(apart @ came / width)
    left = came - came.mean() - slope * apart
    return normal(slope, spread(apart * left, unit) / width, level)

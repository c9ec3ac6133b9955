r"""
The probability integral transform: where outcomes fell within what was foretold of them.

If a forecast gives the whole distribution F of an outcome y and is right, F(y) is uniform. Where F jumps, as
with counts, F(y) is not; drawn uniformly between F(y-) and F(y) it is again,

.. math:: u = F(y-) + V \, (F(y) - F(y-)), \qquad V \sim U(0, 1),

which judges intervals fairly even where most outcomes are nought.

Source:
    Smith (1985), Diagnostic Checks of Non-Standard Time Series Models, Journal of Forecasting 4, 283-291;
    Czado, Gneiting and Held (2009), Predictive Model Assessment for Count Data, Biometrics 65, 1254-1261.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LOW, HIGH = 0.1, 0.9
BINS = 10
TAIL = 0.2  # P below which both sides of the distance are never far at once


@dataclass(frozen=True)
class Histogram:
    """
    How often the transform fell into each of some equal bins, beside what is to be expected.

    Attributes:
        counts: Outcomes per bin, from 0 to 1.
        expected: The same in every bin.
        standard_error: Of each count, if the forecast is right.
    """

    counts: tuple[int, ...]
    expected: float
    standard_error: float


def randomised_pit(below: Floats, upto: Floats, uniforms: Floats) -> Floats:
    """
    The randomised transform, shape (n,).

    Args:
        below: F(y-), the chance of less than what came; for counts F(n - 1). Shape (n,).
        upto: F(y), of as much at most. Shape (n,), >= below.
        uniforms: One draw from U(0, 1) for each. Shape (n,).
    """
    return np.asarray(below + uniforms * (upto - below))


def share_within(pit: Floats, low: float = LOW, high: float = HIGH) -> float:
    """Share of outcomes in [low, high]: high - low if the forecast is right; NaN without any."""
    return float(((pit >= low) & (pit <= high)).mean()) if len(pit) else float("nan")


def expected_share_within(below: Floats, upto: Floats, low: float = LOW, high: float = HIGH) -> float:
    """The same in expectation over the randomisation: it needs no draws, and wavers less; NaN without any."""
    return float(chance_within(below, upto, low, high).mean()) if len(below) else float("nan")


def chance_within(below: Floats, upto: Floats, low: float = LOW, high: float = HIGH) -> Floats:
    """Of each outcome the chance, over the randomisation, that its transform lies in [low, high]. Shape (n,)."""
    width = upto - below
    overlap = np.clip(np.minimum(upto, high) - np.maximum(below, low), 0.0, None)
    point = ((below >= low) & (below <= high)).astype(np.float64)
    return np.where(width > 0, overlap / np.where(width > 0, width, 1.0), point)


def uniform_p(pit: Floats) -> float:
    """
    P of values at least as far from uniform by Kolmogorov and Smirnov's distance, if they are; NaN without any.

    Below .2 it is twice Smirnov's one-sided P: within a thousandth of itself, below .05 within 2e-5. Above,
    where nothing is decided, it is Kolmogorov's limit with Stephens' correction, within .025.

    Source:
        Smirnov (1944); Stephens (1970), Use of the Kolmogorov-Smirnov, Cramer-von Mises and Related Statistics
        Without Extensive Tables, Journal of the Royal Statistical Society B 32, 115-122.
    """
    from scipy.special import kolmogorov, smirnov  # noqa: PLC0415 -- only who tests for it needs them

    n = len(pit)
    if n == 0:
        return float("nan")
    ordered, steps = np.sort(pit), np.arange(n + 1) / n
    distance = max(float((steps[1:] - ordered).max()), float((ordered - steps[:-1]).max()))
    tail = 2 * float(smirnov(n, distance))
    return tail if tail < TAIL else float(kolmogorov((sqrt(n) + 0.12 + 0.11 / sqrt(n)) * distance))


def histogram(pit: Floats, bins: int = BINS) -> Histogram:
    """Count the transform in equal bins; 1 falls into the last."""
    n, share = len(pit), 1 / bins
    place = np.minimum((pit * bins).astype(np.intp), bins - 1)
    counts = np.bincount(place, minlength=bins)
    return Histogram(tuple(map(int, counts)), n * share, sqrt(n * share * (1 - share)))

"""Importance sampling: heavy-tailed proposals, the weights that put them right, and what these are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from evergrove.models.types import Floats


def student(n: int, k: int, degrees: float, rng: Generator) -> tuple[Floats, Floats]:
    """
    Draws of a multivariate t, in coordinates of unit scale.

    Args:
        n: How many.
        k: Of how many dimensions.
        degrees: Of freedom: the fewer, the heavier the tails, and the more draws are lost in them.
        rng: Where they come from.

    Returns:
        Points (n, k) and their log density less a constant, (n,).
    """
    normal, stretch = rng.standard_normal((n, k)), rng.chisquare(degrees, n) / degrees
    z = normal / np.sqrt(stretch)[:, None]
    return z, -(degrees + k) / 2 * np.log1p(np.square(z).sum(axis=1) / degrees)


def normalised(log_weight: Floats) -> Floats:
    """Weights that add up to 1, shape (n,)."""
    weight = np.exp(log_weight - log_weight.max())
    return np.asarray(weight / weight.sum())


def effective_size(weight: Floats) -> float:
    """
    How many independent draws the weighted ones are worth: 1 / sum of squares of weights that add up to 1.

    Source:
        Kong, Liu and Wong (1994), Sequential Imputations and Bayesian Missing Data Problems, JASA 89, 278-288.
    """
    return float(1 / np.square(weight).sum())


def resampled(weight: Floats, n: int, rng: Generator) -> NDArray[np.intp]:
    """
    Rows of equal weight: each occurs n x its weight times, rounded up or down (systematic resampling).

    Args:
        weight: Adding up to 1. Shape (m,).
        n: How many rows.
        rng: One uniform is drawn from it.
    """
    ladder = (np.arange(n) + rng.random()) / n
    return np.minimum(np.searchsorted(np.cumsum(weight), ladder), len(weight) - 1)

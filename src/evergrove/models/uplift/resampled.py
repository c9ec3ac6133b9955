"""Bootstrap samples of a ranked log, as sums: what a draw costs does not grow with the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.uplift.contrast import columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.types import Floats
    from evergrove.models.uplift.contrast import Contrast

DRAWS = 1000
MOST_GROUPS = 1024
"""More units are drawn in so many groups, each filled by chance: the spread is the same, to 3 %."""
STEPS = 100
"""Of the order; a spread needs no finer ones."""
AT_ONCE = 250


def resampled(score: Floats, seen: Contrast, draws: int = DRAWS, seed: int = 1) -> Floats:
    """
    Draw units with replacement and add up each sample along the order of scores.

    Args:
        score: Finite; equal scores stay in one step. Shape (n,).
        seen: The log.
        draws: Samples.
        seed: The same seed draws the same units, whatever the scores.

    Returns:
        Weight untreated, weight treated, weighted outcome untreated, treated; by steps of the order, the highest
        scores first. Shape (draws, 4, steps).
    """
    rng = np.random.default_rng(seed)
    group, groups = _groups(seen.unit, rng)
    step = _steps(score)
    steps = int(step.max()) + 1
    place = group * steps + step
    sums = np.stack([np.bincount(place, column, groups * steps) for column in columns(seen)])
    table = sums.reshape(4, groups, steps).transpose(1, 0, 2).reshape(groups, 4 * steps)
    drawn = [_times(rng, groups, min(AT_ONCE, draws - start)) @ table for start in range(0, draws, AT_ONCE)]
    return np.concatenate(drawn).reshape(draws, 4, steps)


def _groups(unit: NDArray[np.int64], rng: np.random.Generator) -> tuple[NDArray[np.intp], int]:
    units, code = np.unique(unit, return_inverse=True)
    groups = min(len(units), MOST_GROUPS)
    return (rng.permutation(len(units)) % groups)[code], groups


def _steps(score: Floats) -> NDArray[np.intp]:
    """Which step of the order a row is in, the highest scores first. Shape (n,)."""
    _distinct, code, count = np.unique(-score, return_inverse=True, return_counts=True)
    middle = (np.cumsum(count) - count / 2.0) / len(score)
    _kept, step = np.unique((middle * STEPS).astype(np.int64), return_inverse=True)
    found: NDArray[np.intp] = step[code]
    return found


def _times(rng: np.random.Generator, groups: int, draws: int) -> Floats:
    """How often each group is in each sample. Shape (draws, groups)."""
    picked = rng.integers(groups, size=(draws, groups)) + np.arange(draws)[:, None] * groups
    return np.bincount(picked.ravel(), minlength=draws * groups).reshape(draws, groups).astype(np.float64)

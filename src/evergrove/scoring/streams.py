"""Random numbers by purpose: what one purpose draws tells nothing of what another does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator

Purpose = Literal["process", "spend", "parameters", "outcomes", "total"]
"""Draws of the process's parameters; of the spend model's; of either where a fit carries none; of what customers do; of
what a total misses beside that. New purposes go to the end: those before them keep their numbers."""
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


def stream(seed: int, purpose: Purpose, *part: int) -> Generator:
    """
    The generator of one purpose: the same for the same seed, independent of every other purpose and seed.

    One seed for all would draw the noise of a total from the very numbers that drew the parameters; seeds that
    follow one another would draw tonight's spend from last night's process.

    Args:
        seed: Of a run.
        purpose: What is drawn.
        part: Whole numbers, from 0, of a part of the purpose that draws by itself; without any, all of it.

    Source:
        numpy.random.SeedSequence.spawn: children of one seed do not overlap.
    """
    # As `spawn` numbers its children, without making the others.
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(PURPOSES.index(purpose), *part)))

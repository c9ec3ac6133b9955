"""Random numbers that belong to what they decide: the same question has the same answer in every run."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.types import Floats
    from evergrove.simulation.types import Integers

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def keyed_uniforms(seed: int, purpose: str, *keys: Integers) -> Floats:
    """
    Uniform numbers in (0, 1), one for each row of keys.

    A stream that is drawn from in turn gives a customer another number as soon as one more is drawn before
    his; then two runs that differ in one message differ in everything. Here the number is a function of
    what it is for, so that runs have in common all that they do not decide differently.

    Args:
        seed: Of the shop.
        purpose: What is decided, such as "lag".
        keys: Of whom or what it is decided, shape (n,) each; at least one.

    Returns:
        Numbers, shape (n,).

    Source:
        The finaliser of SplitMix64: Steele, Lea and Flood (2014), Fast Splittable Pseudorandom Number
        Generators, OOPSLA, 453-472.
    """
    state = _mixed(np.full(np.shape(keys[0]), (seed << 32) ^ crc32(purpose.encode()), dtype=np.uint64))
    for key in keys:
        state = _mixed(state ^ (np.asarray(key).astype(np.uint64) * _STEP))
    return np.asarray(((state >> np.uint64(11)) + 0.5) * 2.0**-53)


def names_as_keys(names: NDArray[np.str_]) -> Integers:
    """Numbers for names, as keys; equal names have equal numbers. Shape (n,)."""
    distinct, place = np.unique(names, return_inverse=True)
    return np.array([crc32(str(name).encode()) for name in distinct], dtype=np.int64)[place]


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One step of SplitMix64; wraps around, as it should."""
    state = state + _STEP
    state = (state ^ (state >> np.uint64(30))) * _MIX[0]
    state = (state ^ (state >> np.uint64(27))) * _MIX[1]
    return np.asarray(state ^ (state >> np.uint64(31)))

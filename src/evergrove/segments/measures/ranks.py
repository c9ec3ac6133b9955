"""Bounds between ranks, and distinct rows, found without sorting a million values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.segments.types import Numbers

ROUNDING = 1e-9  # of n; shares such as 1 - .05 - .15 are not exact, while ranks are whole or half numbers
TABLE_SIZE = 1 << 22  # cells of a table by value; beyond it, sorting takes less memory and no more time


def rank_bounds(values: Numbers, shares: Sequence[float]) -> list[float]:
    """
    The least value whose rank reaches each share of all values; equal values share their mid-rank.

    With ``less`` values below v and ``upto`` values at most v, the rank of v as a share is
    (less + upto) / 2n.

    Args:
        values: Shape (n,), finite.
        shares: Each 0..1, such as .2 .4 .6 .8 for quintiles.

    Returns:
        One bound a share: exactly the values >= bound have a rank of at least the share. Infinite where no
        value has, as when all are equal and the share is above one half.
    """
    if len(values) == 0:
        return [float("inf")] * len(shares)
    if values.dtype.kind in "iu":
        lowest = int(values.min())
        if int(values.max()) - lowest < TABLE_SIZE:
            return _bounds_of_counts(np.bincount(values - lowest), lowest, shares)
    return _bounds_by_partition(values, shares)


def _bounds_of_counts(counts: Numbers, lowest: int, shares: Sequence[float]) -> list[float]:
    """The bounds from how often each whole number occurs, the lowest first."""
    distinct = np.flatnonzero(counts)
    occurs = counts[distinct]
    upto = np.cumsum(occurs)
    n, twice_rank = int(upto[-1]), 2 * upto - occurs
    found = np.searchsorted(twice_rank, [(2.0 * share - ROUNDING) * n for share in shares])
    return [float(distinct[k] + lowest) if k < len(distinct) else float("inf") for k in found]


def _bounds_by_partition(values: Numbers, shares: Sequence[float]) -> list[float]:
    """The bounds of any numbers: only the value at position n x share, or the next greater, can be one."""
    n = len(values)
    positions = [min(n - 1, max(0, int(n * share))) for share in shares]
    parted = np.partition(values, sorted(set(positions)))
    bounds = []
    for share, position in zip(shares, positions, strict=True):
        candidate = parted[position]
        less, upto = np.count_nonzero(values < candidate), np.count_nonzero(values <= candidate)
        if less + upto >= (2.0 * share - ROUNDING) * n:
            bounds.append(float(candidate))
        elif upto < n:
            bounds.append(float(values[values > candidate].min()))
        else:
            bounds.append(float("inf"))
    return bounds


def distinct_keys(keys: Numbers) -> tuple[Numbers, Numbers]:
    """
    The distinct whole numbers >= 0 among ``keys``, ascending, and for each key which of them it is.

    What ``np.unique`` with ``return_inverse`` gives, by a table instead of a sort where the numbers are small.
    """
    size = int(keys.max(initial=-1)) + 1
    if size > TABLE_SIZE:
        return np.unique(keys, return_inverse=True)
    present = np.zeros(size, dtype=np.bool_)
    present[keys] = True
    distinct = np.flatnonzero(present)
    position = np.empty(size, dtype=np.int32)
    position[distinct] = np.arange(len(distinct), dtype=np.int32)
    return distinct, position[keys]

"""Many questions asked of the same data at once: how many of the answers may be chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def benjamini_hochberg(p: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """
    P values corrected for being many: of those at most q, a share of at most q is expected to be chance.

    Args:
        p: Of every question that was asked, also of those without an effect. Shape (m,).

    Returns:
        Corrected values in the same order, each at least its p. Shape (m,).

    Source:
        Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300.
    """
    given = np.asarray(p, dtype=np.float64)
    order = np.argsort(given)
    raised = given[order] * len(given) / np.arange(1, len(given) + 1)
    # A larger p cannot be more certain than a smaller one: the least from here on counts.
    least = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    corrected = np.empty_like(least)
    corrected[order] = least
    return corrected


def holm(p: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """
    P values corrected so that one wrong "found" among all of them is as rare as the level says.

    For the few figures that decide; ``benjamini_hochberg`` is for the many that are looked at beside them.

    Args:
        p: Of every question that was asked. Shape (m,).

    Returns:
        Corrected values in the same order, each at least its p and at most 1. Shape (m,).

    Source:
        Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6,
        65-70.
    """
    given = np.asarray(p, dtype=np.float64)
    order = np.argsort(given)
    raised = given[order] * np.arange(len(given), 0, -1)
    corrected = np.empty_like(given)
    # A larger p is found only after all smaller ones: the greatest up to here counts.
    corrected[order] = np.minimum(np.maximum.accumulate(raised), 1.0)
    return corrected

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

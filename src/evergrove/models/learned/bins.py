"""Features cut into at most 255 bins: what trees are grown on, and what their thresholds mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.types import Floats

MOST = 255
UNLIMITED = float(np.finfo(np.float64).max)
"""Above every number: "known" against "missing". JSON has no infinity."""


@dataclass(frozen=True, eq=False)
class Bins:
    """
    Edges of every feature.

    The library would cut rows with weights into bins by weighted percentiles, one at a time, which costs more
    than growing the trees. Given whole numbers 0, 1, ... it has nothing left to cut.

    Attributes:
        edges: Of each feature, increasing; padded with ``UNLIMITED``. Shape (f, 255).
        known: Whether anything is known of a feature. Shape (f,).
    """

    edges: Floats
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, X: Floats) -> Bins:
        """The bins of a table, as the library cuts one without weights: at percentiles, or between values."""
        edges = np.full((X.shape[1], MOST), UNLIMITED)
        for column, values in enumerate(X.T):
            cuts = _cuts(values[~np.isnan(values)])
            edges[column, : len(cuts)] = cuts
        return cls(edges, np.asarray(~np.isnan(X).all(axis=0)))

    def codes(self, X: Floats) -> Floats:
        """Numbers of the bins; NaN where unknown, unless that is so throughout. Shape (n, f)."""
        found = np.zeros_like(X)
        for column, values in enumerate(X.T):
            if self.known[column]:
                found[:, column] = np.searchsorted(self.edges[column], values, side="left")
        return np.where(np.isnan(X) & self.known, np.nan, found)

    def thresholds(self, feature: NDArray[np.int64], code: Floats) -> Floats:
        """What thresholds between numbers of bins mean in the features' own measure. Shape (m,)."""
        place = np.minimum(np.floor(np.minimum(code, MOST)), MOST - 1).astype(np.int64)
        found: Floats = np.where(np.isfinite(code), self.edges[feature, place], UNLIMITED)
        return found


def _cuts(values: Floats) -> Floats:
    distinct = np.unique(values)
    if len(distinct) <= MOST:
        between: Floats = (distinct[:-1] + distinct[1:]) / 2
        return between
    levels = np.linspace(0, 100, num=MOST + 1)[1:-1]
    return np.unique(np.percentile(np.sort(values), levels, method="averaged_inverted_cdf"))

"""Quantile heads with conformal correction: bounds that hold as often as they say."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.models.learned.folds import folds_of
from evergrove.models.learned.grow import canonical, grow
from evergrove.models.learned.trees import TreeEnsemble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.models.learned.grow import Growth
    from evergrove.models.types import Floats

    Table = tuple[Floats, Floats]

LEVELS = (0.10, 0.25, 0.50, 0.75, 0.90)


@dataclass(frozen=True, eq=False)
class QuantileHead:
    """
    Quantiles of something, in order.

    Attributes:
        features: Names of the columns, in order.
        levels: Of the quantiles, increasing and symmetric about the median.
        trees: One ensemble a level.
        margins: By how much each lower quantile is lowered and its upper twin raised (negative: drawn in);
            0 for the median.
        least: No quantile lies below.
        most: Nor above.
    """

    features: tuple[str, ...]
    levels: tuple[float, ...]
    trees: tuple[TreeEnsemble, ...]
    margins: tuple[float, ...]
    least: float
    most: float

    def raw(self, X: Floats) -> Floats:
        """As the trees say, without correction. Shape (n, levels)."""
        return np.stack([trees.predict(X) for trees in self.trees], axis=1)

    def predict(self, X: Floats) -> Floats:
        """
        Corrected quantiles, rearranged where they cross: increasing along the levels.

        Args:
            X: Shape (n, f).

        Returns:
            Shape (n, levels).

        Source:
            Chernozhukov, Fernandez-Val and Galichon (2010), Quantile and probability curves without crossing,
            Econometrica 78(3).
        """
        side = np.sign(np.asarray(self.levels) - 0.5)
        moved = self.raw(X) + side * np.asarray(self.margins)
        ordered: Floats = np.clip(np.sort(moved, axis=1), self.least, self.most)
        return ordered

    def document(self) -> dict[str, Any]:
        """As JSON knows it."""
        return {
            "features": list(self.features),
            "levels": list(self.levels),
            "trees": [trees.document() for trees in self.trees],
            "margins": list(self.margins),
            "least": self.least,
            "most": self.most,
        }

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> QuantileHead:
        """The head that ``document`` wrote."""
        return cls(
            tuple(stored["features"]),
            tuple(stored["levels"]),
            tuple(TreeEnsemble.read(trees) for trees in stored["trees"]),
            tuple(stored["margins"]),
            stored["least"],
            stored["most"],
        )


def conformal_margin(low: Floats, high: Floats, came: Floats, level: float) -> float:
    r"""
    By how much bounds must move apart so that new ones hold with probability ``level`` at least.

    .. math::

        E_i = \max(\ell_i - y_i, y_i - u_i), \quad
        Q = E_{(\lceil (n + 1) \, \text{level} \rceil)}

    Args:
        low: Lower bounds for customers who were not learned from. Shape (n,), as the next two.
        high: Upper bounds.
        came: What came.
        level: Wanted share within.

    Returns:
        Q; negative where the bounds are too wide. The largest of all where n is too small for the level.

    Source:
        Romano, Patterson and Candes (2019), Conformalized quantile regression, NeurIPS 32.
    """
    scores = np.sort(np.maximum(low - came, came - high))
    place = min(ceil((len(scores) + 1) * level), len(scores))
    return float(scores[place - 1])


def fit_quantiles(
    learned: Table,
    features: tuple[str, ...],
    bounds: tuple[float, float],
    growth: Growth | None = None,
    *,
    later: Table | None = None,
    levels: tuple[float, ...] = LEVELS,
) -> QuantileHead:
    """
    Learn quantiles, then correct them on customers who were not learned from.

    Args:
        learned: X, shape (n, f), and what came, shape (n,).
        features: Names of the columns of X.
        bounds: Between which everything lies.
        growth: Of all trees.
        later: X and what came of customers that calibrate, who come after those learned from (split conformal).
            None leaves out each third of the learned in turn and lets the others speak for it.
        levels: Increasing and symmetric.

    Raises:
        NeedsMl: scikit-learn is not installed.
        TooFewRows: Too few customers.
    """
    X, y = learned
    order = canonical(X, y)
    X, y = X[order], y[order]
    trees = _grown(X, y, features, levels, growth)
    if later is None:
        said, came = np.zeros((len(y), len(levels))), y
        for kept, left_out in folds_of(len(y)):
            each = _grown(X[kept], y[kept], features, levels, growth)
            said[left_out] = np.stack([one.predict(X[left_out]) for one in each], axis=1)
    else:
        said, came = np.stack([one.predict(later[0]) for one in trees], axis=1), later[1]
    margins = tuple(_margin(said, came, levels, k) for k in range(len(levels)))
    return QuantileHead(features, levels, trees, margins, *bounds)


def _margin(said: Floats, came: Floats, levels: tuple[float, ...], k: int) -> float:
    twin = len(levels) - 1 - k
    if k == twin:
        return 0.0
    low, high = min(k, twin), max(k, twin)
    return conformal_margin(said[:, low], said[:, high], came, levels[high] - levels[low])


def _grown(
    X: Floats, y: Floats, features: tuple[str, ...], levels: tuple[float, ...], growth: Growth | None
) -> tuple[TreeEnsemble, ...]:
    return tuple(grow(X, y, features, "quantile", growth, quantile=level) for level in levels)

"""Quantile heads with conformal correction: bounds that hold as often as they say."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.models.learned.folds import held_back
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
        Corrected quantiles, increasing along the levels.

        The trees' own are rearranged where they cross; corrected ones that cross are moved outwards only, so that
        no interval loses what its correction promised.

        Args:
            X: Shape (n, f).

        Returns:
            Shape (n, levels).

        Source:
            Chernozhukov, Fernandez-Val and Galichon (2010), Quantile and probability curves without crossing,
            Econometrica 78(3).
        """
        side = np.sign(np.asarray(self.levels) - 0.5)
        moved = rearranged(self.raw(X)) + side * np.asarray(self.margins)
        return np.clip(outwards(moved), self.least, self.most)

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


def rearranged(raw: Floats) -> Floats:
    """Quantiles as the trees say them, in order. Shape (n, levels)."""
    return np.sort(raw, axis=1)


def outwards(moved: Floats) -> Floats:
    """Bounds in order: from the middle on, each moved away from it where it lies within the one before."""
    middle = moved.shape[1] // 2
    below = np.minimum.accumulate(moved[:, middle::-1], axis=1)[:, ::-1]
    above = np.maximum.accumulate(moved[:, middle:], axis=1)
    return np.concatenate([below, above[:, 1:]], axis=1)


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
        Q; negative where the bounds are too wide. The largest of all where n is too small for the level:
        then a share of n / (n + 1) is all that can be promised.

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
    r"""
    Learn quantiles, then correct them on rows that no tree was grown from: split conformal.

    Each pair of bounds (level l, level 1 - l) then holds for a new row exchangeable with the m rows that
    corrected it with

    .. math:: 1 - 2l \le P(\text{within}) \quad (\le 1 - 2l + 1 / (m + 1) \text{ without ties})

    whatever the trees are worth: of all samples together, not of every kind of customer. Rows of one customer at
    several origins, and customers of another season, are exchangeable only roughly; back-tests measure it.

    Args:
        learned: X, shape (n, f), and what came, shape (n,).
        features: Names of the columns of X.
        bounds: Between which everything lies.
        growth: Of all trees.
        later: X and what came of customers that calibrate, who come after those learned from. None holds back a
            third of the learned, drawn at random and the same for any order of the rows.
        levels: Increasing and symmetric.

    Raises:
        NeedsMl: scikit-learn is not installed.
        TooFewRows: Too few customers.

    Source:
        Romano, Patterson and Candes (2019), Conformalized quantile regression, NeurIPS 32, theorem 1.
    """
    (X, y), (asked, came) = _parted(*learned) if later is None else (learned, later)
    trees = tuple(grow(X, y, features, "quantile", growth, quantile=level) for level in levels)
    said = rearranged(np.stack([one.predict(asked) for one in trees], axis=1))
    margins = tuple(_margin(said, came, levels, k) for k in range(len(levels)))
    return QuantileHead(features, levels, trees, margins, *bounds)


def _parted(X: Floats, y: Floats) -> tuple[Table, Table]:
    """Rows to learn from, and rows to correct by: which are which depends on nothing but their number."""
    # Sorted first, so that the order of the file does not matter; then drawn, so that outcomes do not decide.
    order, back = canonical(X, y), held_back(len(y))
    return (X[order][~back], y[order][~back]), (X[order][back], y[order][back])


def _margin(said: Floats, came: Floats, levels: tuple[float, ...], k: int) -> float:
    twin = len(levels) - 1 - k
    if k == twin:
        return 0.0
    low, high = min(k, twin), max(k, twin)
    return conformal_margin(said[:, low], said[:, high], came, levels[high] - levels[low])

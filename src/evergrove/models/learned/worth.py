"""What is expected given a purchase: trees that say by how much somebody differs from a simple measure of size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.models.learned.grow import grow
from evergrove.models.learned.trees import TreeEnsemble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.models.learned.grow import Growth
    from evergrove.models.types import Floats


@dataclass(frozen=True, eq=False)
class Worth:
    r"""
    Expected outcome given a purchase.

    .. math::

        E[y \mid x, \text{buys}] = s(x) \, e^{f(x)}, \quad s(x) = m + \max(x_c, 0)

    with f a sum of trees, :math:`x_c` one of the features and m its mean. Trees alone say the same of
    everybody beyond their last threshold, so that the largest customers would tie; with a size they do not.

    Attributes:
        trees: f.
        column: c; None takes s = 1.
        level: m.
    """

    trees: TreeEnsemble
    column: int | None = None
    level: float = 0.0

    def predict(self, X: Floats) -> Floats:
        """E[y | x, buys]. Shape (n,)."""
        return size(X, self.column, self.level) * self.trees.predict(X)

    def document(self) -> dict[str, Any]:
        """As JSON knows it."""
        return {"trees": self.trees.document(), "column": self.column, "level": self.level}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Worth:
        """What ``document`` wrote."""
        return cls(TreeEnsemble.read(stored["trees"]), stored["column"], stored["level"])


def size(X: Floats, column: int | None, level: float) -> Floats:
    """s(x) > 0; a customer whose feature is unknown has its mean. Shape (n,)."""
    if column is None or level <= 0:
        return np.ones(len(X))
    return level + np.maximum(np.nan_to_num(X[:, column], nan=level), 0.0)


def fit_worth(
    X: Floats, came: Floats, features: tuple[str, ...], by: str | None, growth: Growth | None
) -> Worth:
    """
    Learn it from buyers.

    Quasi-Poisson with the size as exposure: its mean is right whatever the spread, and one large order moves it
    less than a square would.

    Args:
        X: Of buyers. Shape (n, f).
        came: What came of them; what lies below 0 counts as 0. Shape (n,).
        features: Names of X's columns.
        by: The feature that measures size; None: none does.
        growth: Of the trees.
    """
    column = None if by is None else features.index(by)
    values = np.zeros(0) if column is None else X[:, column]
    known = values[np.isfinite(values)]
    level = float(np.maximum(known, 0.0).mean()) if len(known) else 0.0
    exposure = size(X, column, level)
    trees = grow(X, np.maximum(came, 0.0) / exposure, features, "poisson", growth, weight=exposure)
    return Worth(trees, column, level)

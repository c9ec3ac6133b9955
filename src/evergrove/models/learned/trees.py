"""A fitted ensemble of regression trees as plain arrays: it can be read, kept as JSON and asked without a library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.special import expit

from evergrove.core import InputError, _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from evergrove.models.types import Floats

Link = Literal["identity", "log", "logit"]

ARRAYS = ("feature", "threshold", "left", "right", "missing_left", "value", "root")
KINDS = {"threshold": np.float64, "value": np.float64, "missing_left": np.bool_}
INVERSE = {"identity": np.asarray, "log": np.exp, "logit": expit}
CHUNK = 16_384
"""Rows asked at once: what a tree needs of them stays in the processor's cache."""


class WrongFeatures(InputError):
    """A table of features is not the one that was learned from."""

    code = "models.wrong_features"
    message = _("The model was learned from {wanted} {wanted:feature|features} a customer; {given} came.")
    hint = _("Give the columns of `features`, in that order; NaN where unknown, never an infinity.")


@dataclass(frozen=True, eq=False)
class TreeEnsemble:
    r"""
    Trees whose leaves are added up.

    .. math::

        E[y \mid x] = g^{-1} \left( b + \sum_m v_{m, \ell_m(x)} \right)

    with :math:`\ell_m(x)` the leaf of tree m that x falls into: left where x of the node's feature is at most
    its threshold, and where it is missing as the node says.

    All nodes of all trees stand in one row of arrays; a leaf points at itself.

    Attributes:
        features: Names of the columns, in order.
        baseline: b, on the scale of the link.
        link: g.
        feature: Column that a node asks for. Shape (m,), as the next five.
        threshold: Left where at most this.
        left: The node there.
        right: The other one.
        missing_left: Whether NaN goes left.
        value: Of a leaf, learning rate included; of other nodes unused.
        root: Where each tree begins. Shape (trees,).
        depth: Of the deepest tree.

    Source:
        Friedman (2001), Greedy function approximation: a gradient boosting machine, Annals of Statistics 29(5).
    """

    features: tuple[str, ...]
    baseline: float
    link: Link
    feature: NDArray[np.int64]
    threshold: Floats
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    missing_left: NDArray[np.bool_]
    value: Floats
    root: NDArray[np.int64]
    depth: int

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for name in ARRAYS:
            values: NDArray[Any] = np.array(getattr(self, name), dtype=KINDS.get(name, np.int64))
            values.flags.writeable = False
            object.__setattr__(self, name, values)

    def raw(self, X: Floats) -> Floats:
        """
        The sum on the scale of the link.

        Args:
            X: One row a customer, columns as ``features``; NaN where unknown. Shape (n, f).

        Returns:
            Shape (n,).

        Raises:
            WrongFeatures: Another number of columns, or an infinity.
        """
        table = checked(X, len(self.features))
        found = np.full(len(table), self.baseline)
        for start in range(0, len(table), CHUNK):
            rows = slice(start, start + CHUNK)
            self._add(table[rows], found[rows])
        return found

    def predict(self, X: Floats) -> Floats:
        """E[y | x], a quantile or a chance, as it was learned. Shape (n,); see ``raw``."""
        answer: Floats = INVERSE[self.link](self.raw(X))
        return answer

    def _add(self, table: Floats, total: Floats) -> None:
        """Add every tree's leaf, in the order of the trees: sums stay the same to the last bit."""
        flat, begin = table.ravel(), np.arange(len(table)) * table.shape[1]
        for root in self.root:
            node = np.full(len(table), root)
            for _level in range(self.depth):
                x = flat[begin + self.feature[node]]
                goes_left = (x <= self.threshold[node]) | (np.isnan(x) & self.missing_left[node])
                node = np.where(goes_left, self.left[node], self.right[node])
            total += self.value[node]

    def document(self) -> dict[str, Any]:
        """As JSON knows it; floats keep every digit."""
        arrays = {name: getattr(self, name).tolist() for name in ARRAYS}
        head = {"features": list(self.features), "baseline": self.baseline, "link": self.link}
        return head | arrays | {"depth": self.depth}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> TreeEnsemble:
        """The ensemble that ``document`` wrote."""
        return cls(**(dict(stored) | {"features": tuple(stored["features"])}))


def constant(features: tuple[str, ...], baseline: float, link: Link) -> TreeEnsemble:
    """An ensemble without trees: the same for everybody."""
    none = np.zeros(0, dtype=np.int64)
    return TreeEnsemble(
        features, baseline, link, none, np.zeros(0), none, none, none.astype(bool), np.zeros(0), none, 0
    )


def checked(X: Floats, columns: int) -> Floats:
    """
    A table of features, contiguous.

    Raises:
        WrongFeatures: Another number of columns, or an infinity.
    """
    table = np.ascontiguousarray(X, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != columns or np.isinf(table).any():
        raise WrongFeatures(wanted=columns, given=table.shape[1] if table.ndim == 2 else 0)
    return table

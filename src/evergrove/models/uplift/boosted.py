"""Small boosted trees for effects: how many is chosen on customers left out; a million rows are asked in a second."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.models.learned import Growth, NeedsMl, TreeEnsemble, grow
from evergrove.models.learned.trees import checked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from evergrove.models.types import Floats

TREES = 100
LEAVES = 4
STAGES = (5, 10, 20, 35, 50, 75, TREES)
LEAST_LEAF = 50
CHUNK = 32_768
BITS = 8
"""Trees with more splits are asked node by node."""


def growth(rows: int) -> Growth:
    """Few leaves, and none smaller than a hundredth of the rows: what is learned is mostly noise."""
    return Growth(trees=TREES, rate=0.05, leaves=LEAVES, least_leaf=max(LEAST_LEAF, rows // 100))


@dataclass(frozen=True, eq=False)
class _Tree:
    """One tree as a table: which side each of its splits takes, as bits, says the leaf."""

    splits: tuple[tuple[int, int, bool], ...]
    value: Floats


@dataclass(frozen=True, eq=False)
class Boosted:
    """
    Trees that are asked all at once.

    Columns become numbers of thresholds below (one search a column); a split is then one comparison of small
    numbers, and a leaf a look into a table. Sums are those of ``TreeEnsemble`` to the last bit.

    Attributes:
        trees: As they were grown.
    """

    trees: TreeEnsemble

    def predict(self, X: Floats) -> Floats:
        """
        What is expected of each row. Shape (n,).

        Raises:
            WrongFeatures: Another number of columns, or an infinity.
        """
        table = checked(X, len(self.trees.features))
        if self._tables is None:
            return self.trees.predict(table)
        found = np.full(len(table), self.trees.baseline)
        for start in range(0, len(table), CHUNK):
            self._add(table[start : start + CHUNK], self._tables, found[start : start + CHUNK])
        return found

    def first(self, count: int) -> Boosted:
        """Its first trees."""
        root, nodes = self.trees.root, len(self.trees.feature)
        end = int(root[count]) if count < len(root) else nodes
        cut = {name: getattr(self.trees, name)[:end] for name in NODES}
        return Boosted(replace(self.trees, root=root[:count], **cut))

    def document(self) -> dict[str, Any]:
        """As JSON knows it."""
        return self.trees.document()

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Boosted:
        """What ``document`` wrote."""
        return cls(TreeEnsemble.read(stored))

    @cached_property
    def _thresholds(self) -> list[Floats]:
        trees = self.trees
        splits = trees.left != np.arange(len(trees.left))
        return [np.unique(trees.threshold[splits & (trees.feature == j)]) for j in range(len(trees.features))]

    @cached_property
    def _tables(self) -> list[_Tree] | None:
        ends = [*self.trees.root[1:].tolist(), len(self.trees.feature)]
        found = [self._tabled(begin, end) for begin, end in zip(self.trees.root.tolist(), ends, strict=True)]
        return None if None in found else [each for each in found if each is not None]

    def _tabled(self, begin: int, end: int) -> _Tree | None:
        trees = self.trees
        inner = [node for node in range(begin, end) if trees.left[node] != node]
        if len(inner) > BITS:
            return None
        bit = {node: place for place, node in enumerate(inner)}
        value = np.empty(2 ** len(inner))
        for code in range(len(value)):
            node = begin
            while node in bit:
                node = int(trees.left[node] if code >> bit[node] & 1 else trees.right[node])
            value[code] = trees.value[node]
        splits = tuple(
            (int(trees.feature[node]), self._place(node), bool(trees.missing_left[node])) for node in inner
        )
        return _Tree(splits, value)

    def _place(self, node: int) -> int:
        column = self._thresholds[int(self.trees.feature[node])]
        return int(np.searchsorted(column, self.trees.threshold[node]))

    def _add(self, rows: Floats, tables: list[_Tree], total: Floats) -> None:
        asked = [j for j, thresholds in enumerate(self._thresholds) if len(thresholds)]
        below = {j: _below(self._thresholds[j], rows[:, j]) for j in asked}
        unknown = {j: np.isnan(rows[:, j]) for j in asked}
        some = {j: bool(unknown[j].any()) for j in asked}
        for tree in tables:
            code = np.zeros(len(rows), dtype=np.uint8)
            for place, (j, threshold, missing_left) in enumerate(tree.splits):
                left = below[j] <= threshold
                if missing_left and some[j]:
                    left |= unknown[j]
                code |= left.view(np.uint8) << np.uint8(place)
            total += tree.value[code]


NODES = ("feature", "threshold", "left", "right", "missing_left", "value")


def _below(thresholds: Floats, x: Floats) -> NDArray[Any]:
    """How many thresholds lie below each value, in the least type; unknown values lie above all."""
    kind = np.uint8 if len(thresholds) < 256 else np.uint16
    return np.searchsorted(thresholds, np.ascontiguousarray(x)).astype(kind)


def fit_boosted(X: Floats, y: Floats, features: tuple[str, ...], weight: Floats) -> Boosted:
    """
    Grow all trees.

    Raises:
        NeedsMl: scikit-learn is not installed.
        TooFewRows: Fewer than two leaves can hold.
    """
    with _one_core():
        return Boosted(grow(X, y, features, "squared_error", growth(len(y)), weight=weight))


def _one_core() -> AbstractContextManager[Any]:
    """Trees of four leaves are grown so fast that threads would mostly wait for each other."""
    try:
        from threadpoolctl import threadpool_limits  # noqa: PLC0415 -- comes with scikit-learn, an extra
    except ImportError as error:
        raise NeedsMl from error
    limits: AbstractContextManager[Any] = threadpool_limits(1)
    return limits

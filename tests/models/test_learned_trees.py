"""Trees as plain arrays: the library's own predictions, whatever the order of the rows, through JSON."""

from __future__ import annotations

import builtins
import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.conftest import absent

from evergrove.models.learned import Growth, NeedsMl, TooFewRows, TreeEnsemble, WrongFeatures, grow, ml_here

if TYPE_CHECKING:
    from evergrove.models.learned.grow import Loss
    from evergrove.models.types import Floats

NAMES = ("a", "b", "c")
SMALL = Growth(trees=12, leaves=6, least_leaf=10)


@pytest.fixture(autouse=True)
def _ml() -> None:
    if not ml_here():
        absent("ml", "scikit-learn is not installed")


def rows(n: int = 400, seed: int = 3) -> tuple[Floats, Floats]:
    """Three features with gaps, one of them always known, and an outcome > 0."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 3))
    y = np.exp(X[:, 0] - X[:, 1] ** 2 + random.normal(size=n) / 2)
    X[random.random((n, 3)) < [0.2, 0.05, 0.0]] = np.nan
    X[:, 1] = np.round(X[:, 1], 1)  # ties at the thresholds
    return X, y


LOSSES: list[Loss] = ["squared_error", "absolute_error", "poisson", "gamma", "quantile", "log_loss"]


@pytest.mark.parametrize("loss", LOSSES)
def test_predictions_are_the_library_s_own(loss: Loss) -> None:
    """scikit-learn's predict on the same rows, gaps and features never seen missing among them, to 1e-12."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    X, y = rows()
    learned = (y > 1).astype(np.float64) if loss == "log_loss" else y
    order = np.lexsort((learned, *X.T))
    how: dict[str, Any] = {"learning_rate": 0.05, "max_iter": 12, "max_leaf_nodes": 6, "min_samples_leaf": 10}
    how |= {"l2_regularization": 1.0, "early_stopping": False}
    asked = np.vstack([X, np.full((1, 3), np.nan), rows(seed=9)[0]])

    ours = grow(X, learned, NAMES, loss, SMALL, quantile=0.9).predict(asked)

    if loss == "log_loss":
        theirs = HistGradientBoostingClassifier(**how).fit(X, learned).predict_proba(asked)[:, 1]
    else:
        machine = HistGradientBoostingRegressor(loss=loss, quantile=0.9, **how)
        theirs = machine.fit(X[order], learned[order]).predict(asked)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
    assert len(np.unique(ours)) > 5


def test_json_keeps_every_digit() -> None:
    """Through text and back, predictions are the same to the last bit; no infinity, which JSON lacks."""
    X, y = rows()
    X[:, 2] = np.where(y > 2, np.nan, 1.0)  # known against missing: a threshold of infinity in the library
    trees = grow(X, y, NAMES, "poisson", SMALL)

    text = json.dumps(trees.document(), allow_nan=False)
    read = TreeEnsemble.read(json.loads(text))

    assert 2 in trees.feature[trees.left != np.arange(len(trees.left))]
    np.testing.assert_array_equal(read.predict(X), trees.predict(X))
    assert read.document() == trees.document()


def test_the_order_of_the_rows_does_not_matter() -> None:
    """Rows in any order give the same arrays to the last bit."""
    X, y = rows()
    weight = np.random.default_rng(2).integers(1, 4, len(y)).astype(np.float64)
    shuffled = np.random.default_rng(1).permutation(len(y))

    first = grow(X, y, NAMES, "poisson", SMALL, weight=weight)
    second = grow(X[shuffled], y[shuffled], NAMES, "poisson", SMALL, weight=weight[shuffled])

    assert first.document() == second.document()


def test_a_tree_by_hand() -> None:
    """One split at 2 on b, missing to the left: worked out on paper."""
    no = [0, 0, 0]
    tree = TreeEnsemble(
        features=("a", "b"),
        baseline=1.0,
        link="log",
        feature=np.array([1, 0, 0]),
        threshold=np.array([2.0, 0.0, 0.0]),
        left=np.array([1, 1, 2]),
        right=np.array([2, 1, 2]),
        missing_left=np.array([True, False, False]),
        value=np.array([9.0, -0.5, 0.25]),
        root=np.array(no[:1]),
        depth=1,
    )
    X = np.array([[7.0, 2.0], [7.0, 2.0000001], [np.nan, np.nan]])

    np.testing.assert_allclose(tree.predict(X), np.exp([0.5, 1.25, 0.5]), rtol=1e-15)
    with pytest.raises(ValueError, match="read-only"):
        tree.value[0] = 1.0


def test_all_alike_is_a_chance_with_doubt() -> None:
    """Nobody bought: half a customer in n + 1 did."""
    X, y = rows(100)

    said = grow(X, np.zeros(len(y)), NAMES, "log_loss", SMALL).predict(X)

    np.testing.assert_allclose(said, 0.5 / 101)


def test_other_tables_are_refused() -> None:
    """Columns that are missing, infinities, too few rows: each with its own sentence."""
    X, y = rows()
    trees = grow(X, y, NAMES, "squared_error", SMALL)

    with pytest.raises(WrongFeatures, match="learned from 3 features"):
        trees.predict(X[:, :2])
    with pytest.raises(WrongFeatures):
        trees.predict(np.full((1, 3), np.inf))
    with pytest.raises(TooFewRows, match="19 rows are too few"):
        grow(X[:19], y[:19], NAMES, "squared_error", SMALL)


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where scikit-learn is not installed, the sentence says what to install; what was learned can be asked."""
    X, y = rows()
    trees = grow(X, y, NAMES, "squared_error", SMALL)
    real = builtins.__import__

    def without(name: str, *args: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "sklearn":
            raise ModuleNotFoundError(name)
        return real(name, *args, **more)

    monkeypatch.delitem(sys.modules, "sklearn.ensemble")
    monkeypatch.setattr(builtins, "__import__", without)

    assert not ml_here()
    with pytest.raises(NeedsMl, match=r"evergrove\[ml\]") as refused:
        grow(X, y, NAMES, "squared_error", SMALL)
    assert refused.value.code == "models.needs_ml"
    assert np.isfinite(trees.predict(X)).all()

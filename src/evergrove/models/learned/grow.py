"""Trees are grown by scikit-learn, which is imported here and nowhere else, and come out as plain arrays."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evergrove.core import InputError, _
from evergrove.models.learned.bins import Bins
from evergrove.models.learned.trees import TreeEnsemble, checked, constant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from evergrove.models.learned.trees import Link
    from evergrove.models.types import Floats

Loss = Literal["squared_error", "absolute_error", "poisson", "gamma", "quantile", "log_loss"]

LINKS: dict[Loss, Link] = {"poisson": "log", "gamma": "log", "log_loss": "logit"}
ONE_CORE = 50_000
"""Below so many rows threads wait for each other longer than they work, many times longer on a busy machine."""


class NeedsMl(InputError):
    """The extra that learned models need is not installed."""

    code = "models.needs_ml"
    message = _("Learned models need scikit-learn, which is not installed.")
    hint = _('Install the extra: pip install "evergrove[ml]".')


class TooFewRows(InputError):
    """Too little to learn from."""

    code = "models.too_few_rows"
    message = _("{rows} {rows:row|rows} are too few to learn from; {needed} are needed.")
    hint = _("Give a longer history or more customers.")


@dataclass(frozen=True)
class Growth:
    """
    How trees are grown: small and slow, for shops of thousands of customers.

    The defaults are chosen by ``benchmarks/learned_settings.py`` on windows that nothing is judged by.

    Attributes:
        trees: How many.
        rate: Share of each tree's step that is taken.
        leaves: At most so many a tree.
        least_leaf: At least so many rows a leaf.
        l2: Penalty on leaf values.
    """

    trees: int = 200
    rate: float = 0.05
    leaves: int = 2
    least_leaf: int = 30
    l2: float = 1.0


def ml_here() -> bool:
    """Whether the extra is installed."""
    try:
        _library()
    except NeedsMl:
        return False
    return True


def _library() -> Any:
    """
    scikit-learn's ensembles.

    Raises:
        NeedsMl: It is not installed.
    """
    try:
        from sklearn import ensemble  # noqa: PLC0415 -- an extra, and its import takes a second
    except ImportError as error:
        raise NeedsMl from error
    return ensemble


@contextmanager
def _threads(rows: int) -> Iterator[None]:
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 -- comes with scikit-learn

    with threadpool_limits(1 if rows < ONE_CORE else None):
        yield


def grow(
    X: Floats,
    y: Floats,
    features: tuple[str, ...],
    loss: Loss,
    growth: Growth | None = None,
    *,
    quantile: float | None = None,
    weight: Floats | None = None,
) -> TreeEnsemble:
    """
    Boost trees by scikit-learn's HistGradientBoosting.

    The order of the rows does not matter: they are sorted first, so that sums are rounded alike.

    Args:
        X: One row a customer, NaN where unknown. Shape (n, f).
        y: What is learned; 0 or 1 for "log_loss". Shape (n,).
        features: Names of X's columns.
        loss: "log_loss" gives a chance, "quantile" a quantile, the others a mean or, absolute, a median.
        growth: How trees are grown.
        quantile: Which one.
        weight: Of the rows; None weighs all alike. Shape (n,).

    Returns:
        The trees as arrays; without trees where there is nothing to tell apart.

    Raises:
        NeedsMl: scikit-learn is not installed.
        TooFewRows: Fewer than two leaves can hold.
        WrongFeatures: X is not such a table.
    """
    form = growth or Growth()
    library = _library()
    table = checked(X, len(features))
    if len(y) < 2 * form.least_leaf:
        raise TooFewRows(rows=len(y), needed=2 * form.least_leaf)
    if loss == "log_loss" and (lone := _one_class(y)) is not None:
        return constant(features, lone, "logit")
    order = canonical(table, y, weight)
    kept = None if weight is None else weight[order]
    bins, machine = Bins.of(table), _machine(library, loss, form, quantile)
    with _threads(len(y)):
        machine.fit(bins.codes(table)[order], y[order], sample_weight=kept)
    return _taken_over(machine, bins, features, LINKS.get(loss, "identity"))


def canonical(X: Floats, y: Floats, weight: Floats | None = None) -> NDArray[np.intp]:
    """An order of the rows that their contents alone decide. Shape (n,)."""
    columns = [y, *X.T] if weight is None else [weight, y, *X.T]
    return np.lexsort(tuple(columns))


def _one_class(y: Floats) -> float | None:
    """Log odds with half a customer of doubt where all are alike; None where they are not."""
    yes, n = float(y.sum()), len(y)
    return float(np.log((yes + 0.5) / (n - yes + 0.5))) if yes in {0.0, float(n)} else None


def _machine(library: Any, loss: Loss, form: Growth, quantile: float | None) -> Any:
    how: dict[str, Any] = {
        "learning_rate": form.rate,
        "max_iter": form.trees,
        "max_leaf_nodes": form.leaves,
        "min_samples_leaf": form.least_leaf,
        "l2_regularization": form.l2,
        "early_stopping": False,
        "random_state": 0,
    }
    if loss == "log_loss":
        return library.HistGradientBoostingClassifier(**how)
    return library.HistGradientBoostingRegressor(loss=loss, quantile=quantile, **how)


def _taken_over(machine: Any, bins: Bins, features: tuple[str, ...], link: Link) -> TreeEnsemble:
    """The library's trees as arrays; which nodes lie where is told by its own ``nodes``, equal since 0.24."""
    trees = [predictor.nodes for [predictor] in machine._predictors]  # noqa: SLF001 -- a test holds them equal
    sizes = np.array([len(nodes) for nodes in trees])
    root = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    nodes, shift = np.concatenate(trees), np.repeat(root, sizes)
    leaf, own = nodes["is_leaf"].astype(bool), np.arange(len(nodes))
    return TreeEnsemble(
        features=features,
        baseline=float(np.ravel(machine._baseline_prediction)[0]),  # noqa: SLF001 -- as above
        link=link,
        feature=np.where(leaf, 0, nodes["feature_idx"]),
        threshold=np.where(leaf, 0.0, bins.thresholds(nodes["feature_idx"], nodes["num_threshold"])),
        left=np.where(leaf, own, nodes["left"] + shift),
        right=np.where(leaf, own, nodes["right"] + shift),
        missing_left=nodes["missing_go_to_left"].astype(bool),
        value=nodes["value"],
        root=root,
        depth=int(nodes["depth"].max()),
    )

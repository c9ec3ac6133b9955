"""Ridge regression on standardised columns, its penalty chosen by generalised cross-validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.models.learned import WrongFeatures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.models.types import Floats

PENALTIES = (1e-8, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0)
"""Per row, columns having variance 1; the first is there for columns that say the same."""
CHUNK = 65_536


@dataclass(frozen=True, eq=False)
class Linear:
    r"""
    A weighted sum of standardised columns.

    .. math::

        \hat y(x) = b + \sum_j \beta_j \frac{x_j - m_j}{s_j} + \sum_{j \in G} \gamma_j [x_j \text{ unknown}]

    A value outside what was learned from counts as the nearest one that was; an unknown one as the mean, and what
    is different about customers without it stands in :math:`\gamma`.

    Attributes:
        level: b, the mean of what was learned from.
        mean: m. Shape (f,), as the next three.
        scale: s > 0.
        lowest: Smallest value learned from.
        highest: Largest one.
        slopes: beta, then gamma, the latter of ``gaps``. Shape (f + g,).
        gaps: Columns that had unknown values.
        penalty: Chosen, per row; infinite where nothing is told apart.
    """

    level: float
    mean: Floats
    scale: Floats
    lowest: Floats
    highest: Floats
    slopes: Floats
    gaps: tuple[int, ...]
    penalty: float

    def predict(self, X: Floats) -> Floats:
        """
        What is expected of each row. Shape (n,).

        Raises:
            WrongFeatures: Another number of columns.
        """
        table = np.asarray(X, dtype=np.float64)
        if table.ndim != 2 or table.shape[1] != len(self.mean):
            raise WrongFeatures(wanted=len(self.mean), given=table.shape[1] if table.ndim == 2 else 0)
        found = np.full(len(table), self.level)
        for start in range(0, len(table), CHUNK):
            found[start : start + CHUNK] += self.design(table[start : start + CHUNK]) @ self.slopes
        return found

    def design(self, X: Floats) -> Floats:
        """Standardised columns, then marks of the unknown. Shape (n, f + g)."""
        unknown = np.isnan(X)
        inside = np.clip(X, self.lowest, self.highest)
        columns = (np.where(unknown, self.mean, inside) - self.mean) / self.scale
        return np.hstack([columns, unknown[:, list(self.gaps)]]) if self.gaps else columns

    def document(self) -> dict[str, Any]:
        """As JSON knows it."""
        arrays = {name: getattr(self, name).tolist() for name in ARRAYS}
        penalty = None if np.isinf(self.penalty) else self.penalty
        return {"level": self.level, "gaps": list(self.gaps), "penalty": penalty} | arrays

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Linear:
        """What ``document`` wrote."""
        arrays = {name: np.array(stored[name], dtype=np.float64) for name in ARRAYS}
        penalty = float("inf") if stored["penalty"] is None else stored["penalty"]
        return cls(level=stored["level"], gaps=tuple(stored["gaps"]), penalty=penalty, **arrays)


ARRAYS = ("mean", "scale", "lowest", "highest", "slopes")


def fit_linear(X: Floats, y: Floats, weight: Floats | None = None, like: Linear | None = None) -> Linear:
    """
    Learn it.

    The penalty has the least generalised cross-validation error; an infinite one, the same for everybody, is among
    those tried.

    Args:
        X: NaN where unknown. Shape (n, f), n >= 2.
        y: Shape (n,).
        weight: Of the rows; None weighs all alike. Shape (n,).
        like: Take over its columns, so that differences of two are again one of these.

    Source:
        Golub, Heath and Wahba (1979), Generalized cross-validation as a method for choosing a good ridge
        parameter, Technometrics 21(2), 215-223.
    """
    frame = columns_of(X) if like is None else like
    w = np.ones(len(y)) if weight is None else weight / weight.mean()
    Z = frame.design(X)
    centre, level = w @ Z / w.sum(), float(w @ y / w.sum())
    Z, residual = Z - centre, y - level
    # The Gram matrix is enough: its eigenvectors give the fit for every penalty at once.
    values, vectors = np.linalg.eigh((Z * w[:, None]).T @ Z / len(y))
    values = np.maximum(values, 0.0)
    along = vectors.T @ (Z.T @ (w * residual) / len(y))
    total = float(w @ residual**2) / len(y)
    penalty = _least(values, along, total, len(y))
    slopes = vectors @ (along / (values + penalty)) if np.isfinite(penalty) else np.zeros(len(values))
    return Linear(
        level - float(centre @ slopes),
        frame.mean,
        frame.scale,
        frame.lowest,
        frame.highest,
        slopes,
        frame.gaps,
        penalty,
    )


def difference(treated: Linear, untreated: Linear) -> Linear:
    """The difference of two that were fitted with the same columns (``like``)."""
    return Linear(
        treated.level - untreated.level,
        treated.mean,
        treated.scale,
        treated.lowest,
        treated.highest,
        treated.slopes - untreated.slopes,
        treated.gaps,
        min(treated.penalty, untreated.penalty),
    )


def columns_of(X: Floats) -> Linear:
    """Means and scales of the columns, and no slopes yet; a column without a spread or a value counts for nothing."""
    unknown = np.isnan(X)
    known = np.maximum((~unknown).sum(axis=0), 1)
    mean = np.where(unknown, 0.0, X).sum(axis=0) / known
    filled = np.where(unknown, mean, X)
    scale = np.sqrt(((filled - mean) ** 2).sum(axis=0) / known)
    lowest, highest = filled.min(axis=0), filled.max(axis=0)
    gaps = tuple(int(j) for j in np.flatnonzero(unknown.any(axis=0) & ~unknown.all(axis=0)))
    flat = scale <= 1e-12 * np.maximum(np.abs(mean), 1.0)
    scale = np.where(flat, 1.0, scale)
    none = np.zeros(X.shape[1] + len(gaps))
    return Linear(0.0, mean, scale, lowest, highest, none, gaps, float("inf"))


def _least(values: Floats, along: Floats, total: float, n: int) -> float:
    """The penalty with the least error by generalised cross-validation."""
    best, least = float("inf"), total / (1.0 - 1.0 / n) ** 2
    for penalty in PENALTIES:
        kept = values / (values + penalty)
        freedom = 1.0 + float(kept.sum())
        if freedom >= n:
            continue
        left = total - float((along**2 * (values + 2.0 * penalty) / (values + penalty) ** 2).sum())
        error = left / (1.0 - freedom / n) ** 2
        if error < least:
            best, least = penalty, error
    return best

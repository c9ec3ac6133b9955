"""How far coefficients of each group spread, by maximal marginal likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.types import Floats

ROUNDS = 60
CLOSE = 1e-2
"""Change of a variance, relative to the largest one, below which the variances are found."""
NARROW = 1e-10
"""Least variance of a group's coefficients, for each unit of the outcome's."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """
    A regression whose coefficients are believed to lie around 0.

    Attributes:
        mean: Of the coefficients, shape (m,).
        covariance: Of the coefficients, shape (m, m).
        noise: Variance of an outcome of weight 1.
        spread: Variance of the coefficients of each group, shape (g,).
    """

    mean: Floats
    covariance: Floats
    noise: float
    spread: Floats


def likely(gram: Floats, along: Floats, squares: float, rows: int, place: NDArray[np.int64]) -> Fitted:
    r"""
    Coefficients, and the variances that make what was seen most likely.

    .. math::

        \tau_g^2 \leftarrow \frac{\mu_g'\mu_g}{\gamma_g}, \quad
        \gamma_g = \sum_{j \in g} \big(1 - \Sigma_{jj} / \tau_g^2\big), \quad
        \sigma^2 \leftarrow \frac{\text{RSS}}{n - \sum_g \gamma_g}

    Args:
        gram: Products of the columns, shape (m, m).
        along: Of the columns and the outcome, shape (m,).
        squares: Of the outcome.
        rows: n.
        place: Group of each coefficient; -1 of one without any prior. Shape (m,).

    Source:
        MacKay (1992), Bayesian interpolation, Neural Computation 4(3), 415-447, section 4.
    """
    free, own = place < 0, np.maximum(place, 0)
    groups = int(own.max(initial=0)) + 1
    noise = max(squares / rows, float(np.finfo(np.float64).tiny))
    least = NARROW * noise
    spread = np.full(groups, noise / 10)
    for _round in range(ROUNDS):
        found = given(gram, along, place, spread, noise)
        mean = found.mean
        kept = np.clip(1.0 - np.diag(found.covariance) / spread[own], 0.0, 1.0)
        told = np.bincount(own[~free], kept[~free], groups)
        size = np.bincount(own[~free], mean[~free] ** 2, groups)
        wider = np.maximum(size / np.maximum(told, 1e-9), least)
        left = squares - 2 * float(along @ mean) + float(mean @ gram @ mean)
        noise = max(left, 1e-12 * squares) / max(rows - float(told.sum()) - int(free.sum()), 1.0)
        change = float(np.abs(wider - spread).max() / max(float(wider.max()), least))
        spread = wider
        if change < CLOSE:
            break
    return given(gram, along, place, spread, noise)


def given(gram: Floats, along: Floats, place: NDArray[np.int64], spread: Floats, noise: float) -> Fitted:
    """Coefficients where the variances are known; arguments as of ``likely``."""
    precision = np.where(place < 0, 0.0, 1.0 / spread[np.maximum(place, 0)])
    # Scaled to a diagonal of 1: spreads of groups lie many powers of ten apart.
    root = np.sqrt(np.maximum(np.diag(gram) / noise + precision, np.finfo(np.float64).tiny))
    scaled = gram / noise
    scaled[np.diag_indices_from(scaled)] += precision
    scaled /= root[:, None]
    scaled /= root
    factor, _info = dpotrf(scaled, lower=1)
    half, _info = dpotri(factor, lower=1)
    covariance = np.tril(half) + np.tril(half, -1).T
    covariance /= root[:, None]
    covariance /= root
    return Fitted(covariance @ along / noise, covariance, noise, spread)

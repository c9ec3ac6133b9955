"""How far forecasts lie from what happened: pure measures on arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evergrove.models.types import Floats

TOP_BIN = 7
DECILES = 10


def midranks(values: Floats) -> Floats:
    """Ranks 1 to n, ascending; ties share the mean of theirs. Shape (n,)."""
    _, tie_of, ties = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(ties)
    ranks: Floats = (last - (ties - 1) / 2)[tie_of]
    return ranks


def concentration(actual: Floats, ranked_by: Floats) -> float:
    """
    Gini coefficient of ``actual`` along the ranking by another quantity; ties are neutral.

    With ``ranked_by`` = ``actual`` this is the plain Gini coefficient.
    """
    n, total = len(actual), float(actual.sum())
    if n == 0 or total == 0:
        return float("nan")
    return float(2 * (midranks(ranked_by) @ actual) / (n * total) - (n + 1) / n)


def normalised_gini(actual: Floats, forecast: Floats) -> float:
    """Gini of the ranking by forecast over that of the perfect ranking: 1 is perfect, 0 is chance."""
    perfect = concentration(actual, actual)
    return concentration(actual, forecast) / perfect if perfect else float("nan")


def neutral_deciles(forecast: Floats, actual: Floats) -> tuple[Floats, Floats]:
    """
    Means of forecast and actual in ten equal groups by forecast, lowest first.

    Customers with one forecast share the mean of their actual values, so that it does not matter which of
    them a boundary puts where.
    """
    _, tie_of, ties = np.unique(forecast, return_inverse=True, return_counts=True)
    shared = (np.bincount(tie_of, weights=actual) / ties)[tie_of]
    order = np.argsort(forecast, kind="stable")
    groups = [group for group in np.array_split(order, DECILES) if len(group)]
    return (
        np.array([forecast[group].mean() for group in groups]),
        np.array([shared[group].mean() for group in groups]),
    )


def decile_mape(forecast: Floats, actual: Floats) -> float:
    """Mean absolute percentage error of the deciles' means, over deciles where anything was spent."""
    expected, happened = neutral_deciles(forecast, actual)
    known = happened > 0
    if not known.any():
        return float("nan")
    return float(np.abs(expected[known] / happened[known] - 1).mean())


def frequency_bins(frequency: Floats) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Labels "0" to "6" and "7+", and each customer's bin by past frequency."""
    labels = (*(str(k) for k in range(TOP_BIN)), f"{TOP_BIN}+")
    return labels, np.minimum(frequency, TOP_BIN).astype(np.intp)


def bin_means(values: Floats, bin_of: NDArray[Any], bins: int) -> tuple[float, ...]:
    """Mean per bin; NaN for an empty one."""
    counts = np.bincount(bin_of, minlength=bins)
    sums = np.bincount(bin_of, weights=values, minlength=bins)
    return tuple(float(s / c) if c else float("nan") for s, c in zip(sums, counts, strict=True))


def root_mean_square(values: Sequence[float]) -> float:
    """Of the finite values; NaN without any."""
    finite = [value for value in values if np.isfinite(value)]
    return float(np.sqrt(np.mean(np.square(finite)))) if finite else float("nan")


def rank_correlation(actual: Floats, forecast: Floats) -> float:
    """Spearman's: the correlation of mid-ranks; NaN where either is the same for everybody."""
    ranks = [midranks(values) - (len(values) + 1) / 2 for values in (actual, forecast)]
    scale = float(np.sqrt(np.square(ranks[0]).sum() * np.square(ranks[1]).sum()))
    return float(ranks[0] @ ranks[1]) / scale if scale else float("nan")


def area_under_curve(chance: Floats, happened: NDArray[np.bool_]) -> float:
    """P(one to whom it happened was given a higher chance than one to whom it did not); ties count half."""
    yes = int(happened.sum())
    no = len(happened) - yes
    if not yes or not no:
        return float("nan")
    return float((midranks(chance)[happened].sum() - yes * (yes + 1) / 2) / (yes * no))


def pit_masses(below: Floats, upto: Floats, edges: Floats) -> Floats:
    """
    The randomised PIT of counts between edges, in expectation over the randomisation.

    The PIT of one count is uniform on [F(n - 1), F(n)]: what of that interval lies between two edges is known
    without drawing, so that nothing depends on a seed.

    Args:
        below: F(n - 1). Shape (n,).
        upto: F(n). Shape (n,).
        edges: Ascending, in [0, 1]. Shape (k + 1,).

    Returns:
        Mean share of customers in each of the k intervals. Shape (k,).

    Source:
        Czado, Gneiting and Held (2009), Predictive model assessment for count data, Biometrics 65(4).
    """
    width = upto - below
    certain = width <= 0  # a count without chance: all its mass in one point
    scale = np.where(certain, 1.0, width)
    reached = np.clip((edges[:, None] - below) / scale, 0.0, 1.0)
    reached = np.where(certain, (edges[:, None] > below) | (edges[:, None] >= 1.0), reached)
    masses: Floats = np.diff(reached.mean(axis=1))
    return masses

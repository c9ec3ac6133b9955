"""Covariates as a matrix: one column a covariate, checked, and scaled for the search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.spend.errors import (
    SpendCovariateMissing,
    SpendCovariateName,
    SpendCovariateNotFinite,
    SpendCovariateWithoutVariation,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from evergrove.models.types import Floats, Summary

FREQUENCY = "log1p_frequency"
"""The covariate ln(1 + x): expected spend conditional on how often a customer has come back."""
LETTERS = ("p", "q", "gamma")
SMALLEST_SHARE = 1e-5  # of a covariate's spread that the others must leave unexplained


def covariates_of(
    summary: Summary, covariates: Mapping[str, ArrayLike] | None = None, *, frequency: bool = True
) -> dict[str, Floats]:
    """
    All covariates of a summary's customers by name, the frequency among them.

    Args:
        summary: Histories.
        covariates: Further ones, one value per row of the summary.
        frequency: Put in ln(1 + x), under the name ``FREQUENCY``.

    Raises:
        SpendCovariateName: A name is a letter of the model.
    """
    found = {FREQUENCY: np.log1p(summary.frequency)} if frequency else {}
    for name, values in (covariates or {}).items():
        if name in LETTERS or name in found:
            raise SpendCovariateName(name=name)
        found[name] = np.asarray(values, dtype=np.float64)
    return found


def matrix(covariates: Mapping[str, ArrayLike], names: Sequence[str], customers: int) -> Floats:
    """
    Covariates as columns in the order of ``names``, shape (customers, len(names)).

    Raises:
        SpendCovariateMissing: One is not given.
        SpendCovariateNotFinite: A value is no number, or there is not one per customer.
    """
    z = np.empty((customers, len(names)))
    for j, name in enumerate(names):
        if name not in covariates:
            raise SpendCovariateMissing(name=name, given=", ".join(covariates) or "-")
        values = np.asarray(covariates[name], dtype=np.float64)
        good = int(np.isfinite(values).sum())
        if values.size not in {1, customers} or good < values.size:
            raise SpendCovariateNotFinite(name=name, good=good, customers=customers)
        z[:, j] = values
    return z


@dataclass(frozen=True, eq=False)
class Scaling:
    """
    Covariates scaled to mean 0 and spread 1, so that the search knows no unit of theirs.

    Attributes:
        centre: Mean of each. Shape (k,).
        spread: Standard deviation of each. Shape (k,).
    """

    centre: Floats
    spread: Floats

    @classmethod
    def of(cls, z: Floats, weight: Floats, names: Sequence[str]) -> Scaling:
        """
        Measure columns z (rows, k) with weights (rows,).

        Raises:
            SpendCovariateWithoutVariation: A column follows from those before it and a constant.
        """
        centre = weight @ z / weight.sum()
        around = (z - centre) * np.sqrt(weight / weight.sum())[:, None]
        spread = np.sqrt((around**2).sum(axis=0))
        left = np.abs(np.diag(np.linalg.qr(around, mode="r"))) if len(names) else np.zeros(0)
        size = np.sqrt(spread**2 + centre**2)
        for name, unexplained, whole, width in zip(names, left, size, spread, strict=True):
            if not (width > SMALLEST_SHARE * whole and unexplained > SMALLEST_SHARE * width):
                raise SpendCovariateWithoutVariation(name=name)
        return cls(centre, spread)

    def scaled(self, z: Floats) -> Floats:
        """A column of ones, then the scaled covariates, shape (rows, 1 + k)."""
        return np.column_stack([np.ones(len(z)), (z - self.centre) / self.spread])

    def back(self, letters: int) -> Floats:
        """
        What turns (letters before the intercept, intercept, slopes) of scaled covariates into theirs.

        A matrix M, shape (letters + 1 + k,) squared: theta of the given covariates is M @ theta of scaled ones.
        """
        k = len(self.centre)
        turn = np.eye(letters + 1 + k)
        turn[letters, letters + 1 :] = -self.centre / self.spread
        turn[range(letters + 1, letters + 1 + k), range(letters + 1, letters + 1 + k)] = 1 / self.spread
        return turn

"""Covariates as a matrix: one column a covariate, checked, and scaled for the search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import InputError, _
from evergrove.core.arguments import of_kind
from evergrove.models.covariates import Covariates
from evergrove.models.covariates.errors import CovariateConstant, CovariatesCollinear
from evergrove.models.types import SUMMARY, Summary, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from evergrove.models.types import Floats

FREQUENCY = "log1p_frequency"
"""The covariate ln(1 + x): expected spend conditional on how often a customer has come back."""
LETTERS = ("p", "q", "gamma")
ALIKE = 1e-10  # of the variance of a covariate: what rounding leaves where nothing is its own
INVOLVED = 1e-3  # loading in a combination without variance


class SpendCovariateName(InputError):
    """A covariate's name is a letter of the model."""

    code = "models.spend_covariate_name"
    message = _("A covariate of spend cannot be called {name}: the model has a term of that name already.")
    hint = _("Give it another name.")


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
    of_kind("summary", summary, Summary, SUMMARY)
    found = {FREQUENCY: np.log1p(summary.frequency)} if frequency else {}
    for name, values in (covariates or {}).items():
        if name in LETTERS or name in found:
            raise SpendCovariateName(name=name)
        found[name] = numbers(name, values)
    return found


def matrix(covariates: Mapping[str, ArrayLike], names: Sequence[str], customers: int) -> Floats:
    """
    Covariates as columns in the order of ``names``, shape (customers, len(names)).

    Raises:
        CovariateMissing: One is not given.
        CovariateUnknown: One is given that nobody asked for.
        CovariateRows: There is neither one value for all nor one per customer.
        CovariateNotFinite: A value is missing or infinite.
    """
    known = Covariates({name: np.atleast_1d(np.asarray(values)) for name, values in covariates.items()})
    known.check_exactly(names)
    if not names:
        return np.zeros((customers, 0))
    if len(known) != 1:
        known.check_rows(customers)
    return np.broadcast_to(known.matrix(names), (customers, len(names)))


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
            CovariateConstant: A column does not vary.
            CovariatesCollinear: Some columns follow from one another.
        """
        share = weight / weight.sum()
        centre = share @ z
        spread = np.sqrt(share @ (z - centre) ** 2)
        for name, middle, width in zip(names, centre, spread, strict=True):
            if not width > 1e-9 * abs(middle):
                raise CovariateConstant(name=name, value=f"{middle:g}", letters="gamma")
        scaled = (z - centre) / spread
        variances, mixes = np.linalg.eigh(scaled.T @ (share[:, None] * scaled))
        involved = np.abs(mixes[:, variances < ALIKE]).max(axis=1, initial=0.0) > INVOLVED
        if involved.any():
            raise CovariatesCollinear(names=", ".join(np.array(names)[involved]))
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

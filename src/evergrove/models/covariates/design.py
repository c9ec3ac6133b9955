"""Distinct histories with their covariates, and which parameter moves which letter of which row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evergrove.core import DAYS_PER
from evergrove.models.covariates.cells import cells, codes_of, codes_of_times
from evergrove.models.covariates.errors import CovariateConstant, CovariatesCollinear
from evergrove.models.types import Summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.models.covariates.links import Link, Process
    from evergrove.models.types import Floats

ALIKE = 1e-10  # of the variance of a covariate: what rounding leaves where nothing is its own
INVOLVED = 1e-3  # loading in a combination without variance


class Move(NamedTuple):
    """
    How one letter follows the parameters: sign x (columns of covariates) x (parameters).

    Attributes:
        letter: Its position among the letters, which is that of its parameter for the average customer too.
        sign: 1 or -1.
        columns: Positions of the covariates among the columns.
        parameters: Positions of their slopes among the parameters.
    """

    letter: int
    sign: float
    columns: list[int]
    parameters: list[int]


@dataclass(frozen=True)
class Layout:
    """
    The parameters of a fit: letters, then slopes.

    Attributes:
        letters: The model's own.
        names: All parameters; slopes as ``purchase.gender``, a shared one as ``both.gender``.
        columns: The covariates in use.
        moves: How slopes move letters.
    """

    letters: tuple[str, ...]
    names: tuple[str, ...]
    columns: tuple[str, ...]
    moves: tuple[Move, ...]

    @classmethod
    def of(
        cls,
        letters: tuple[str, ...],
        links: Sequence[Link],
        chosen: Mapping[Process, Sequence[str]],
        shared: Sequence[str],
    ) -> Layout:
        """Lay out the slopes of the covariates chosen for each process."""
        columns = tuple(dict.fromkeys(name for names in chosen.values() for name in names))
        slopes: dict[str, int] = {}
        moves = []
        for process, letter, sign in links:
            names = chosen[process]
            labels = [slope_name(process, name, shared) for name in names]
            parameters = [slopes.setdefault(label, len(letters) + len(slopes)) for label in labels]
            places = [columns.index(name) for name in names]
            moves.append(Move(letters.index(letter), sign, places, parameters))
        return cls(letters, (*letters, *slopes), columns, tuple(moves))

    def in_covariates(self, mean: Floats, spread: Floats) -> Floats:
        """
        The parameters, from those of standardised covariates: a linear map, shape (k, k).

        A letter belongs to the customer whose covariates are all 0; inside, to the average customer.
        """
        to = np.eye(len(self.names))
        for letter, sign, columns, parameters in self.moves:
            to[letter, parameters] -= sign * mean[columns] / spread[columns]
            to[parameters, parameters] = 1 / spread[columns]
        return to


def slope_name(process: Process, name: str, shared: Sequence[str]) -> str:
    """What a slope is called among the parameters."""
    return f"both.{name}" if name in shared and process != "staying" else f"{process}.{name}"


class Rows(NamedTuple):
    """Distinct histories and the covariates of each, shape (m, k)."""

    histories: Summary
    z: Floats

    def every(self, step: int) -> Rows:
        """Every ``step``-th row; sorted rows make it a stratified sample."""
        return self if step == 1 else Rows(self.histories.every(step), self.z[::step])


def distinct(summary: Summary, z: Floats) -> Rows:
    """
    Distinct (x, t_x, T, covariates) with the number of customers in each, in lexicographic order.

    Args:
        summary: The histories, n of them.
        z: Covariates in the same order. Shape (n, k).
    """
    per_day = DAYS_PER[summary.unit]
    codes = [
        codes_of_times(summary.frequency, 1.0),
        codes_of_times(summary.recency, per_day),
        codes_of_times(summary.T, per_day),
        *(codes_of(column) for column in z.T),
    ]
    first, of = cells(codes)
    histories = Summary(
        frequency=summary.frequency[first],
        recency=summary.recency[first],
        T=summary.T[first],
        unit=summary.unit,
        weight=np.bincount(of, weights=summary.weights, minlength=len(first)).astype(np.float64),
        observation_end=summary.observation_end,
    )
    return Rows(histories, z[first])


def standardised(
    rows: Rows, layout: Layout, chosen: Mapping[Process, Sequence[str]]
) -> tuple[Rows, Floats, Floats]:
    """
    The covariates with mean 0 and spread 1 over customers, and the means and spreads they had.

    The climb then knows no units of covariates; coefficients are reported in the user's.

    Raises:
        CovariateConstant: One does not vary.
        CovariatesCollinear: Some of those chosen for one process follow from one another.
    """
    share = rows.histories.weights / rows.histories.customers
    mean = share @ rows.z
    spread = np.sqrt(share @ (rows.z - mean) ** 2)
    for name, middle, width in zip(layout.columns, mean, spread, strict=True):
        if not width > 1e-9 * abs(middle):
            letters = ", ".join(layout.letters[move.letter] for move in layout.moves)
            raise CovariateConstant(name=name, value=f"{middle:g}", letters=letters)
    z = (rows.z - mean) / spread
    correlation = z.T @ (share[:, None] * z)
    for names in chosen.values():
        _check_independent(names, correlation, [layout.columns.index(name) for name in names])
    return Rows(rows.histories, z), mean, spread


def _check_independent(names: Sequence[str], correlation: Floats, at: list[int]) -> None:
    """Raise ``CovariatesCollinear`` where some combination of the columns does not vary."""
    variances, mixes = np.linalg.eigh(correlation[np.ix_(at, at)])
    without = mixes[:, variances < ALIKE]
    if without.size:
        involved = np.abs(without).max(axis=1) > INVOLVED
        raise CovariatesCollinear(names=", ".join(np.array(names)[involved]))

"""Covariates as a design: columns learned once, and used for every customer alike."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import EvergroveWarning, InputError, _
from evergrove.models.contractual.covariate import Column, InvalidCovariate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from evergrove.models.contractual.covariate import Covariates
    from evergrove.models.types import Floats

REDUNDANT = 1e-10  # of a column's variance: what rounding leaves where others already say all that it says


class MissingCovariate(InputError):
    """A column that the model was fitted with is not given."""

    code = "models.missing_covariate"
    message = _("The covariate {column} is not given.")
    hint = _("The model knows: {known}.")


class RedundantColumns(EvergroveWarning):
    """Columns that follow from others are left out of a fit; forecasts are the same without them."""

    code = "models.redundant_columns"
    message = _("Left out of the fit, because other columns already say the same: {columns}.")
    hint = _("Forecasts are the same without them; effects are to be read with that in mind.")


class RowsDiffer(InputError):
    """Tenures and covariates do not belong together."""

    code = "models.rows_differ"
    message = _("There are {tenures} tenures and {covariates} {covariates:row|rows} of covariates.")
    hint = _("Give one row of covariates for each tenure, in the same order.")


@dataclass(frozen=True)
class Encoding:
    """
    How covariates become the columns of a design, learned once and stored with the model.

    Attributes:
        columns: The covariates, in the order given.
        left_out: Titles of columns that follow from others; they have no effect of their own.
    """

    columns: tuple[Column, ...] = ()
    left_out: tuple[str, ...] = ()

    @classmethod
    def learn(cls, covariates: Covariates) -> Encoding:
        """
        Learn levels, references and what is redundant.

        Args:
            covariates: Columns by name, a row per customer: a dict of arrays, a pandas table. Truth values
                and numbers are taken as they are, everything else as text.

        Raises:
            InvalidCovariate: A value is missing, or columns differ in length.
        """
        columns = tuple(Column.learn(name, covariates[name]) for name in covariates)
        design = cls(columns).matrix(covariates)
        titles = cls(columns).titles
        return cls(columns, tuple(titles[i] for i in _redundant(design)))

    @property
    def titles(self) -> tuple[str, ...]:
        """Names of the design's columns."""
        every = (title for column in self.columns for title in column.titles)
        return tuple(title for title in every if title not in self.left_out)

    @property
    def is_number(self) -> NDArray[np.bool_]:
        """Which of the design's columns are numbers, not levels of a text; shape (p,)."""
        kinds = {t: column.reference is None for column in self.columns for t in column.titles}
        return np.array([kinds[title] for title in self.titles], dtype=bool)

    def positions(self, names: tuple[str, ...]) -> tuple[int, ...]:
        """Which of the design's columns come from these covariates."""
        titles = {column.name: column.titles for column in self.columns}
        for name in names:
            if name not in titles:
                raise MissingCovariate(column=name, known=self._known)
        wanted = {title for name in names for title in titles[name]}
        return tuple(i for i, title in enumerate(self.titles) if title in wanted)

    def matrix(self, covariates: Covariates | None) -> Floats:
        """
        The design, shape (n, p); one row of no columns where the model knows no covariate.

        Raises:
            MissingCovariate: A column is not given.
            UnknownLevel: A text was never seen.
            InvalidCovariate: A value is missing, or columns differ in length.
        """
        if not self.columns:
            return np.zeros((1, 0))
        given = covariates if covariates is not None else {}
        parts = []
        for column in self.columns:
            if column.name not in given:
                raise MissingCovariate(column=column.name, known=self._known)
            parts.append(column.matrix(given[column.name]))
            if len(parts[-1]) != len(parts[0]):
                self._differ(column.name, len(parts[-1]), len(parts[0]))
        every = [title for column in self.columns for title in column.titles]
        return np.concatenate(parts, axis=1)[:, [title not in self.left_out for title in every]]

    @property
    def doubts(self) -> tuple[EvergroveWarning, ...]:
        """What a reader of effects should know."""
        return (RedundantColumns(columns=", ".join(self.left_out)),) if self.left_out else ()

    def as_dict(self) -> dict[str, Any]:
        """The encoding for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Encoding:
        """Read what ``as_dict`` wrote."""
        columns = (Column(c["name"], tuple(c["levels"]), c["reference"]) for c in stored["columns"])
        return cls(tuple(columns), tuple(stored["left_out"]))

    @property
    def _known(self) -> str:
        return ", ".join(column.name for column in self.columns)

    @staticmethod
    def _differ(name: str, length: int, first: int) -> None:
        raise InvalidCovariate(
            column=name, rule="one value per customer", broken=length, total=first, example=f"{length} values"
        )


@dataclass(frozen=True, eq=False)
class Scaled:
    """
    A design whose columns have mean 0 and standard deviation 1, and the way back.

    Attributes:
        design: Shape (n, p).
        mean: Of the columns as they were, shape (p,).
        spread: Their standard deviations, shape (p,).
    """

    design: Floats
    mean: Floats
    spread: Floats

    @classmethod
    def of(cls, design: Floats) -> Scaled:
        """Scale; none of the columns is constant."""
        mean, spread = design.mean(axis=0), design.std(axis=0)
        return cls((design - mean) / spread, mean, spread)

    @property
    def way_back(self) -> Floats:
        """Matrix from the coordinates (intercept, effects) of the scaled columns to those of the columns."""
        back = np.diag(np.append(1.0, 1 / self.spread))
        back[0, 1:] = -self.mean / self.spread
        return back


def design_of(encoding: Encoding, covariates: Covariates | None, rows: int) -> Floats:
    """
    The design of as many customers as there are tenures; one of either serves for all of the other.

    Raises:
        RowsDiffer: There are several of both, and not equally many.
    """
    design = encoding.matrix(covariates)
    if len(design) == rows or rows == 1:
        return design
    if len(design) == 1:
        return np.broadcast_to(design, (rows, design.shape[1]))
    raise RowsDiffer(tenures=rows, covariates=len(design))


def _redundant(design: Floats) -> list[int]:
    """Columns that are constant, or a combination of earlier ones: those without a pivot of their own."""
    centred = design - design.mean(axis=0)
    sizes = np.sqrt((centred**2).sum(axis=0))
    moving = sizes > REDUNDANT * np.sqrt((design**2).sum(axis=0))
    unit = centred / np.where(moving, sizes, 1.0)
    left = unit.T @ unit * np.outer(moving, moving)
    redundant = []
    for i in range(len(left)):
        if left[i, i] < REDUNDANT:
            redundant.append(i)
            continue
        left = left - np.outer(left[:, i], left[i]) / left[i, i]
    return redundant

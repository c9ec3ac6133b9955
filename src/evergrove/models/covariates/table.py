"""The covariates of customers: columns of numbers by name, checked once where they enter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import Term, _
from evergrove.core.arguments import of_kind
from evergrove.models.covariates.errors import (
    CovariateMissing,
    CovariateNotFinite,
    CovariateNotNumeric,
    CovariateRows,
    CovariateUnknown,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike

    from evergrove.models.types import Floats


COLUMNS = Term(_("columns of numbers by their names"))


@dataclass(frozen=True, eq=False)
class Covariates:
    """
    What is known of customers besides their purchases, and does not change.

    A covariate that changes over time, or that was measured after the purchases it is to explain, does not
    belong here: it would know the future.

    Attributes:
        columns: Numbers by name, shape (n,) each, in the order of the histories. Any mapping of sequences is
            accepted; what is kept are read-only arrays of floats. There is no column for the intercept: the
            model's own letters are that.

    Raises:
        CovariateNotNumeric: A column holds texts, dates or more than one dimension.
        CovariateRows: Columns differ in length.
        CovariateNotFinite: Values are missing or infinite.
    """

    columns: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Take the columns over as checked arrays that nobody can change."""
        of_kind("covariates", self.columns, Mapping, COLUMNS)
        columns = {name: _column(name, values) for name, values in self.columns.items()}
        rows = {name: len(values) for name, values in columns.items()}
        for name, length in rows.items():
            if length != max(rows.values()):
                raise CovariateRows(name=name, given=length, expected=max(rows.values()))
        object.__setattr__(self, "columns", MappingProxyType(columns))

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    @classmethod
    def of(cls, given: Covariates | Mapping[str, ArrayLike]) -> Covariates:
        """The same table, or the one that a mapping of columns makes."""
        return given if isinstance(given, Covariates) else cls(given)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(self.columns)

    def matrix(self, names: Sequence[str]) -> Floats:
        """Some columns side by side, shape (n, k)."""
        return np.stack([self.columns[name] for name in names], axis=1) if names else np.zeros((len(self), 0))

    def check_known(self, names: Iterable[str]) -> None:
        """Raise ``CovariateUnknown`` where a name is not a column."""
        unknown = [name for name in names if name not in self.columns]
        if unknown:
            raise CovariateUnknown(unknown=", ".join(unknown), known=", ".join(self.names) or "-")

    def check_exactly(self, needed: Sequence[str]) -> None:
        """Raise where a needed column is missing, or where one is given that the model does not know."""
        missing = [name for name in needed if name not in self.columns]
        if missing:
            raise CovariateMissing(needed=", ".join(needed), missing=", ".join(missing))
        unknown = [name for name in self.names if name not in needed]
        if unknown:
            raise CovariateUnknown(unknown=", ".join(unknown), known=", ".join(needed) or "-")

    def check_rows(self, histories: int) -> None:
        """Raise ``CovariateRows`` where there are more or fewer rows than histories."""
        if len(self) != histories:
            raise CovariateRows(name=next(iter(self.names), "-"), given=len(self), expected=histories)


def _column(name: str, values: ArrayLike) -> Floats:
    """One column as read-only floats."""
    raw = np.asarray(values)
    example = raw.ravel()[0] if raw.size else None
    # Digits in quotation marks are names: a postal code is no quantity.
    numeric = raw.ndim == 1 and raw.dtype.kind not in "mMUS" and not isinstance(example, str)
    try:
        column = np.array(raw, dtype=np.float64) if numeric else None
    except (TypeError, ValueError):
        column = None
    if column is None:
        raise CovariateNotNumeric(name=name, example=example)
    broken = ~np.isfinite(column)
    if broken.any():
        row = int(np.argmax(broken))
        raise CovariateNotFinite(name=name, broken=int(broken.sum()), total=len(column), row=row)
    column.flags.writeable = False
    return column

"""A notebook's table of covariates, put into the order of the customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import InputError, Term, _
from evergrove.core.arguments import of_kind
from evergrove.models.covariates import Covariates

if TYPE_CHECKING:
    from evergrove.models.types import Floats


TABLE = Term(_("a table with a column of customer ids, or columns by their names"))


class CovariatesLacking(InputError):
    """Some customers have no row of covariates."""

    code = "scoring.covariates_lacking"
    message = _(
        "{lacking} of {customers} {customers:customer|customers} {lacking:has|have} no covariates (first: {example})."
    )
    hint = _("Give one row per customer; ids are text: capitals and leading zeros count.")


class CovariatesTwice(InputError):
    """Some customer has several rows of covariates."""

    code = "scoring.covariates_twice"
    message = _("{customer} has several rows of covariates.")
    hint = _("Give one row per customer: what changes over time is no covariate of this kind.")


class NoIdColumn(InputError):
    """A table of covariates without a column of customers."""

    code = "scoring.no_id_column"
    message = _("The covariates have no column {name} (there are: {columns}).")
    hint = _('Name the column of customer ids: value(orders, covariates, id="...").')


def arrays_of(table: Any) -> dict[str, Any]:
    """The columns of a mapping, or of an Arrow, pandas or polars table, by name."""
    if hasattr(table, "to_pydict"):
        return {name: np.asarray(values) for name, values in table.to_pydict().items()}
    if hasattr(table, "columns"):
        return {str(name): np.asarray(table[name]) for name in table.columns}
    of_kind("covariates", table, Mapping, TABLE)
    return {name: np.asarray(values) for name, values in table.items()}


class Aligned:
    """
    Covariates by customer.

    Args:
        table: A column of ids, and numbers.
        key: Name of the column of ids; None takes the first.

    Raises:
        NoIdColumn: There is no such column.
        CovariatesTwice: A customer has several rows.
        InputError: A column holds texts, or values are missing.
    """

    def __init__(self, table: Any, key: str | None) -> None:
        columns = arrays_of(table)
        name = key if key is not None else next(iter(columns), "")
        if name not in columns:
            raise NoIdColumn(name=name or "?", columns=", ".join(columns) or "-")
        ids = columns.pop(name).astype(str)
        order = np.argsort(ids, kind="stable")
        self._ids, self._columns = ids[order], Covariates(columns)
        self._order = order
        twice = np.flatnonzero(self._ids[1:] == self._ids[:-1])
        if len(twice):
            raise CovariatesTwice(customer=str(self._ids[twice[0]]))

    def of(self, customers: Any) -> dict[str, Floats]:
        """
        The covariates of some customers, by name, in their order; shape (n,) each.

        Raises:
            CovariatesLacking: One has none.
        """
        wanted = np.asarray(customers).astype(str)
        at = np.minimum(np.searchsorted(self._ids, wanted), max(len(self._ids) - 1, 0))
        found = self._ids[at] == wanted if len(self._ids) else np.zeros(len(wanted), dtype=np.bool_)
        if not found.all():
            lacking = int((~found).sum())
            example = str(wanted[np.argmin(found)])
            raise CovariatesLacking(lacking=lacking, customers=len(wanted), example=example)
        rows = self._order[at]
        return {name: values[rows] for name, values in self._columns.columns.items()}

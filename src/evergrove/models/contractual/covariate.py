"""One covariate as numbers: a text becomes one column per level, a number stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import InputError, _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from evergrove.models.types import Floats

    Covariates = Mapping[str, ArrayLike]


class InvalidCovariate(InputError):
    """A column of covariates cannot be used as it is."""

    code = "models.invalid_covariate"
    message = _(
        "The covariate {column}: {rule} fails for {broken} of {total} {total:row|rows} (first: {example})."
    )
    hint = _('Give every row a value: for texts a level such as "unknown", for numbers a best guess.')


class UnknownLevel(InputError):
    """A text that the fit has never seen."""

    code = "models.unknown_level"
    message = _("The covariate {column} has the level {level}, which the fit has never seen.")
    hint = _("Known are: {known}. Map it to one of them, or fit anew.")


@dataclass(frozen=True)
class Column:
    """
    One covariate.

    Attributes:
        name: Its name in the data.
        levels: The texts that have a column of their own; none for a number.
        reference: The text they are compared with; None for a number.
    """

    name: str
    levels: tuple[str, ...] = ()
    reference: str | None = None

    @property
    def titles(self) -> tuple[str, ...]:
        """Names of its columns: "contract=Two year", or the name itself for a number."""
        return (self.name,) if self.reference is None else tuple(f"{self.name}={v}" for v in self.levels)

    @classmethod
    def learn(cls, name: str, values: ArrayLike) -> Column:
        """A number, or a text with the most frequent level as reference."""
        given = np.asarray(values)
        if given.dtype.kind in "biuf":
            return cls(name)
        levels, counts = np.unique(_texts(name, given), return_counts=True)
        most = int(np.argmax(counts))
        return cls(name, tuple(str(v) for v in np.delete(levels, most)), str(levels[most]))

    def matrix(self, values: ArrayLike) -> Floats:
        """Its columns, shape (n, k)."""
        given = np.asarray(values)
        if self.reference is None:
            return _numbers(self.name, given)[:, None]
        texts = _texts(self.name, given)
        known = np.array([self.reference, *self.levels])
        strange = ~np.isin(texts, known)
        if strange.any():
            level = repr(str(texts[strange][0]))
            raise UnknownLevel(column=self.name, level=level, known=", ".join(known))
        return np.asarray(texts[:, None] == known[1:], dtype=np.float64)


def _numbers(name: str, given: NDArray[Any]) -> Floats:
    if given.dtype.kind not in "biuf":
        example = f"row 0, {given.flat[0]!r}" if given.size else "no row"
        raise InvalidCovariate(
            column=name, rule="value is a number", broken=given.size, total=given.size, example=example
        )
    values = np.atleast_1d(given).astype(np.float64)
    _complete(name, np.isfinite(values))
    return values


def _texts(name: str, given: NDArray[Any]) -> NDArray[np.str_]:
    if given.dtype.kind == "U":
        return np.atleast_1d(given)
    values = np.atleast_1d(given).astype(object)
    _complete(name, np.array([_is_there(value) for value in values], dtype=bool))
    return values.astype(np.str_)


def _is_there(value: object) -> bool:
    """Whether it is a value: None, NaN and pandas' NA are not."""
    same: Any = value == value  # noqa: PLR0124 -- what differs from itself is missing
    return value is not None and same is not NotImplemented and str(same) == "True"


def _complete(name: str, there: NDArray[np.bool_]) -> None:
    if not there.all():
        i, broken = int(np.argmin(there)), int((~there).sum())
        raise InvalidCovariate(
            column=name, rule="a value is given", broken=broken, total=len(there), example=f"row {i}"
        )

"""Forms of a model for customers who have letters of their own: in blocks, what is equal once."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from evergrove.core import DAYS_PER
from evergrove.models.covariates.cells import cells, codes_of, codes_of_times
from evergrove.models.process import TransactionModel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evergrove.models.types import Floats

Base = TypeVar("Base", bound=TransactionModel)

CELLS = 2048  # distinct rows at a time: forms hold some hundred numbers of each


def with_letters(base: Base, letters: Mapping[str, Floats]) -> Base:
    """
    The base, with letters of each customer's own, shape (n,), in place of one for all.

    Its forms ("given alive", ``alive``) broadcast them. Nothing else may be asked of it: as a value it is no
    model, which is why it passes by the check of parameters.
    """
    each = copy(base)
    for name, values in letters.items():
        object.__setattr__(each, name, values)
    return each


def by_cell(
    base: Base,
    form: Callable[..., Floats],
    rows: int,
    columns: tuple[Floats, ...],
    letters: Mapping[str, Floats],
) -> Floats:
    """
    Evaluate a form once per distinct (columns, letters) and hand each row its cell's value.

    Args:
        base: The model that lends its forms.
        form: (the base with letters of its own, columns) -> values; shapes (m,).
        rows: How many customers there are.
        columns: What the form reads of a history, the last of it T. Shape (rows,) or (1,) each.
        letters: Those that differ, by name. Shape (rows,) or (1,) each.

    Returns:
        Shape (rows,).
    """
    values = [np.broadcast_to(column, rows) for column in columns]
    own = {name: np.broadcast_to(letter, rows) for name, letter in letters.items()}
    first, of = cells(
        [
            *(codes_of(value) for value in values[:-1]),
            codes_of_times(values[-1], DAYS_PER[base.unit]),
            *(codes_of(letter) for letter in own.values()),
        ]
    )
    found = np.empty(len(first))
    for start in range(0, len(first), CELLS):
        at = first[start : start + CELLS]
        each = with_letters(base, {name: letter[at] for name, letter in own.items()})
        found[start : start + CELLS] = form(each, *(value[at] for value in values))
    return found[of]

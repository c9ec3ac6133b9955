"""Single units' figures on their way into sums: checked once, where an analyst hands them over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from evergrove.core.arguments import InvalidArgument
from evergrove.core.messages import _
from evergrove.core.sentences import Term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Rows: TypeAlias = Sequence[float] | NDArray[Any]

FIGURES = Term(_("one finite number for each unit, and 0 for a unit without anything"))
ONE_EACH = Term(_("as many numbers as there are units"))


def column(name: str, values: Rows) -> NDArray[np.float64]:
    """
    One figure a unit. Shape (n,).

    Args:
        name: Of the argument.
        values: As given; any sequence or column of numbers or truth values.

    Raises:
        InvalidArgument: Not one-dimensional, not numbers, or some are missing or infinite.
    """
    try:
        figures = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        figures = np.array(np.nan)
    if figures.ndim != 1 or not np.isfinite(figures).all():
        raise InvalidArgument(name=name, value=values, wanted=FIGURES)
    return figures


def columns(**named: Rows) -> list[NDArray[np.float64]]:
    """
    The same for some figures of the same units, in the order given.

    Raises:
        InvalidArgument: As ``column``, or they are not of one length.
    """
    found = [column(name, values) for name, values in named.items()]
    for name, figures in zip(named, found, strict=True):
        if len(figures) != len(found[0]):
            raise InvalidArgument(name=name, value=figures, wanted=ONE_EACH)
    return found


def dot(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The sum of products."""
    return float(one @ other)

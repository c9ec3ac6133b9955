"""A figure with its interval, and means whose errors know that rows of one customer belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from evergrove.core import Term, _
from evergrove.core.arguments import number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.types import Floats

LEVEL = 0.95
BETWEEN = Term(_("a probability between 0 and 1, such as 0.95"))


@dataclass(frozen=True)
class Interval:
    """
    A figure with its interval, in the unit of the outcome.

    Attributes:
        value: The estimate.
        se: Its standard error.
        low: Lower bound.
        high: Upper bound.
        level: Probability between the bounds.
    """

    value: float
    se: float
    low: float
    high: float
    level: float

    @property
    def excludes_zero(self) -> bool:
        """Whether both bounds lie on one side of 0."""
        return self.low > 0.0 or self.high < 0.0

    def document(self) -> dict[str, float]:
        """As JSON knows it."""
        return dict(vars(self))


def normal(value: float, se: float, level: float = LEVEL) -> Interval:
    """
    The interval of a figure whose error is normal.

    Raises:
        InvalidArgument: The level is not between 0 and 1.
    """
    between = number("level", level, BETWEEN, above=0.0, below=1.0)
    width = float(ndtri(0.5 + between / 2.0)) * se
    return Interval(value, se, value - width, value + width, between)


def mean_of(values: Floats, unit: NDArray[np.int64], level: float = LEVEL) -> Interval:
    """
    A mean over rows, with the error of a mean over units: rows of one customer are not independent.

    Args:
        values: Shape (n,), n >= 1.
        unit: Whose row it is, as any whole numbers. Shape (n,).
        level: Probability between the bounds.

    Returns:
        The mean; its error is NaN with a single unit.
    """
    mean = float(values.mean())
    return normal(mean, spread(values - mean, unit) / len(values), level)


def spread(residuals: Any, unit: NDArray[np.int64]) -> float:
    """The standard error of a sum of residuals, clustered by unit; NaN with a single unit."""
    _units, code = np.unique(unit, return_inverse=True)
    sums = np.bincount(code, residuals)
    n = len(sums)
    return float(np.sqrt(n / (n - 1.0) * (sums @ sums))) if n > 1 else float("nan")

"""Numbers as JSON holds them: finite, sensibly rounded, None where there is none; each with its definition."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.core import EvergroveError, EvergroveWarning
    from evergrove.models import Floats

CENT = Decimal("0.01")


def rounded(value: Any, digits: int) -> float | None:
    """A finite float, or None."""
    if value is None or not isfinite(value):
        return None
    return round(float(value), digits) + 0.0


def money(value: Any) -> float | None:
    """An estimate in money, to the cent."""
    return rounded(value, 2)


def share(value: Any) -> float | None:
    """A share or a probability, to six digits."""
    return rounded(value, 6)


def realised(value: Decimal | float | None) -> str | None:
    """Realised money: an exact decimal in a string."""
    if value is None or not isfinite(value):
        return None
    exact = value if isinstance(value, Decimal) else Decimal(repr(round(float(value), 4)))
    return str(exact.quantize(CENT, ROUND_HALF_EVEN))


def iso(day: date | np.datetime64 | None) -> str | None:
    """A calendar day as YYYY-MM-DD."""
    return None if day is None else str(day)


def mean(values: NDArray[Any]) -> float:
    """The mean of what is known; NaN where nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def total(values: NDArray[Any]) -> float:
    """The sum of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    if known.all():
        return float(values.sum()) if len(values) else float("nan")
    return float(values[known].sum()) if known.any() else float("nan")


def ratio(part: float, whole: float) -> float:
    """Part / whole; NaN where the whole is not positive."""
    return part / whole if whole > 0 else float("nan")


def sums_by(codes: NDArray[Any], values: Floats, groups: int) -> Floats:
    """Sum of the known values of each code 0..groups-1. Shape (groups,)."""
    sums: Floats = np.bincount(codes, np.where(np.isfinite(values), values, 0.0), groups)[:groups].astype(
        np.float64
    )
    return sums


def worded(spoken: EvergroveError | EvergroveWarning) -> dict[str, Any]:
    """
    An error or a warning as code, template and parameters: a page in any language can say it again.

    Parameters stay numbers where they are; days become ISO texts.
    """
    return {
        "code": spoken.code,
        "message": spoken.message,
        "hint": spoken.hint,
        "params": {name: _plain(value) for name, value in spoken.params.items()},
        "text": str(spoken),
    }


def _plain(value: object) -> str | int | float | None:
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if isfinite(value) else str(value)
    return str(value)

"""How unequally value is spread: best customers first, what share of all value do they bring?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.report.numbers import share

if TYPE_CHECKING:
    from evergrove.models import Floats
    from evergrove.report.headline import Windows
    from evergrove.report.types import Figures

POINTS = 100
TOP = 0.10


def concentration(clv_12m: Floats, spend_12m: Floats, windows: Windows) -> Figures:
    """
    The curves of expected and of realised value, each with the share of the top tenth.

    Args:
        clv_12m: Of every customer. Shape (n,); NaN where it is not known.
        spend_12m: The same of the last 12 months.
        windows: By name.
    """
    expected, realised = spread(clv_12m), spread(spend_12m)
    return {
        "definition": "concentration",
        "top": TOP,
        "curves": [
            {"of": name, "window": windows[window], "definition": name} | curve
            for name, window, curve in (
                ("clv_12m", "next_12_months", expected),
                ("spend_12m", "last_12_months", realised),
            )
            if curve is not None
        ],
    }


def spread(values: Floats) -> dict[str, Any] | None:
    """
    The concentration curve of one column: its points, the top tenth's share, and the Gini coefficient.

    Values below 0 (refunds above purchases) count as 0; customers without a value are left out.

    Args:
        values: Shape (n,); NaN where there is none.

    Returns:
        None where nobody has a value above 0.
    """
    known = np.isfinite(values)
    negated = -np.maximum(values if known.all() else values[known], 0.0)
    negated.sort()  # the greatest first
    cumulated = -np.cumsum(negated)
    if len(cumulated) == 0 or cumulated[-1] <= 0:
        return None
    everything = cumulated[-1]
    x = np.arange(POINTS + 1) / POINTS
    n = len(cumulated)
    y = _at(cumulated, x * n) / everything
    # Twice the area between curve and diagonal; the curve is linear between customers.
    area = (cumulated.sum() - everything / 2) / (n * everything)
    return {
        "points": [[share(a), share(b)] for a, b in zip(x, y, strict=True)],
        "top_share": share(np.interp(TOP, x, y)),
        "half_from": _half(cumulated),
        "gini": share(2 * area - 1),
    }


def _at(cumulated: Floats, places: Floats) -> Floats:
    """The cumulated sum at fractional counts of customers, linear between them. Shape of ``places``."""
    whole = np.minimum(places.astype(np.int64), len(cumulated) - 1)
    before = np.where(whole > 0, cumulated[whole - 1], 0.0)
    values: Floats = before + (cumulated[whole] - before) * (places - whole)
    return values


def _half(cumulated: Floats) -> float | None:
    """The smallest share of customers that brings half of the value."""
    first = int(np.searchsorted(cumulated, cumulated[-1] / 2)) + 1
    return share(first / len(cumulated))

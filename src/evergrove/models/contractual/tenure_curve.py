"""How the chance to leave moves with tenure: a smooth curve over its logarithm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evergrove.models.types import Floats


@dataclass(frozen=True)
class TenureCurve:
    r"""
    A restricted cubic spline in v = ln t: cubic between its knots, a straight line beyond them.

    Its features are 1, v and, with knots k_1 < ... < k_m, for j = 1..m - 2

    .. math::

        \frac{(v - k_j)_+^3 - \frac{k_m - k_j}{k_m - k_{m-1}} (v - k_{m-1})_+^3
        + \frac{k_{m-1} - k_j}{k_m - k_{m-1}} (v - k_m)_+^3}{(k_m - k_1)^2}

    So beyond the data the odds of leaving go on as a power of tenure. Two knots make that line alone, one
    a constant.

    Attributes:
        knots: In ln t, ascending.

    Source:
        Harrell (2015), Regression Modeling Strategies, 2nd edition, section 2.4.5.
    """

    knots: tuple[float, ...]

    @classmethod
    def through(cls, lost: Floats, knots: int) -> TenureCurve:
        """
        Place knots at quantiles of those who left; the first at the earliest leaver, the last at 95 %.

        Args:
            lost: Customers who left in period t = 1, 2, ... Shape (m,).
            knots: How many; fewer where fewer periods have leavers.
        """
        at = np.flatnonzero(lost > 0)
        wanted = min(knots, len(at))
        middles = (np.cumsum(lost[at]) - lost[at] / 2) / lost.sum()
        chosen: list[int] = []
        for i, share in enumerate(np.linspace(0.0, 0.95, wanted)):
            least = chosen[-1] + 1 if chosen else 0
            most = len(at) - (wanted - i)  # leave room for those to come
            nearest = int(np.argmin(np.abs(middles - share)))
            chosen.append(min(max(nearest, least), most))
        return cls(tuple(float(np.log(at[i] + 1.0)) for i in chosen))

    def features(self, t: Floats) -> Floats:
        """Features of periods t >= 1, shape (k,) -> (k, m)."""
        v = np.log(t)
        columns = [np.ones_like(v)]
        if len(self.knots) > 1:
            columns.append(v)
        *inner, before, last = self.knots if len(self.knots) > 1 else (0.0, 0.0)
        cubes = {knot: np.maximum(v - knot, 0.0) ** 3 for knot in self.knots}
        for knot in inner:
            share = (last - knot) / (last - before)
            bend = cubes[knot] - share * cubes[before] + (share - 1) * cubes[last]
            columns.append(bend / (last - self.knots[0]) ** 2)
        return np.stack(columns, axis=1)

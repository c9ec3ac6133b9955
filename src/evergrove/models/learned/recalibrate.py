"""A forecast's mean brought in line with what came, decile by decile, without changing the ranking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.models.types import Floats

DECILES = 10
NOTHING = 1e-100
"""What is no more than this is nothing: ratios of denormal numbers overflow."""


@dataclass(frozen=True)
class Recalibration:
    """
    A strictly increasing, piecewise linear map through the origin; proportional beyond its last knot.

    Attributes:
        said: Mean forecasts of groups, increasing, > 0.
        came: Mean outcomes of the same groups, increasing, > 0. No groups: nothing is changed.
        factor: On everything, so that the total is kept.
    """

    said: tuple[float, ...] = ()
    came: tuple[float, ...] = ()
    factor: float = 1.0

    def __call__(self, forecast: Floats) -> Floats:
        """Forecasts >= 0 of any shape, recalibrated."""
        if not self.said:
            return forecast * self.factor
        x, y = np.array([0.0, *self.said]), np.array([0.0, *self.came])
        inside = np.interp(forecast, x, y)
        beyond = forecast * (y[-1] / x[-1])
        recalibrated: Floats = np.where(forecast > x[-1], beyond, inside) * self.factor
        return recalibrated

    def document(self) -> dict[str, Any]:
        """As JSON knows it."""
        return {"said": list(self.said), "came": list(self.came), "factor": self.factor}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Recalibration:
        """What ``document`` wrote."""
        return cls(tuple(stored["said"]), tuple(stored["came"]), stored["factor"])


def recalibrate(said: Floats, came: Floats) -> Recalibration:
    """
    Learn the map from forecasts and what came of them.

    Deciles by forecast; neighbours whose outcomes are not in order become one group (pool adjacent violators),
    so that the ranking is kept.

    Args:
        said: Forecasts >= 0 of customers who were not learned from. Shape (n,).
        came: Outcomes. Shape (n,).

    Returns:
        The map; under it the forecasts add up to the outcomes. The identity where nothing came or was said.
    """
    if not (float(said.mean()) > NOTHING and float(came.mean()) > NOTHING):
        return Recalibration()
    order = np.lexsort((came, said))
    groups = [part for part in np.array_split(order, DECILES) if len(part)]
    blocks = [(float(said[g].sum()), float(came[g].sum()), len(g)) for g in groups]
    pooled: list[tuple[float, float, int]] = []
    for block in blocks:
        now = block
        while pooled and not _in_order(pooled[-1], now):
            before = pooled.pop()
            now = (before[0] + now[0], before[1] + now[1], before[2] + now[2])
        pooled.append(now)
    # A lowest group of which nothing came joins the next: a map through 0 would end the ranking below it.
    while len(pooled) > 1 and min(pooled[0][:2]) / pooled[0][2] <= NOTHING:
        first, second = pooled[0], pooled[1]
        pooled[:2] = [(first[0] + second[0], first[1] + second[1], first[2] + second[2])]
    shape = Recalibration(tuple(s / n for s, _c, n in pooled), tuple(c / n for _s, c, n in pooled))
    return Recalibration(shape.said, shape.came, float(came.sum()) / float(shape(said).sum()))


def _in_order(before: tuple[float, float, int], now: tuple[float, float, int]) -> bool:
    """Whether forecast and outcome both rise from one group to the next."""
    return before[0] / before[2] < now[0] / now[2] and before[1] / before[2] < now[1] / now[2]

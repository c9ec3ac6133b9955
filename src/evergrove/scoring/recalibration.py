"""What past windows say of a model's money: factors by where a customer stands among all, in an unchanged order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.scoring.accuracy import midranks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.models.types import Floats
    from evergrove.scoring.types import Scores

GROUPS = 10
MIDDLES = (np.arange(GROUPS) + 0.5) / GROUPS


@dataclass(frozen=True)
class Recalibration:
    """
    Factors on forecast money.

    Attributes:
        total: On everybody's; 1 changes nothing.
        deciles: Instead, by tenths of the forecast, lowest first; between their middles they are drawn straight.
            Empty: ``total`` for all.
    """

    total: float = 1.0
    deciles: tuple[float, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything becomes different."""
        return self.total != 1.0 or bool(self.deciles)

    def factors(self, forecast: Floats) -> Floats:
        """
        The factor of each customer; nobody overtakes anybody by it.

        Args:
            forecast: Money of each customer, >= 0, NaN where unknown. Shape (n,).

        Returns:
            Shape (n,).
        """
        factors = np.full(len(forecast), self.total)
        known = np.isfinite(forecast)
        if not self.deciles or not known.any():
            return factors
        values = forecast[known]
        place = (midranks(values) - 0.5) / len(values)
        wanted = values * np.interp(place, MIDDLES, self.deciles)
        order = np.argsort(values, kind="stable")
        raised = np.empty_like(wanted)
        raised[order] = np.maximum.accumulate(wanted[order])
        factors[known] = np.divide(raised, values, out=np.ones_like(values), where=values > 0)
        return factors

    def document(self) -> dict[str, Any]:
        """As JSON knows it."""
        return {"total": self.total, "deciles": list(self.deciles)}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Recalibration:
        """From JSON."""
        return cls(float(stored["total"]), tuple(map(float, stored["deciles"])))


AS_FORECAST = Recalibration()


def recalibrate(
    scores: Scores, bounds: tuple[float, float], by: Recalibration
) -> tuple[Scores, tuple[float, float]]:
    """
    Money to come as past windows say it: value within 12 months with its bounds, and without a horizon.

    Args:
        scores: As the models say.
        bounds: Of the total of 12 months; NaN without.
        by: What past windows say.
    """
    if not by.changes:
        return scores, bounds
    factors, before = by.factors(scores.clv_12m), np.nansum(scores.clv_12m)
    clv = scores.clv * factors
    changed = replace(
        scores,
        clv_12m=scores.clv_12m * factors,
        clv_12m_low=scores.clv_12m_low * factors,
        clv_12m_high=scores.clv_12m_high * factors,
        clv=clv,
        clv_total=scores.historic_value + clv,
    )
    share = float(np.nansum(changed.clv_12m) / before) if before > 0 else 1.0
    return changed, (bounds[0] * share, bounds[1] * share)

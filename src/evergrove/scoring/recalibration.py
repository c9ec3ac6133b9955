"""What past windows say of a model's money: factors by where a customer stands among all, in an unchanged order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.models.types import Floats
    from evergrove.scoring.types import Scores

GROUPS = 10
STEPS = 1001
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

    def factors(self, forecast: Floats, steps: Sequence[float] = ()) -> Floats:
        """
        The factor of each customer; nobody overtakes anybody by it.

        Args:
            forecast: Money of each customer, >= 0, NaN where unknown. Shape (n,).
            steps: Forecasts of all customers at even ranks, from ``steps_of``; without any, of these.

        Returns:
            Shape (n,).
        """
        factors = np.full(len(forecast), self.total)
        known = np.isfinite(forecast)
        if not self.deciles or not known.any():
            return factors
        values, ranked = forecast[known], np.asarray(steps or steps_of(forecast))
        at, of, count = np.unique(ranked, return_inverse=True, return_counts=True)
        place = (
            np.bincount(of, weights=np.linspace(0.0, 1.0, len(ranked))) / count
        )  # equal ones stand at their middle
        raised = np.maximum.accumulate(at * np.interp(place, MIDDLES, self.deciles))
        wanted = np.interp(values, at, raised) * np.where(values > at[-1], values / (at[-1] or 1.0), 1.0)
        factors[known] = np.divide(wanted, values, out=np.ones_like(values), where=values > 0)
        return factors

    def document(self) -> dict[str, Any]:
        """As JSON knows it."""
        return {"total": self.total, "deciles": list(self.deciles)}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Recalibration:
        """From JSON."""
        return cls(float(stored["total"]), tuple(map(float, stored["deciles"])))


def steps_of(forecast: Floats) -> tuple[float, ...]:
    """Forecasts at even ranks, lowest first; empty without any."""
    known = forecast[np.isfinite(forecast)]
    return tuple(np.quantile(known, np.linspace(0.0, 1.0, STEPS)).tolist()) if len(known) else ()


AS_FORECAST = Recalibration()


def recalibrate(
    scores: Scores, bounds: tuple[float, float], by: Recalibration, steps: Sequence[float] = ()
) -> tuple[Scores, tuple[float, float]]:
    """
    Money to come as past windows say it: value within 12 months with its bounds, and without a horizon.

    Args:
        scores: As the models say.
        bounds: Of the total of 12 months; NaN without.
        by: What past windows say.
        steps: As for ``Recalibration.factors``.
    """
    if not by.changes:
        return scores, bounds
    factors, before = by.factors(scores.clv_12m, steps), np.nansum(scores.clv_12m)
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

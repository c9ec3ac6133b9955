"""Health as the stages hear it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.segments.health.rules import points_of
from evergrove.segments.health.tables import BEYOND_ORDERS, read_signs
from evergrove.segments.stages.rules import silence_limits
from evergrove.segments.types import Heard
from evergrove.segments.warning.service import health_now
from evergrove.segments.warning.signs import Condition

if TYPE_CHECKING:
    from collections.abc import Collection

    from evergrove.customers import CustomerBase
    from evergrove.segments.health.types import Signs
    from evergrove.segments.types import StageCuts, Surroundings
    from evergrove.segments.warning.service import Learned
    from evergrove.settings import StageSettings
    from evergrove.warehouse import Engine


@dataclass(frozen=True)
class Hearing:
    """
    What health is made of in a night.

    Attributes:
        told: Names of the tables beside orders that hold rows.
        learned: Of health.
    """

    told: Collection[str]
    learned: Learned

    @property
    def beyond_orders(self) -> bool:
        """Whether anything is told of customers beside orders; orders speak through silence and trend already."""
        return not set(self.told).isdisjoint(BEYOND_ORDERS)

    def __call__(
        self,
        engine: Engine,
        base: CustomerBase,
        cuts: StageCuts,
        settings: StageSettings,
        around: Surroundings | None = None,
    ) -> Heard | None:
        """
        Health and the silence of logins, of every customer; None where stages do not hear them.

        Args:
            engine: Holds what ``summarise`` left, refunds, events, tickets and surveys.
            base: The customers.
            cuts: Whether they are heard, and where decline and churn begin.
            settings: Of stages.
            around: Of the same customers; None where there is nothing beside orders.
        """
        if not cuts.hears_health:
            return None
        condition, signs = condition_of(engine, base, cuts, settings, self.told, around)
        return Heard(health_now(self.learned, condition).score, signs.login_silence)


def condition_of(
    engine: Engine,
    base: CustomerBase,
    cuts: StageCuts,
    settings: StageSettings,
    told: Collection[str],
    around: Surroundings | None = None,
) -> tuple[Condition, Signs]:
    """
    How customers are doing, from orders and from what is told beside them.

    Args:
        engine: As for ``Hearing``.
        base: The customers.
        cuts: Where decline and churn begin.
        settings: Of stages.
        told: Names of the tables that hold rows.
        around: As for ``Hearing``.
    """
    signs = read_signs(engine, base.observation_end, settings.trend_window_days, told)
    limits = silence_limits(base.gap_p80, base.gap_p95, cuts, settings, around)
    points = points_of(signs, base.T - base.recency, limits.decline, limits.churn, base.orders_12m, settings)
    return Condition(base, limits, points), signs

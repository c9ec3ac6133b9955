"""
What a customer's scores take from the shop as a whole, kept with the models from one fit to the next.

Measured anew every night such figures would move customers of whom nothing was heard; and of a few customers alone
nobody could tell them. Kept, they make a customer's scores the same in any part of the base.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.scoring.readiness import INTERVALS
from evergrove.scoring.recalibration import steps_of
from evergrove.scoring.score import average_rate
from evergrove.scoring.spend import mean_of_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.customers import CustomerBase
    from evergrove.models.spend import MarginShare, RefundDelays
    from evergrove.scoring.intervals import Grid
    from evergrove.scoring.recalibration import Recalibration
    from evergrove.scoring.terms import Terms
    from evergrove.scoring.types import Readiness, Scores, SpendConvention


@dataclass(frozen=True, eq=False)
class ShopFigures:
    """
    Figures of a shop on the day of a fit.

    Attributes:
        has_amounts: Whether spend can be told at all.
        has_intervals: Whether intervals can.
        rate: Repeat purchases of a customer and day, for shops without a model; NaN where not even that is known.
        orders_per_day: Orders on one purchase day.
        mean_spend: Mean net amount of all purchase days, for shops without a spend model; NaN without any.
        delays: How long refunds take; None where none names its order.
        margin: How customers' margins differ; None where too few costs are known.
        grid: How intervals are drawn; None where there are none.
        steps: Forecasts at even ranks, lowest first, by which past windows put money right; empty where they do not.
    """

    has_amounts: bool
    has_intervals: bool
    rate: float
    orders_per_day: float
    mean_spend: float
    delays: RefundDelays | None
    margin: MarginShare | None
    grid: Grid | None
    steps: tuple[float, ...]

    def document(self) -> dict[str, Any]:
        """As JSON; numbers survive exactly."""
        delays = self.delays
        return {
            "has_amounts": self.has_amounts,
            "has_intervals": self.has_intervals,
            "rate": _number(self.rate),
            "orders_per_day": self.orders_per_day,
            "mean_spend": _number(self.mean_spend),
            "delays": None
            if delays is None
            else {name: getattr(delays, name).sum(axis=0).tolist() for name in ("refunded", "standing")},
            "margin": None if self.margin is None else asdict(self.margin),
            "grid": None if self.grid is None else asdict(self.grid),
            "steps": list(self.steps),
        }


def measured(
    base: CustomerBase,
    ready: Readiness,
    convention: SpendConvention,
    terms: Terms,
    scores: Scores,
    grid: Grid | None,
    by: Recalibration,
) -> ShopFigures:
    """
    The figures of the day of a fit.

    Args:
        base: All customers.
        ready: What the data can carry.
        convention: Which days the spend model reads.
        terms: With the margins that were found.
        scores: As the models say, before past windows put money right.
        grid: How intervals were drawn.
        by: What past windows say.
    """
    return ShopFigures(
        has_amounts=ready.amounts,
        has_intervals=ready.amounts and not set(INTERVALS) & set(ready.missing),
        rate=rate_of(base, ready),
        orders_per_day=orders_per_day(base),
        mean_spend=mean_of_all(base.summary(), convention) if ready.amounts else nan,
        delays=base.delays,
        margin=None if terms.known is None else terms.known.share,
        grid=grid,
        steps=steps_of(scores.clv_12m) if by.deciles else (),
    )


def rate_of(base: CustomerBase, ready: Readiness) -> float:
    """Repeat purchases of a customer and day; NaN where the data are too short."""
    return nan if "expected_purchases_12m" in ready.missing else average_rate(base)


def orders_per_day(base: CustomerBase) -> float:
    """Orders on one purchase day, over all customers: models count days, criteria count orders."""
    days = float(base.frequency.sum() + len(base))
    return max(1.0, float(base.orders.sum()) / days)


def read_shop(stored: Mapping[str, Any] | None) -> ShopFigures | None:
    """From JSON; None where an earlier release kept none: then they are measured every night."""
    if stored is None:
        return None
    from evergrove.models.spend import MarginShare  # noqa: PLC0415 -- the lean path keeps nothing
    from evergrove.scoring.intervals import Grid  # noqa: PLC0415 -- as above

    return ShopFigures(
        has_amounts=stored["has_amounts"],
        has_intervals=stored["has_intervals"],
        rate=_float(stored["rate"]),
        orders_per_day=stored["orders_per_day"],
        mean_spend=_float(stored["mean_spend"]),
        delays=read_delays(stored),
        margin=None if stored["margin"] is None else MarginShare(**stored["margin"]),
        grid=None if stored["grid"] is None else Grid(**stored["grid"]),
        steps=tuple(stored["steps"]),
    )


def read_delays(stored: Mapping[str, Any]) -> RefundDelays | None:
    """How long refunds took; None where none named its order."""
    if stored["delays"] is None:
        return None
    from evergrove.models.spend import RefundDelays  # noqa: PLC0415 -- as above

    return RefundDelays(
        *(np.array([stored["delays"][name]], dtype=np.float64) for name in ("refunded", "standing"))
    )


def _float(value: float | None) -> float:
    return nan if value is None else float(value)


def _number(value: float) -> float | None:
    return float(value) if isfinite(value) else None

"""On which terms value is counted: discounting, margin, acquisition cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from evergrove.core import per_unit_rate
from evergrove.scoring.errors import (
    DiscountRateOutOfRange,
    MarginNeeded,
    MarginOutOfRange,
    NegativeAcquisitionCost,
)

if TYPE_CHECKING:
    from evergrove.core import Unit
    from evergrove.models.types import Floats
    from evergrove.scoring.margins import Known, Margins
    from evergrove.settings import ValueSettings

Basis = Literal["revenue", "margin", "net_profit"]


@dataclass(frozen=True)
class Terms:
    """
    How a purchase becomes value.

    An acquisition cost was paid once, in the past: it lowers what a customer has brought so far
    (historic_value, and with it clv_total) and the lifetime figure that starts at the first order
    (simple_clv), never the value still to come (clv_12m, clv).

    Attributes:
        discount_rate: Effective annual rate.
        margin: Share of net revenue that counts; 1 on the basis of revenue.
        cac: Acquisition cost per customer; 0 but on the basis of net profit. Where each customer's own is known, their
            mean.
        basis: What the sums mean.
        own: Margins of each customer's own, where costs are known; ``margin`` is their mean then.
        known: On how much of the data the basis rests; None where settings alone make it.
    """

    discount_rate: float = 0.10
    margin: float = 1.0
    cac: float = 0.0
    basis: Basis = "revenue"
    own: Margins | None = None
    known: Known | None = None

    def delta(self, unit: Unit) -> float:
        """Continuous discount rate per unit of time."""
        return per_unit_rate(self.discount_rate, unit)

    def expected(self, revenue: Floats) -> Floats:
        """Revenue to come, on the basis: times the margin."""
        if self.own is not None:
            return revenue * self.own.share
        return revenue if self.margin == 1 else revenue * self.margin

    def variance(self, revenue: Floats) -> Floats:
        """Of value, from that of revenue, shape (n,)."""
        return self.expected(self.expected(revenue))

    def earned(self, revenue: Floats) -> Floats:
        """What customers have brought so far: known costs deducted, and what they cost to win."""
        if self.own is None:
            return self.realised(revenue)
        return self.own.earned - (self.cac if self.own.spent is None else self.own.spent)

    def realised(self, revenue: Floats) -> Floats:
        """Revenue since the first order, on the basis: times the margin, less what the customer cost to win."""
        if self.own is not None and self.own.won is not None:
            return self.expected(revenue) - self.own.won
        return self.expected(revenue) if self.cac == 0 else self.expected(revenue) - self.cac


def terms_of(settings: ValueSettings) -> Terms:
    """
    Read the terms off the settings.

    Raises:
        DiscountRateOutOfRange: At a rate of 0 or less the residual value has no limit.
        MarginOutOfRange: The margin is not in (0, 1].
        MarginNeeded: An acquisition cost without a margin.
        NegativeAcquisitionCost: It is below 0.
    """
    if not settings.discount_rate > 0:
        raise DiscountRateOutOfRange(rate=settings.discount_rate)
    if settings.margin is not None and not 0 < settings.margin <= 1:
        raise MarginOutOfRange(margin=settings.margin)
    if settings.cac is None:
        if settings.margin is None:
            return Terms(settings.discount_rate)
        return Terms(settings.discount_rate, settings.margin, basis="margin")
    if settings.margin is None:
        raise MarginNeeded
    if not settings.cac >= 0:
        raise NegativeAcquisitionCost(cac=settings.cac)
    return Terms(settings.discount_rate, settings.margin, settings.cac, "net_profit")

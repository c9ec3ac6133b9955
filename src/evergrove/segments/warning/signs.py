"""What tells early who will leave a tier or a stage: the clock's own course, and how likely an order stops it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.codes import NO_CODE, Stage, Tier
from evergrove.segments.health.types import Part
from evergrove.segments.tiers.assign import criteria_of, tiers_by

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.customers import CustomerBase
    from evergrove.models import Floats
    from evergrove.segments.stages.rules import SilenceLimits
    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.segments.types import Bools, Codes, Segments

HORIZONS = (30, 90)
"""Days ahead that are asked about."""
YEAR = 365.0
ABROAD = 1e4
"""Days until a limit that is never reached."""
AT_WORK = (Stage.NEW, Stage.GROWTH, Stage.MATURE, Stage.WON_BACK)
LEFT_FOR = (Stage.DECLINE, Stage.CHURNED)


@dataclass(frozen=True, eq=False)
class Leaving:
    """
    What of the last 12 months lies further back after some more days; shape (n,) each.

    Attributes:
        spend: Net amount.
        orders: How many orders.
        repeats: Those of them that are not the customer's first ever.
    """

    spend: Floats
    orders: Floats
    repeats: Floats


@dataclass(frozen=True, eq=False)
class Condition:
    """
    How customers are doing on a day; row by row as ``customer_summary`` of that day.

    Attributes:
        base: The summary.
        limits: Of silence.
        points: Of the components of health. Shape (len(Part), n).
    """

    base: CustomerBase
    limits: SilenceLimits
    points: Floats

    @property
    def silence(self) -> Floats:
        """Days since the last order. Shape (n,)."""
        return (self.base.T - self.base.recency).astype(np.float64)

    @property
    def rate(self) -> Floats:
        """Orders a day over the last year, as if half an order more had come in a month more. Shape (n,)."""
        rate: Floats = (self.base.orders_12m + 0.5) / (np.minimum(self.base.T, YEAR) + 30.0)
        return rate


@dataclass(frozen=True, eq=False)
class Standing(Condition):
    """
    How they are doing, and where they stand.

    Attributes:
        segments: Measured tiers and stages.
        leaving: Horizon -> what leaves the 12 months within it.
    """

    segments: Segments
    leaving: Mapping[int, Leaving]


def may_leave_stage(stage: Codes) -> Bools:
    """Who has a stage to leave for a worse one. Shape (n,)."""
    return np.isin(stage, (*AT_WORK, Stage.DECLINE))


def left_stage(before: Codes, after: Codes) -> Bools:
    """Who fell from a living stage into decline or churn, or from decline into churn. Shape (n,)."""
    fell: Bools = np.isin(before, AT_WORK) & np.isin(after, LEFT_FOR)
    fell |= (before == Stage.DECLINE) & (after == Stage.CHURNED)
    return fell


def may_leave_tier(tier: Codes) -> Bools:
    """Who has a tier below. Shape (n,)."""
    may: Bools = tier > Tier.LOW
    return may


def left_tier(before: Codes, after: Codes) -> Bools:
    """Whose figures say a lower tier; who has none any more has left it, too. Shape (n,)."""
    left: Bools = (before > Tier.LOW) & (after < before)
    return left


STAGE_SIGNS = (
    "passes_limit",
    "silent_until_limit",
    "beyond_limit",
    "gap",
    "no_order",
    "orders",
    "turn",
    "new",
    "mature",
    "decline",
    "won_back",
)


def stage_signs(standing: Standing, days: int) -> Floats:
    """
    Signs for leaving the stage within some days, named ``STAGE_SIGNS``. Shape (n, k).

    Silence leads from any stage into decline, and from there to churn, on a day that is known: the limit. What is
    not known is whether an order comes before.
    """
    stage, silence, rate = standing.segments.stage, standing.silence, standing.rate
    limit = np.where(stage == Stage.DECLINE, standing.limits.churn, standing.limits.decline)
    left = np.clip(np.where(np.isfinite(limit), limit, ABROAD) - silence, 0.0, ABROAD)
    passes = (left < days).astype(np.float64)
    past = standing.segments.histories
    turn = np.log((past.recent_orders + 0.5) / (past.previous_orders + 0.5))
    return np.stack(
        [
            passes,
            passes * np.exp(-rate * left),
            passes * (1.0 - left / days),
            np.minimum(silence / (silence + left + 1.0), 1.0),
            np.exp(-rate * days),
            np.log(standing.base.orders),
            np.clip(turn, -2.0, 2.0),
            *(
                (stage == each).astype(np.float64)
                for each in (Stage.NEW, Stage.MATURE, Stage.DECLINE, Stage.WON_BACK)
            ),
        ],
        axis=1,
    )


TIER_SIGNS = (
    "falls_if_silent",
    "falls_without_order",
    "no_order",
    "share_leaving",
    "orders_leaving",
    "gap",
    "orders",
    "potential",
    "high",
)


def tier_signs(standing: Standing, days: int, rules: TierPolicy) -> Floats:
    """
    Signs for leaving the tier within some days, named ``TIER_SIGNS``. Shape (n, k).

    Old orders leave the 12 months on days that are known: what the figures say then if nothing comes is the first
    sign.
    """
    base, tier, gone = standing.base, standing.segments.tier, standing.leaving[days]
    falls = (tier_if_silent(standing, days, rules) < tier).astype(np.float64)
    no_order = np.exp(-standing.rate * days)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.nan_to_num(gone.spend / base.spend_12m, nan=0.0, posinf=0.0, neginf=0.0)
    silence = standing.silence
    return np.stack(
        [
            falls,
            falls * no_order,
            no_order,
            np.clip(share, 0.0, 1.0),
            np.log1p(gone.orders),
            silence / (silence + standing.limits.decline),
            np.log(base.orders),
            (tier == Tier.POTENTIAL).astype(np.float64),
            (tier == Tier.HIGH).astype(np.float64),
        ],
        axis=1,
    )


def tier_if_silent(standing: Standing, days: int, rules: TierPolicy) -> Codes:
    """The tier that figures say some days later if nothing comes until then. Shape (n,)."""
    base, gone, tiering = standing.base, standing.leaving[days], standing.segments.tiering
    if tiering.bounds is None:
        return np.full(len(base), NO_CODE, dtype=np.int8)
    spend, orders = base.spend_12m - gone.spend, base.orders_12m - gone.orders
    with np.errstate(divide="ignore", invalid="ignore"):
        average = spend / orders
    criteria = criteria_of(spend, orders, base.repeat_orders_12m - gone.repeats, average, rules)
    return tiers_by(criteria, tiering.bounds, rules).tier


HEALTH_SIGNS = (
    *(f"{part.name.lower()}_lost" for part in Part),
    "silence_lost",
    *(f"{part.name.lower()}_unknown" for part in Part if part != Part.PURCHASE_GAP),
    "orders",
    "pace",
)
"""What the fitted health weighs: points lost, what is not known, and how often the customer buys at all."""


def health_signs(standing: Condition) -> Floats:
    """Signs for no order within 90 days, named ``HEALTH_SIGNS``. Shape (n, k)."""
    unknown = np.isnan(standing.points)
    lost = 1.0 - np.nan_to_num(standing.points, nan=100.0) / 100.0
    silent = np.log1p(standing.silence / standing.limits.decline)  # it goes on where points have run out
    # The pace up to the last order: silence since then must not pass for a slower customer.
    pace = (standing.base.frequency + 0.5) / (standing.base.recency + 30.0)
    context = [np.log(standing.base.orders), np.exp(-pace * HORIZONS[-1])]
    return np.stack([*lost, silent, *unknown[1:].astype(np.float64), *context], axis=1)

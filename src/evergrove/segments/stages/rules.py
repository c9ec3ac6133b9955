"""Where a customer stands in the life cycle: the first rule that holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.segments.codes import Direction, Stage, StageRule, Tier

if TYPE_CHECKING:
    from evergrove.models import Floats
    from evergrove.segments.types import (
        Bools,
        Codes,
        Histories,
        Rhythm,
        SilenceCut,
        StageCuts,
        Trend,
    )
    from evergrove.settings import StageSettings

HEALTH_LIMIT = 40.0
"""Health below this is decline."""
SMALL = 21
"""Below this many gaps the 95 % quantile lies between the two longest; from here on one gap hardly moves it."""

STAGE_OF: tuple[Stage, ...] = (
    Stage.PROSPECT,
    Stage.CHURNED,
    Stage.CHURNED,
    Stage.CHURNED,
    Stage.CHURNED,
    Stage.DECLINE,
    Stage.DECLINE,
    Stage.DECLINE,
    Stage.DECLINE,
    Stage.WON_BACK,
    Stage.NEW,
    Stage.MATURE,
    Stage.MATURE,
    Stage.GROWTH,
    Stage.WON_BACK,
    Stage.DECLINE,
)
"""The stage that each ``StageRule`` leads to."""


@dataclass(frozen=True, eq=False)
class SilenceLimits:
    """
    How long each customer may be silent. Shape (n,) each.

    Attributes:
        decline: Longer than this is decline, in days.
        churn: Longer than this is churned, in days; infinite where silence alone does not say so.
        own: Whether the limits come from the customer's own rhythm.
        shop_known: Whether the others' limits come from the shop's rhythm; else they are days of the settings.
    """

    decline: Floats
    churn: Floats
    own: Bools
    shop_known: bool


def silence_limits(
    gap_p80: Floats, gap_p95: Floats, cuts: StageCuts, settings: StageSettings
) -> SilenceLimits:
    """
    The limits by the customer's own rhythm, else the shop's, else the days of the settings.

    Args:
        gap_p80: Own gap that 80 % do not exceed; NaN with fewer than ``own_gaps`` gaps. Shape (n,).
        gap_p95: The same for 95 %.
        cuts: The shop's rhythm, and by how much the 95 % gaps are stretched.
        settings: How many gaps a rhythm needs, and the days that stand in.
    """
    own = ~np.isnan(gap_p95)
    decline, churn = _of_others(cuts, settings)
    return SilenceLimits(
        decline=np.where(own, gap_p80, decline),
        churn=np.where(own, _tested(gap_p95, cuts.own_silence, settings), churn),
        own=own,
        shop_known=is_known(cuts.shop, settings),
    )


def is_known(shop: Rhythm, settings: StageSettings) -> bool:
    """Whether the shop has gaps enough for a rhythm."""
    return shop.gaps >= settings.shop_gaps


def _tested(gap_p95: Any, cut: SilenceCut, settings: StageSettings) -> Any:
    """
    The silence from which a customer counts as churned.

    Where nothing could be tested, the rhythm of a short history (no gap is longer than it) would call people
    gone after weeks: then never before ``churn_days``.
    """
    limit = gap_p95 * cut.stretch
    return limit if cut.source == "back_test" else np.maximum(limit, float(settings.churn_days))


def _of_others(cuts: StageCuts, settings: StageSettings) -> tuple[float, float]:
    if is_known(cuts.shop, settings):
        return cuts.shop.p80, float(_tested(np.float64(cuts.shop.p95), cuts.shop_silence, settings))
    return float(settings.decline_days), float(settings.churn_days)


def came_back(histories: Histories, cuts: StageCuts, settings: StageSettings) -> Bools:
    """
    Who ended, within ``won_back_days``, a silence that would have counted as churned.

    The gap in question belongs to the customer's own gaps by now, so their quantile has moved towards it. With
    few gaps q = s + f (g - s), where s is the longest of the *other* gaps and f = 1 - (n - 1) / 20: the silence
    is measured against s. That needs ``own_gaps`` other gaps; with fewer, the shop's rhythm counts.
    """
    gap, q, gaps = histories.returned_gap, histories.gap_p95, histories.frequency
    f = np.maximum(1.0 - 0.05 * (gaps - 1.0), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        others = np.where(gaps < SMALL, (q - f * gap) / (1.0 - f), q)
    own = ~np.isnan(q) & (gaps > settings.own_gaps)
    _decline, churn = _of_others(cuts, settings)
    beyond_own = (gap > q) & (gap > others * stretched(cuts.own_silence))
    returned: Bools = np.where(own, beyond_own, gap > churn)
    return returned


def stretched(cut: SilenceCut) -> float:
    """The cut's factor; never infinite, so that it can be multiplied with a gap of 0 days."""
    return min(cut.stretch, 1e9)


def assign_stages(
    histories: Histories, tier: Codes, trend: Trend, cuts: StageCuts, settings: StageSettings
) -> tuple[Codes, Codes]:
    """
    The stage of every customer with at least one paid order, and the rule that put them there.

    In this order: churned (the chance of another purchase is below its cut, or silence beyond the churn
    limit); decline (silence beyond the decline limit, a falling trend, or health below ``HEALTH_LIMIT`` where it is
    heard); won back; new (one order); mature (``mature_orders`` or high tier, with a steady trend); growth. A trend
    that is not known is not steady. Days of the settings mean decline only without a login as recent, where logins
    are heard. A single file has no yesterday, hence no hysteresis.

    Returns:
        ``Stage`` codes and ``StageRule`` codes, shape (n,) each.
    """
    limits = silence_limits(histories.gap_p80, histories.gap_p95, cuts, settings)
    steady = trend.direction == Direction.STEADY
    others = (
        (StageRule.CHURNED_SHOP_RHYTHM, StageRule.DECLINE_SHOP_RHYTHM)
        if limits.shop_known
        else (StageRule.CHURNED_DAYS, StageRule.DECLINE_DAYS)
    )
    gone, fading = histories.silence > limits.churn, histories.silence > limits.decline
    heard, none = histories.heard, np.zeros(len(histories.orders), dtype=np.bool_)
    unwell = none if heard is None else heard.health < HEALTH_LIMIT
    here = none if heard is None else heard.login_silence <= settings.decline_days
    # The last to be written wins: the list runs from the last rule to the first.
    rules: tuple[tuple[StageRule, Bools], ...] = (
        (StageRule.MATURE_HIGH, steady & (tier == Tier.HIGH)),
        (StageRule.MATURE_ORDERS, steady & (histories.orders >= settings.mature_orders)),
        (StageRule.NEW, histories.orders == 1),
        (StageRule.WON_BACK, came_back(histories, cuts, settings)),
        (StageRule.DECLINE_HEALTH, unwell),
        (StageRule.DECLINE_TREND, trend.direction == Direction.FALLING),
        (others[1], fading if limits.shop_known else fading & ~here),
        (StageRule.DECLINE_OWN_RHYTHM, fading & limits.own),
        (others[0], gone),
        (StageRule.CHURNED_OWN_RHYTHM, gone & limits.own),
        (StageRule.CHURNED_CHANCE, histories.p_active < cuts.p_active),
    )
    rule = np.full(len(histories.orders), StageRule.GROWTH, dtype=np.int8)
    for code, holds in rules:
        rule[holds] = code
    return np.array(STAGE_OF, dtype=np.int8)[rule], rule

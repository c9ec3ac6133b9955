"""Where a customer stands in the life cycle: the first rule that holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.segments.codes import Direction, Stage, StageRule, Subscribed, Tier

if TYPE_CHECKING:
    from evergrove.models import Floats
    from evergrove.segments.types import (
        Bools,
        Codes,
        Histories,
        Rhythm,
        SilenceCut,
        StageCuts,
        Surroundings,
        Trend,
    )
    from evergrove.settings import StageSettings

HEALTH_LIMIT = 40.0
"""Health below this is decline."""
HEALTH_WELL = 45.0
"""Who is in decline leaves it by health no sooner than here: scores move by a point or two from night to night."""
NEVER_DAYS = 1e6
"""A limit of silence that nobody reaches."""
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
    Stage.CHURNED,
    Stage.DECLINE,
    Stage.DECLINE,
    Stage.CHURNED,
    Stage.DECLINE,
    Stage.DECLINE,
    Stage.DECLINE,
    Stage.WON_BACK,
    Stage.NEW,
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
        category: Whether they come from the rhythm of the customer's category.
        shop_known: Whether the others' limits come from the shop's rhythm; else they are days of the settings.
    """

    decline: Floats
    churn: Floats
    own: Bools
    category: Bools
    shop_known: bool


def silence_limits(
    gap_p80: Floats,
    gap_p95: Floats,
    cuts: StageCuts,
    settings: StageSettings,
    around: Surroundings | None = None,
) -> SilenceLimits:
    """
    The limits by the customer's own rhythm, else the category's, else the shop's, else the days of the settings.

    While a subscription runs there is no limit: ``NEVER_DAYS``.

    Args:
        gap_p80: Own gap that 80 % do not exceed; NaN with fewer than ``own_gaps`` gaps. Shape (n,).
        gap_p95: The same for 95 %.
        cuts: The shop's rhythm, and by how much the 95 % gaps are stretched.
        settings: How many gaps a rhythm needs, and the days that stand in.
        around: Of the same customers; None where there is nothing beside orders.
    """
    own = ~np.isnan(gap_p95)
    category, decline, churn = _of_others(own, cuts, settings, around)
    decline = np.where(own, gap_p80, decline)
    churn = np.where(own, _tested(gap_p95, cuts.own_silence, settings), churn)
    if around is not None:
        decline = np.where(around.subscribes, NEVER_DAYS, decline)
        churn = np.where(around.subscribes, NEVER_DAYS, churn)
    return SilenceLimits(decline, churn, own, category, shop_known=is_known(cuts.shop, settings))


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


def _of_others(
    own: Bools, cuts: StageCuts, settings: StageSettings, around: Surroundings | None
) -> tuple[Bools, Any, Any]:
    """Who is measured by the category, and the limits of decline and churn of all without a rhythm of their own."""
    decline, churn = float(settings.decline_days), float(settings.churn_days)
    if is_known(cuts.shop, settings):
        decline = cuts.shop.p80
        churn = float(_tested(np.float64(cuts.shop.p95), cuts.shop_silence, settings))
    if around is None:
        return np.zeros(len(own), dtype=np.bool_), decline, churn
    category = ~own & ~np.isnan(around.gap_p95)
    by_category = _tested(around.gap_p95, cuts.category_silence, settings)
    return category, np.where(category, around.gap_p80, decline), np.where(category, by_category, churn)


def came_back(histories: Histories, cuts: StageCuts, settings: StageSettings) -> Bools:
    """
    Who ended, within ``won_back_days``, a silence that would have counted as churned.

    The gap in question belongs to the customer's own gaps by now, so their quantile has moved towards it. With
    few gaps q = s + f (g - s), where s is the longest of the *other* gaps and f = 1 - (n - 1) / 20: the silence
    is measured against s. That needs ``own_gaps`` other gaps; with fewer, the category's rhythm counts, or the shop's.
    """
    gap, q, gaps = histories.returned_gap, histories.gap_p95, histories.frequency
    f = np.maximum(1.0 - 0.05 * (gaps - 1.0), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        others = np.where(gaps < SMALL, (q - f * gap) / (1.0 - f), q)
    own = ~np.isnan(q) & (gaps > settings.own_gaps)
    _category, _decline, churn = _of_others(own, cuts, settings, histories.around)
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

    In this order: churned (a subscription that ended, a chance of another purchase below its cut, or silence beyond the
    churn limit); decline (a subscription past due, paused or ending, silence beyond the decline limit, a falling
    trend, or health below ``HEALTH_LIMIT`` where it is heard); won back; new (one order, or a trial); mature
    (``mature_orders`` or high tier, with a steady trend); growth. A trend that is not known is not steady. Days of the
    settings mean decline only without a login as recent, where logins are heard. While a subscription runs, neither
    chance nor silence nor trend is asked: it renews by itself. A single file has no yesterday, hence no hysteresis.

    Returns:
        ``Stage`` codes and ``StageRule`` codes, shape (n,) each.
    """
    rule = np.full(len(histories.orders), StageRule.GROWTH, dtype=np.int8)
    # The last to be written wins: the list runs from the last rule to the first.
    for code, holds in _rules(histories, tier, trend, cuts, settings):
        rule[holds] = code
    return np.array(STAGE_OF, dtype=np.int8)[rule], rule


def _rules(
    histories: Histories, tier: Codes, trend: Trend, cuts: StageCuts, settings: StageSettings
) -> tuple[tuple[StageRule, Bools], ...]:
    limits = silence_limits(histories.gap_p80, histories.gap_p95, cuts, settings, histories.around)
    in_state, subscribes = _subscriptions(histories)
    steady = (trend.direction == Direction.STEADY) | subscribes
    others = (
        (StageRule.CHURNED_SHOP_RHYTHM, StageRule.DECLINE_SHOP_RHYTHM)
        if limits.shop_known
        else (StageRule.CHURNED_DAYS, StageRule.DECLINE_DAYS)
    )
    gone, fading = histories.silence > limits.churn, histories.silence > limits.decline
    heard, none = histories.heard, np.zeros(len(histories.orders), dtype=np.bool_)
    unwell = none if heard is None else heard.health < HEALTH_LIMIT
    here = none if heard is None else heard.login_silence <= settings.decline_days
    return (
        (StageRule.MATURE_HIGH, steady & (tier == Tier.HIGH)),
        (StageRule.MATURE_ORDERS, steady & (histories.orders >= settings.mature_orders)),
        (StageRule.NEW, histories.orders == 1),
        (StageRule.SUBSCRIPTION_TRIAL, in_state[Subscribed.TRIAL]),
        (StageRule.WON_BACK, came_back(histories, cuts, settings) & ~subscribes),
        (StageRule.SUBSCRIPTION_RESUMED, in_state[Subscribed.RESUMED]),
        (StageRule.DECLINE_HEALTH, unwell),
        (StageRule.DECLINE_TREND, (trend.direction == Direction.FALLING) & ~subscribes),
        (others[1], fading if limits.shop_known else fading & ~here),
        (StageRule.DECLINE_CATEGORY_RHYTHM, fading & limits.category),
        (StageRule.DECLINE_OWN_RHYTHM, fading & limits.own),
        (StageRule.SUBSCRIPTION_ENDING, in_state[Subscribed.ENDING]),
        (StageRule.SUBSCRIPTION_PAUSED, in_state[Subscribed.PAUSED]),
        (StageRule.SUBSCRIPTION_PAST_DUE, in_state[Subscribed.PAST_DUE]),
        (others[0], gone),
        (StageRule.CHURNED_CATEGORY_RHYTHM, gone & limits.category),
        (StageRule.CHURNED_OWN_RHYTHM, gone & limits.own),
        (StageRule.CHURNED_CHANCE, (histories.p_active < cuts.p_active) & ~subscribes),
        (StageRule.SUBSCRIPTION_ENDED, in_state[Subscribed.ENDED]),
    )


def _subscriptions(histories: Histories) -> tuple[tuple[Bools, ...], Bools]:
    """Who is in which ``Subscribed`` state, and whose subscription runs."""
    around, none = histories.around, np.zeros(len(histories.orders), dtype=np.bool_)
    if around is None:
        return (none,) * len(Subscribed), none
    return tuple(around.subscription == state for state in Subscribed), around.subscribes

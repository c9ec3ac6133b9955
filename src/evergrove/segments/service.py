"""The verb of this station: columns and a chance of another purchase in; tier, stage, action, RFM out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.actions import (
    WINDOW_DAYS,
    assign_actions,
    high_at_any,
    least_high_spend,
    may_have_been_high,
    month_ends,
)
from evergrove.segments.codes import Action, Stage, Tier
from evergrove.segments.measures.rfm import rfm
from evergrove.segments.measures.trend import order_trend
from evergrove.segments.stages.rules import assign_stages
from evergrove.segments.tiers.assign import assign_tiers, criteria_of, no_tiers, tiers_by
from evergrove.segments.tiers.notices import NoTiers, ShortYear
from evergrove.segments.tiers.policy import policy_from
from evergrove.segments.types import Histories, Segments

if TYPE_CHECKING:
    from datetime import date

    from evergrove.core import EvergroveWarning
    from evergrove.models import Floats
    from evergrove.scoring.types import Scores
    from evergrove.segments.actions import MonthEnds
    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.segments.types import (
        Bools,
        Codes,
        Criteria,
        CustomerColumns,
        Heard,
        Outlook,
        StageCuts,
        Surroundings,
        TierBounds,
        Tiering,
    )
    from evergrove.settings import StageSettings, TierSettings


@dataclass(frozen=True)
class WithoutPurchase:
    """
    What holds for known customers without a row in ``customer_summary``.

    Attributes:
        stage: None means NULL.
        action: None means NULL.
    """

    stage: Stage | None
    action: Action | None


PROSPECT = WithoutPurchase(Stage.PROSPECT, Action.L1)
"""Never paid and never got money back: all their orders, if any, were cancelled or left unpaid."""
LEFT_BEFORE = WithoutPurchase(None, None)
"""
Bought once, but nothing that counts is left: every order was refunded to nothing, or refunds are all that the
data hold because the purchase lies before their beginning. No prospect, and nothing to rank by.
"""


def segment(
    base: CustomerColumns,
    p_active: Floats,
    cuts: StageCuts,
    *,
    tiers: TierSettings,
    stages: StageSettings,
    currency: str,
    observation_end: date,
    month_end_figures: MonthEnds | None = None,
    has_amounts: bool = True,
    bounds: TierBounds | None = None,
    rules: TierPolicy | None = None,
    outlook: Outlook | None = None,
    scores: Scores | None = None,
    heard: Heard | None = None,
    around: Surroundings | None = None,
) -> Segments:
    """
    Place every customer in a tier and a stage, and name the playbook.

    Args:
        base: The columns of ``customer_summary``; all results are aligned with its rows.
        p_active: Chance of another purchase within ``stages.active_days``; NaN where unknown. Shape (n,).
        cuts: Where churn and decline begin; see ``stage_cuts``.
        tiers: Settings.
        stages: Settings.
        currency: As declared; "" if not.
        observation_end: The last day whose orders count.
        month_end_figures: Gives past figures of churned customers who may have been of high tier; without it
            only those count as once high who still are.
        has_amounts: Without amounts there are no tiers and no monetary scores.
        bounds: Of tiers, as found on an earlier day; None finds them today.
        rules: The policy of tiers; None is what the settings state.
        outlook: What the models say of bounds that figures miss; kept for the hysteresis.
        scores: What is predicted, for policies that look ahead.
        heard: Health and logins; None where stages do not hear them.
        around: Rhythms of categories, and subscriptions; None where there are neither.
    """
    rules = rules or policy_from(tiers)
    criteria = _criteria(base, rules, scores)
    tiering, warnings = _tiers(criteria, rules, currency, base.T, has_amounts=has_amounts, bounds=bounds)
    trend = order_trend(
        base.orders_last_window,
        base.orders_prev_window,
        base.T,
        stages.trend_window_days,
        stages.trend_certainty,
    )
    histories = _histories(base, p_active, heard, around)
    stage, rule = assign_stages(histories, tiering.tier, trend, cuts, stages)
    was_high = _was_high(stage, tiering, histories, rules, observation_end, month_end_figures)
    return Segments(
        tiering=tiering,
        stage=stage,
        stage_rule=rule,
        action=assign_actions(stage, tiering.tier, was_high, trend.direction),
        rfm=rfm(histories.silence, base.orders, base.historic_value if has_amounts else None),
        trend=trend,
        was_high=was_high,
        criteria=criteria,
        histories=histories,
        cuts=cuts,
        warnings=warnings,
        outlook=outlook,
    )


def _criteria(base: CustomerColumns, rules: TierPolicy, scores: Scores | None) -> Criteria:
    """The figures that tiers look at."""
    return criteria_of(
        base.spend_12m,
        base.orders_12m,
        base.repeat_orders_12m,
        base.aov_12m,
        rules,
        clv_12m=None if scores is None else scores.clv_12m,
        clv_total=None if scores is None else scores.clv_total,
    )


def _histories(
    base: CustomerColumns, p_active: Floats, heard: Heard | None, around: Surroundings | None
) -> Histories:
    """What stages look at."""
    return Histories(
        orders=base.orders,
        frequency=base.frequency,
        age=base.T,
        silence=base.T - base.recency,
        p_active=p_active,
        gap_p80=base.gap_p80,
        gap_p95=base.gap_p95,
        returned_gap=base.returned_gap,
        recent_orders=base.orders_last_window,
        previous_orders=base.orders_prev_window,
        heard=heard,
        around=around,
    )


def _tiers(
    criteria: Criteria,
    rules: TierPolicy,
    currency: str,
    age: Floats,
    *,
    has_amounts: bool,
    bounds: TierBounds | None,
) -> tuple[Tiering, tuple[EvergroveWarning, ...]]:
    if not has_amounts:
        return no_tiers(len(age), rules), (NoTiers(),)
    if bounds is not None:
        return tiers_by(
            criteria, bounds, rules
        ), ()  # what there was to say was said on the day they were found
    tiering, warnings = assign_tiers(criteria, rules, currency)
    days = int(age.max(initial=0)) + 1
    return tiering, warnings if days >= WINDOW_DAYS else (*warnings, ShortYear(days=days))


def _was_high(
    stage: Codes,
    tiering: Tiering,
    histories: Histories,
    rules: TierPolicy,
    observation_end: date,
    month_end_figures: MonthEnds | None,
) -> Bools:
    """Churned, and of high tier today or at a month end of the last 24 months."""
    was_high: Bools = (stage == Stage.CHURNED) & (tiering.tier == Tier.HIGH)
    if month_end_figures is None or tiering.bounds is None or not rules.first_high:
        return was_high  # where the lowest tier plays as high, everybody is
    may = may_have_been_high(stage, histories.orders, histories.silence, tiering.bounds, rules)
    rows = np.flatnonzero(may & ~was_high)
    if len(rows) == 0:
        return was_high
    figures = month_end_figures(rows, month_ends(observation_end), least_high_spend(tiering.bounds, rules))
    return was_high | high_at_any(len(stage), figures, tiering.bounds, rules)

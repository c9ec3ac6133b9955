"""The sentences behind each band, each rule and each reason, by their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.segments.codes import Criterion, StageRule, TierReason

if TYPE_CHECKING:
    from collections.abc import Mapping

CRITERION_SENTENCES: Mapping[Criterion, tuple[str, str]] = {
    Criterion.SPEND: (
        "segments.tier_spend",
        _("Net revenue in the last 12 months: {value}, band {band} ({range})."),
    ),
    Criterion.FREQUENCY: (
        "segments.tier_frequency",
        _("Orders that count in the last 12 months: {value}, band {band} ({range})."),
    ),
    Criterion.AVERAGE_ORDER: (
        "segments.tier_average_order",
        _("Average order in the last 12 months: {value}, band {band} ({range})."),
    ),
    Criterion.CLV_12M: (
        "segments.tier_clv_12m",
        _("Value expected in the next 12 months: {value}, band {band} ({range})."),
    ),
    Criterion.CLV_TOTAL: (
        "segments.tier_clv_total",
        _("Value so far and expected: {value}, band {band} ({range})."),
    ),
}

STAGE_SENTENCES: Mapping[StageRule, tuple[str, str]] = {
    StageRule.PROSPECT: ("segments.stage_prospect", _("No paid order yet.")),
    StageRule.CHURNED_CHANCE: (
        "segments.stage_churned_chance",
        _(
            "The chance of an order within {active_days} {active_days:day|days} is {chance}, below the cut of {cut}."
        ),
    ),
    StageRule.CHURNED_OWN_RHYTHM: (
        "segments.stage_churned_own_rhythm",
        _(
            "Silent for {silence} {silence:day|days}, longer than the limit of {limit}. 95% of this customer's own gaps are at "
            "most {gap} {gap:day|days}, and the limit is {stretch} times that."
        ),
    ),
    StageRule.CHURNED_SHOP_RHYTHM: (
        "segments.stage_churned_shop_rhythm",
        _(
            "Silent for {silence} {silence:day|days}, longer than the limit of {limit}. 95% of all gaps in this shop are at most "
            "{gap} {gap:day|days}, and the limit is {stretch} times that; the customer's own gaps are too few."
        ),
    ),
    StageRule.CHURNED_CATEGORY_RHYTHM: (
        "segments.stage_churned_category_rhythm",
        _(
            "Silent for {silence} {silence:day|days}, longer than the limit of {limit}. 95% of the gaps of customers who buy "
            "mostly in the same category are at most {gap} {gap:day|days}, and the limit is {stretch} times that; the "
            "customer's own gaps are too few."
        ),
    ),
    StageRule.CHURNED_DAYS: (
        "segments.stage_churned_days",
        _(
            "Silent for {silence} {silence:day|days}, longer than the limit of {limit} from the settings: neither the customer nor "
            "the shop has gaps enough."
        ),
    ),
    StageRule.DECLINE_OWN_RHYTHM: (
        "segments.stage_decline_own_rhythm",
        _(
            "Silent for {silence} {silence:day|days}, longer than the limit of {limit}: 80% of this customer's own gaps are no "
            "longer than that."
        ),
    ),
    StageRule.DECLINE_SHOP_RHYTHM: (
        "segments.stage_decline_shop_rhythm",
        _(
            "Silent for {silence} {silence:day|days}, longer than the limit of {limit}: 80% of all gaps in this shop are no longer "
            "than that; the customer's own gaps are too few."
        ),
    ),
    StageRule.DECLINE_CATEGORY_RHYTHM: (
        "segments.stage_decline_category_rhythm",
        _(
            "Silent for {silence} {silence:day|days}, longer than the limit of {limit}: 80% of the gaps of customers who buy "
            "mostly in the same category are no longer than that; the customer's own gaps are too few."
        ),
    ),
    StageRule.DECLINE_DAYS: (
        "segments.stage_decline_days",
        _(
            "Silent for {silence} {silence:day|days}, longer than the limit of {limit} from the settings: neither the customer nor "
            "the shop has gaps enough."
        ),
    ),
    StageRule.DECLINE_TREND: (
        "segments.stage_decline_trend",
        _(
            "Repeat orders in the last {window} {window:day|days}: {recent}; in the {known_days} {known_days:day|days} before: {previous}. That is a "
            "falling trend with a certainty of {certainty}."
        ),
    ),
    StageRule.DECLINE_HEALTH: (
        "segments.stage_decline_health",
        _("Health is {health} of 100, below {health_limit}: export health names what takes most away."),
    ),
    StageRule.DECLINE_HEALTH_HELD: (
        "segments.stage_decline_health_held",
        _(
            "Health is {health} of 100: decline that began below {health_limit} ends at {health_well}, or with an order."
        ),
    ),
    StageRule.WON_BACK: (
        "segments.stage_won_back",
        _(
            "Came back within the last {won_back_days} {won_back_days:day|days}, after {returned_gap} {returned_gap:day|days} of silence, which counts as "
            "churned; for so long this customer is won back."
        ),
    ),
    StageRule.WON_BACK_ORDERED: (
        "segments.stage_won_back_ordered",
        _(
            "Ordered on {returned_on}, after having counted as churned; for {won_back_days} {won_back_days:day|days} from then this "
            "customer is won back."
        ),
    ),
    StageRule.NEW: ("segments.stage_new", _("One order so far.")),
    StageRule.MATURE_ORDERS: (
        "segments.stage_mature_orders",
        _("{orders} {orders:order|orders}, at least {mature_orders}, at a steady frequency."),
    ),
    StageRule.MATURE_HIGH: (
        "segments.stage_mature_high",
        _("High value, and the frequency of orders is steady."),
    ),
    StageRule.GROWTH: (
        "segments.stage_growth",
        _(
            "{orders} {orders:order|orders}; no rule for another stage holds. Frequency of orders: {direction}."
        ),
    ),
    StageRule.SUBSCRIPTION_ENDED: ("segments.stage_subscription_ended", _("The subscription has ended.")),
    StageRule.SUBSCRIPTION_ENDING: (
        "segments.stage_subscription_ending",
        _("The subscription is cancelled and runs out with what is paid for."),
    ),
    StageRule.SUBSCRIPTION_PAUSED: ("segments.stage_subscription_paused", _("The subscription is paused.")),
    StageRule.SUBSCRIPTION_PAST_DUE: (
        "segments.stage_subscription_past_due",
        _("A payment for the subscription is past due."),
    ),
    StageRule.SUBSCRIPTION_RESUMED: (
        "segments.stage_subscription_resumed",
        _(
            "Subscribed again after an earlier subscription had ended; for {won_back_days} {won_back_days:day|days} this "
            "customer is won back."
        ),
    ),
    StageRule.SUBSCRIPTION_TRIAL: ("segments.stage_subscription_trial", _("The subscription is on trial.")),
}

TIER_SENTENCES: Mapping[TierReason, tuple[str, str]] = {
    TierReason.NONE: ("segments.tier_none", _("No tier: there is no amount to rank by.")),
    TierReason.MEDIAN: (
        "segments.tier_measured",
        _(
            "In the last 12 months: net revenue {spend} ({spend_band}), orders that count {frequency} "
            "({frequency_band}), average order {average_order} ({average_order_band}). The median of the three bands decides."
        ),
    ),
    TierReason.TOO_SELDOM: (
        "segments.tier_measured_too_seldom",
        _(
            "In the last 12 months: net revenue {spend} ({spend_band}), orders that count {frequency} "
            "({frequency_band}), average order {average_order} ({average_order_band}). Too few orders for the top tier."
        ),
    ),
    TierReason.HELD_CHECKS: (
        "segments.tier_held_checks",
        _(
            "Held: the figures have said {realised} for {lower_checks} {lower_checks:night|nights}; a tier falls after "
            "{fall_checks} {fall_checks:check|checks}, {check_days} {check_days:day|days} apart."
        ),
    ),
    TierReason.HELD_DWELL: (
        "segments.tier_held_dwell",
        _(
            "Held: the figures say {realised}, but a tier falls no sooner than {dwell_days} {dwell_days:day|days} after it was "
            "reached ({tier_since})."
        ),
    ),
    TierReason.HELD_EXPECTED: (
        "segments.tier_held_expected",
        _(
            "Held: the figures of the last 12 months say {realised}, but from what is known of the customer the tier's bounds "
            "are likely enough to be kept (more than {demote_p})."
        ),
    ),
    TierReason.HELD_PROTECTED: (
        "segments.tier_held_protected",
        _(
            "Held: the figures say {realised}, but a tier that rose does not fall for {protect_days} {protect_days:day|days} "
            "({tier_since})."
        ),
    ),
    TierReason.OWN: (
        "segments.tier_own",
        _(
            "By the shop's own policy, from net revenue {spend}, orders that count {frequency} and average order "
            "{average_order} in the last 12 months; value expected in the next 12: {clv_12m}, in all: {clv_total}."
        ),
    ),
}
"""Why a tier is in force; what is measured comes with its numbers, as they stand in stored moves."""

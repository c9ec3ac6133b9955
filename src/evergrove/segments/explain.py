"""Why a customer stands in a tier and a stage, as sentences with their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import Sentence, _
from evergrove.segments.codes import NO_CODE, Action, Criterion, Direction, Stage, StageRule, Tier
from evergrove.segments.stages import STAGE_OF, silence_limits
from evergrove.segments.tiers import amount
from evergrove.segments.trend import repeats_before
from evergrove.segments.words import CRITERION_WORDS, DIRECTION_WORDS, PLAYBOOK_WORDS, STAGE_WORDS, TIER_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.segments.types import Segments, TierBounds, Tiering
    from evergrove.settings import StageSettings

LEAST_CHANCE = 0.0005
"""What would round to 0.0% is written as less than 0.1%."""
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
    StageRule.WON_BACK: (
        "segments.stage_won_back",
        _(
            "Came back within the last {won_back_days} {won_back_days:day|days}, after {returned_gap} {returned_gap:day|days} of silence, which counts as "
            "churned; for so long this customer is won back."
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
}


def explain_tier(segments: Segments, row: int) -> tuple[Sentence, ...]:
    """The three figures with their bands, what decided, and what would lift the customer to the next tier."""
    tiering = segments.tiering
    if tiering.bounds is None:
        return (Sentence("segments.no_tier", _("No tier: there are no amounts."), {}),)
    figures = tuple(
        _criterion_sentence(criterion, float(segments.criteria[criterion][row]), tiering, row)
        for criterion in Criterion
    )
    tier = Tier(int(tiering.tier[row]))
    return (*figures, _verdict(tiering, row, tier), *_next_tier(tiering.bounds, tiering, row, tier))


def _criterion_sentence(criterion: Criterion, value: float, tiering: Tiering, row: int) -> Sentence:
    code, template = CRITERION_SENTENCES[criterion]
    band = int(tiering.bands[criterion, row])
    bounds = tiering.bounds[criterion] if tiering.bounds else ()
    params: dict[str, object] = {
        "value": amount(0.0 if np.isnan(value) else value),
        "band": TIER_WORDS[Tier(band)],
        "range": _range(bounds, band),
    }
    return Sentence(code, template, params)


def _range(bounds: tuple[float, ...], band: int) -> str:
    """A band in signs, which all languages share: half-open, the bound belongs to the upper band."""
    low = "" if band == 0 else f"≥ {amount(bounds[band - 1])}"
    high = "" if band == len(bounds) or np.isinf(bounds[band]) else f"< {amount(bounds[band])}"
    return " ".join(part for part in (low, high) if part) or "-"


def _verdict(tiering: Tiering, row: int, tier: Tier) -> Sentence:
    bits = int(tiering.deciding[row])
    if bits == 0:
        return Sentence(
            "segments.tier_too_seldom",
            _("Tier {tier}: the median band is {high}, but that tier needs at least {needed} in frequency."),
            {
                "tier": TIER_WORDS[tier],
                "high": TIER_WORDS[Tier.HIGH],
                "needed": TIER_WORDS[Tier.POTENTIAL],
            },
        )
    deciding = tuple(CRITERION_WORDS[criterion] for criterion in Criterion if bits >> criterion & 1)
    template = _("Tier {tier}: the median of the three bands. Decided by: {criteria}.")
    return Sentence("segments.tier_median", template, {"tier": TIER_WORDS[tier], "criteria": deciding})


def _next_tier(bounds: TierBounds, tiering: Tiering, row: int, tier: Tier) -> tuple[Sentence, ...]:
    """What lifts the customer by one tier; nothing for the top tier, or where nobody can reach the next."""
    if tier == Tier.HIGH:
        return ()
    target, bands = Tier(tier + 1), tiering.bands[:, row]
    missing = [criterion for criterion in Criterion if bands[criterion] < target]
    goals = tuple(_goal(c, bounds[c][tier]) for c in missing if np.isfinite(bounds[c][tier]))
    needed = len(missing) - 1  # two of the three bands make the median
    sentences: list[Sentence] = []
    if 0 < needed <= len(goals):
        template = _("For {tier}, any {needed} of these must be reached: {goals}.")
        params = {"tier": TIER_WORDS[target], "needed": needed, "goals": goals}
        sentences.append(Sentence("segments.tier_next", template, params))
    often = bounds.frequency[Tier.POTENTIAL - 1]
    if target == Tier.HIGH and bands[Criterion.FREQUENCY] < Tier.POTENTIAL and np.isfinite(often):
        least = _goal(Criterion.FREQUENCY, often)
        template = _("{tier} cannot be reached without this: {goals}.")
        sentences.append(
            Sentence(
                "segments.tier_next_frequency", template, {"tier": TIER_WORDS[target], "goals": (least,)}
            )
        )
    return tuple(sentences)


def _goal(criterion: Criterion, bound: float) -> Sentence:
    template = _("{criterion} {value}")
    return Sentence(
        "segments.goal", template, {"criterion": CRITERION_WORDS[criterion], "value": amount(bound)}
    )


def explain_stage(segments: Segments, row: int, settings: StageSettings) -> tuple[Sentence, ...]:
    """The rule that put the customer into the stage, with its numbers, and the playbook that follows."""
    rule = StageRule(int(segments.stage_rule[row]))
    code, template = STAGE_SENTENCES[rule]
    stage = Sentence(
        "segments.stage",
        _("Stage {stage}: {reason}"),
        {
            "stage": STAGE_WORDS[Stage(int(segments.stage[row]))],
            "reason": Sentence(code, template, _evidence(segments, row, rule, settings)),
        },
    )
    action = int(segments.action[row])
    if action == NO_CODE:
        return (stage,)
    playbook = {"key": Action(action).name, "playbook": PLAYBOOK_WORDS[Action(action)]}
    return (stage, Sentence("segments.action", _("Playbook {key}: {playbook}."), playbook))


def _evidence(segments: Segments, row: int, rule: StageRule, settings: StageSettings) -> dict[str, object]:
    """Every number that a stage's sentence may mention."""
    histories, trend, cuts = segments.histories, segments.trend, segments.cuts
    limits = silence_limits(histories.gap_p80, histories.gap_p95, cuts, settings)
    window = settings.trend_window_days
    churned = STAGE_OF[rule] == Stage.CHURNED
    cut = cuts.own_silence if limits.own[row] else cuts.shop_silence
    return {
        "active_days": settings.active_days,
        "chance": _chance(float(histories.p_active[row])),
        "cut": f"{cuts.p_active:.1%}",
        "silence": int(histories.silence[row]),
        "limit": amount(float((limits.churn if churned else limits.decline)[row])),
        "stretch": f"{cut.stretch:g}",
        "recent": int(histories.recent_orders[row]),
        "previous": int(repeats_before(histories.previous_orders[row], histories.age[row], window)),
        "known_days": int(min(max(histories.age[row] - window, 0), window)),
        "window": window,
        "certainty": f"{trend.certainty[row]:.0%}",
        "gap": amount(float(histories.gap_p95[row] if limits.own[row] else cuts.shop.p95)),
        "returned_gap": amount(float(histories.returned_gap[row])),
        "won_back_days": settings.won_back_days,
        "orders": int(histories.orders[row]),
        "mature_orders": settings.mature_orders,
        "direction": DIRECTION_WORDS[Direction(int(trend.direction[row]))],
    }


def _chance(share: float) -> str:
    """A probability in per cent; a small one is not nothing."""
    return "< 0.1%" if 0 < share < LEAST_CHANCE else f"{share:.1%}"

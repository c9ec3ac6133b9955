"""The verb of this room: states of a night in, the day before which time alone moves nobody out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.scoring.kept import read_kept
from evergrove.segments.clock.chance import until_chance_is_low
from evergrove.segments.clock.dated import read_dated
from evergrove.segments.clock.figures import until_band_changes
from evergrove.segments.clock.silence import (
    RANK,
    ranks,
    until_month_ends,
    until_silence_says,
    until_won_back_ends,
)
from evergrove.segments.clock.tiers import DRIFT, until_held_tier_may_fall, until_protection_ends
from evergrove.segments.clock.trend import until_direction_changes
from evergrove.segments.clock.types import HORIZON, Because, Dues, clipped, never
from evergrove.segments.codes import Stage, StageRule
from evergrove.segments.measures.around import SUBSCRIPTIONS
from evergrove.segments.measures.tables import STATION
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from evergrove.customers import CustomerBase
    from evergrove.segments.clock.dated import Dated
    from evergrove.segments.clock.types import Ahead
    from evergrove.segments.states.place import States
    from evergrove.segments.states.placement import Policy
    from evergrove.segments.types import Bools, Segments
    from evergrove.segments.warning.hearing import Hearing
    from evergrove.warehouse import Engine


def find_dues(
    engine: Engine,
    base: CustomerBase,
    segments: Segments,
    states: States,
    policy: Policy,
    models: Mapping[str, Any],
    hearing: Hearing | None = None,
) -> Dues:
    """
    The earliest day on which time alone may change a customer's tier or stage, or the reason for it.

    As long as nothing is told of a customer, and models, policy and yardsticks stay, he stands on every day before as
    he stands today. A day may be early, and is never late. Whoever has never bought has none: time does not move him.

    Args:
        engine: Holds what ``summarise`` left, the roster, and the tables beside orders where stages hear them.
        base: The customers.
        segments: Of today's figures.
        states: Of today.
        policy: By which they were placed.
        models: Kept document of the models in use.
        hearing: How health is told; None where nobody hears it.
    """
    n, stages = len(base), policy.stages
    dated = read_dated(engine, base.observation_end, n, stages.trend_window_days)
    by = {
        **_of_stages(engine, base, segments, states, policy, models, dated),
        **_of_tiers(base, segments, states, policy, dated),
    }
    if hearing is not None and segments.histories.heard is not None:
        by[Because.HEALTH] = _of_health(engine, base, segments, states, policy, hearing, dated)
    days, because = never(len(states)), np.full(len(states), Because.HORIZON, dtype=np.int8)
    for each in sorted(by, reverse=True):  # of several on one day the first of ``Because`` stays
        sooner = (by[each] <= days[:n]) & (by[each] < HORIZON)
        days[:n][sooner], because[:n][sooner] = by[each][sooner], each
    rest = never(len(states) - n)
    churn = np.minimum(by[Because.CHURN_SILENCE], by[Because.CHURN_CHANCE])
    churn[states.stage[:n] == Stage.CHURNED] = HORIZON
    decline = by[Because.DECLINE_SILENCE].copy()
    decline[(states.stage[:n] == Stage.DECLINE) | (churn <= decline)] = HORIZON
    return Dues(states.as_of, days, because, np.concatenate([decline, rest]), np.concatenate([churn, rest]))


def _of_stages(
    engine: Engine,
    base: CustomerBase,
    segments: Segments,
    states: States,
    policy: Policy,
    models: Mapping[str, Any],
    dated: Dated,
) -> dict[Because, Ahead]:
    n, stages, past = len(base), policy.stages, segments.histories
    reason = states.stage_reason[:n]
    rank, runs = ranks(reason), _subscribes(segments)
    decline, churn = until_silence_says(segments, reason, stages)
    process = read_kept(models).process
    may_be_low = (rank < RANK[StageRule.CHURNED_CHANCE]) & ~runs
    turns = (rank <= RANK[StageRule.DECLINE_TREND]) & (past.orders > 1) & ~runs
    return {
        Because.CHURN_SILENCE: churn,
        Because.CHURN_CHANCE: until_chance_is_low(
            process, base, may_be_low, segments.cuts.p_active, stages.active_days
        ),
        Because.DECLINE_SILENCE: decline,
        Because.SUBSCRIPTION: _of_subscriptions(engine, base, segments, policy),
        Because.TREND: until_direction_changes(dated, base.T, segments.trend.direction, turns, stages),
        Because.WON_BACK_OVER: until_won_back_ends(states, n, dated, stages.won_back_days),
        Because.MONTH_END: until_month_ends(segments.was_high, states.as_of),
    }


def _subscribes(segments: Segments) -> Bools:
    around = segments.histories.around
    return np.zeros(len(segments), dtype=np.bool_) if around is None else around.subscribes


def _of_subscriptions(engine: Engine, base: CustomerBase, segments: Segments, policy: Policy) -> Ahead:
    found = never(len(base))
    if not segments.cuts.subscriptions or SUBSCRIPTIONS not in engine.names:
        return found
    told = engine.arrays(
        statement(STATION, "clock_subscriptions"),
        observation_end=base.observation_end,
        won_back_days=policy.stages.won_back_days,
        buyers=len(base),
    )
    found[told["row"]] = clipped(told["days"])
    return found


def _of_tiers(
    base: CustomerBase, segments: Segments, states: States, policy: Policy, dated: Dated
) -> dict[Because, Ahead]:
    n, rules = len(base), policy.rules
    doubt, check, dwell = until_held_tier_may_fall(segments, states, rules, _unsettled(base))
    return {
        Because.FIGURES: until_band_changes(dated, segments.tiering, rules),
        Because.TIER_CHECK: check,
        Because.TIER_DWELL: dwell,
        Because.TIER_PROTECTION: until_protection_ends(states, rules, n),
        Because.TIER_DOUBT: doubt,
        # What is foreseen changes every day: nobody who is placed by it can be passed over.
        Because.PREDICTED: np.ones(n, dtype=np.int32) if rules.looks_ahead else never(n),
    }


def _unsettled(base: CustomerBase) -> Bools:
    """From whom so much money may yet go back that his expected figures will rise when it does not. Shape (n,)."""
    if base.refunds_to_come is None:
        return np.zeros(len(base), dtype=np.bool_)
    unsettled: Bools = base.refunds_to_come > DRIFT / 2 * np.nan_to_num(base.historic_value)
    return unsettled


def _of_health(
    engine: Engine,
    base: CustomerBase,
    segments: Segments,
    states: States,
    policy: Policy,
    hearing: Hearing,
    dated: Dated,
) -> Ahead:
    from evergrove.segments.clock.health import until_health_crosses  # noqa: PLC0415 - where health is heard

    reason = states.stage_reason[: len(base)]
    asked = ranks(reason) <= RANK[StageRule.DECLINE_HEALTH]
    return until_health_crosses(engine, base, segments, reason, asked, dated, hearing, policy.stages)

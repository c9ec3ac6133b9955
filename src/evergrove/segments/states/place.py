"""
Where every customer stands tonight, given where he stood last night.

A run composes it in this order (``previous`` is the newest published run, None before the first):

    show_facts(engine, warehouse, snapshot)                         # orders, refunds, known_customers as of now
    base = summarise(engine, as_of, settings.stages)
    policy, before = policy_of(settings), read_placement(...)       # today's, and the last run's
    if refit_due(kept, settings.value, settings.stages, as_of=as_of, refit_days=settings.workspace.refit_days):
        scored = scored_by(value_customers(base, settings.value, settings.stages), base, settings.stages)
    else:
        scored = score_with(base, kept, settings.value, settings.stages)
    yardsticks = None if refitted or before.policy != policy else before.yardsticks
    segments = realise(engine, base, scored.scores.p_active_180d, policy, cut=scored.cut.cut, yardsticks=yardsticks)
    roster = draw_up(engine, base)
    earlier = states_before(engine, "earlier_tiers", roster, previous.as_of)
    facts_since(engine, after_seq=previous.import_seq, previous_day=previous.as_of, as_of=as_of)
    news = heard(engine, roster)
    would = would_have(engine, base, roster, earlier, before=Ruled(before, kept), policy=policy, scored=scored)
    states = place(segments, roster, policy, earlier, news=news, late_days=..., would=would)
    moves = transitions_between(earlier, states, policy, news=news, late_days=..., would=would, run_seq=run_seq)
    # publish: export.scores_query, export.tiers_query, export.transitions_query; details hold scored.document
    # and placement_of(policy, segments).document()

A first run passes no ``earlier``, no ``news`` and no ``would``. The same facts, the same earlier tables and the same
documents give the same states again, whenever they are asked for: ``evergrove.warehouse.digests`` compares them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.segments.actions import assign_actions
from evergrove.segments.codes import (
    NO_CODE,
    TIERS,
    Action,
    Cause,
    Direction,
    Stage,
    StageRule,
    Tier,
    TierReason,
)
from evergrove.segments.stages.rules import HEALTH_WELL, STAGE_OF
from evergrove.segments.states.bands import bands_in_force, everybody, in_force, protected
from evergrove.segments.states.causes import caught_up
from evergrove.segments.states.roster import earlier_columns
from evergrove.segments.tiers.assign import played_as
from evergrove.segments.tiers.combine import combined
from evergrove.segments.tiers.hysteresis import NEVER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.segments.codes import Criterion
    from evergrove.segments.states.causes import Would
    from evergrove.segments.states.placement import Policy
    from evergrove.segments.states.roster import News, Roster
    from evergrove.segments.tiers.hysteresis import Held
    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.segments.types import Bools, Codes, Dates, Segments
    from evergrove.warehouse import Engine

RETURNED_TO = (Stage.NEW, Stage.GROWTH, Stage.MATURE)
"""Stages that a customer who came back has only after ``won_back_days``."""


@dataclass(frozen=True, eq=False)
class States:
    """
    Where everybody of a roster stands; arrays of shape (N,). NO_CODE and NaT stand for nothing.

    Attributes:
        as_of: The day.
        tier: In force, ``Tier`` codes.
        stage: ``Stage`` codes.
        action: ``Action`` codes.
        tier_since: The day on which the tier was reached.
        stage_since: The same for the stage; NaT only for customers who were not there.
        realised_tier: What the figures of the day say without a yesterday.
        lower_checks: Checks in a row that measured a lower tier than the one in force.
        last_check: The day of the latest of them.
        lower_cause: Why the tier was first measured lower, where neither the customer nor the clock did it.
        returned_on: The day of the order that ended the stage churned, for ``won_back_days``.
        tier_reason: ``TierReason`` codes; NO_CODE in states read back.
        stage_reason: ``StageRule`` codes; NO_CODE in states read back, and for customers without a stage.
        segments: What was measured; None in states read back.
        held: Bands in force by criterion; None in states of a release that kept none.
        own: Numbers of the policy's own tiers; None where they are the usual four.
        risen_on: The day of the latest rise of the tier, if no fall came after it; None as for ``held``.
        rules: By which policy; None in states of nobody.
    """

    as_of: date
    tier: Codes
    stage: Codes
    action: Codes
    tier_since: Dates
    stage_since: Dates
    realised_tier: Codes
    lower_checks: NDArray[np.int16]
    last_check: Dates
    lower_cause: Codes
    returned_on: Dates
    tier_reason: Codes
    stage_reason: Codes
    segments: Segments | None = None
    held: Mapping[Criterion, Held] | None = None
    own: Codes | None = None
    rules: TierPolicy | None = None
    risen_on: Dates | None = None

    @property
    def ranks(self) -> Codes:
        """The policy's own tiers, or the usual four. Shape (N,)."""
        return self.tier if self.own is None else self.own

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of ``ranks``, the lowest first."""
        return TIERS if self.rules is None else self.rules.keys

    @property
    def seen(self) -> Bools:
        """Who was there. Shape (N,)."""
        return ~np.isnat(self.stage_since)

    def __len__(self) -> int:
        return len(self.tier)


def states_before(
    engine: Engine, table: str, roster: Roster, as_of: date, rules: TierPolicy | None = None
) -> States:
    """
    The states that an earlier run published, lined up with today's roster.

    Args:
        engine: Holds the table, with the columns of ``tiers``, and the roster.
        table: Its name there.
        roster: Of today.
        as_of: The day of that run.
        rules: The policy of that run; None reads no bands.
    """
    unknown = np.full(len(roster), NO_CODE, dtype=np.int8)
    columns: dict[str, Any] = earlier_columns(engine, table, roster, rules)
    return States(as_of=as_of, **columns, tier_reason=unknown, stage_reason=unknown, rules=rules)


def nobody(as_of: date, customers: int) -> States:
    """What stood before a first run."""
    none, never = np.full(customers, NO_CODE, dtype=np.int8), np.full(customers, NEVER)
    checks = np.zeros(customers, dtype=np.int16)
    return States(as_of, none, none, none, never, never, none, checks, never, none, never, none, none)


def place(
    segments: Segments,
    roster: Roster,
    policy: Policy,
    earlier: States | None = None,
    *,
    news: News | None = None,
    late_days: int = 0,
    would: Would | None = None,
    corrected: Codes | None = None,
) -> States:
    """
    States of today: the tier held as the policy says, the stage that follows, and since when.

    Args:
        segments: Of today's figures alone, for the first n rows of the roster.
        roster: Everybody.
        policy: How slowly a tier falls, and how long one counts as won back.
        earlier: States of the last run, lined up with the roster; None in a first run.
        news: Since the last run; None in a first run, and where causes are not asked for.
        late_days: Facts that were older than that in the last run are history caught up on.
        would: Where they would stand had nothing of ours changed; None where nothing has.
        corrected: What changed our picture of a customer: IDENTITY, CONSENT or RATES, NO_CODE for all others. Shape
            (N,); None: nobody's.
    """
    before, rules = earlier or nobody(roster.as_of, len(roster)), policy.rules
    held = bands_in_force(segments, before, roster, rules)
    anew, by_bands = not _same_ground(before, rules), combined(in_force(held, rules), rules)
    rank, risen_on = _protected(
        by_bands, nobody(roster.as_of, len(roster)) if anew else before, roster, rules
    )
    tier, realised = played_as(rank, rules), everybody(segments.tier, len(roster))
    lower, checks, last_check = _lower(
        everybody(segments.tiering.ranks, len(roster)), rank, before, roster.as_of
    )
    returned_on = _returned(segments.stage, before, roster, policy.stages.won_back_days)
    stage, rule = _stages(segments, tier, returned_on, before, roster, policy.stages.mature_orders)
    today = np.datetime64(roster.as_of, "D")
    late = None if news is None else caught_up(news, before.as_of, late_days)
    stays = before.seen & (rank == before.ranks) & (not anew)
    return States(
        as_of=roster.as_of,
        tier=tier,
        stage=stage,
        action=_actions(segments, stage, tier, roster),
        tier_since=np.where(stays, before.tier_since, today),
        stage_since=np.where(before.seen & (stage == before.stage), before.stage_since, today),
        realised_tier=realised,
        lower_checks=checks,
        last_check=last_check,
        lower_cause=_lower_cause(checks, realised, before, late, would, corrected),
        returned_on=returned_on,
        tier_reason=_tier_reason(tier, lower, rank > by_bands, held, segments, rules),
        stage_reason=rule,
        segments=segments,
        held=held,
        risen_on=risen_on,
        own=None if rules.is_usual else rank,
        rules=rules,
    )


def _protected(by_bands: Codes, before: States, roster: Roster, rules: TierPolicy) -> tuple[Codes, Dates]:
    """The tiers in force, and the day of the latest rise: who rose does not fall at once."""
    risen_on = before.risen_on if before.risen_on is not None else np.full(len(roster), NEVER)
    return protected(by_bands, before.ranks, risen_on, roster.as_of, rules.hysteresis.protect_days)


def _same_ground(before: States, rules: TierPolicy) -> bool:
    return before.rules is None or before.rules.ground == rules.ground


def _lower(
    realised: Codes, rank: Codes, before: States, as_of: date
) -> tuple[Bools, NDArray[np.int16], Dates]:
    """Whose figures say less than the tier in force; on how many days in a row, and on which day last."""
    today = np.datetime64(as_of, "D")
    lower = (realised < rank) & (realised != NO_CODE)
    counted = lower & ~(before.last_check >= today)
    checks = np.where(lower, before.lower_checks + counted, 0).astype(np.int16)
    last_check = np.where(lower, np.where(counted, today, before.last_check), NEVER)
    return lower, checks, last_check


def _returned(stage: Codes, before: States, roster: Roster, won_back_days: int) -> Dates:
    """The day of the order that ended a stage of churned, as long as it makes a customer won back."""
    came = (before.stage == Stage.CHURNED) & (roster.last_order > before.stage_since)
    returned = np.where(came, roster.last_order, before.returned_on)
    over = returned <= np.datetime64(roster.as_of, "D") - won_back_days
    gone = everybody(stage, len(roster)) == Stage.CHURNED
    return np.where(over | gone, NEVER, returned)


def _stages(
    segments: Segments, tier: Codes, returned_on: Dates, before: States, roster: Roster, mature_orders: int
) -> tuple[Codes, Codes]:
    """Stages and their rules, with the tier in force and with what is remembered of the customer."""
    n = roster.buyers
    rule = segments.stage_rule.copy()
    # Who was there and not churned has not come back, however long the gap; and of whom the order that ended churn
    # is known has: with a yesterday nobody need guess.
    is_known = (before.stage[:n] != Stage.WON_BACK) | ~np.isnat(before.returned_on[:n])
    guessed = (rule == StageRule.WON_BACK) & before.seen[:n] & is_known
    rule[guessed] = StageRule.GROWTH
    rule[guessed & (segments.histories.orders == 1)] = StageRule.NEW
    around = segments.histories.around
    steady = segments.trend.direction == Direction.STEADY
    steady = steady if around is None else steady | around.subscribes
    rule[(rule == StageRule.MATURE_HIGH) & (tier[:n] != Tier.HIGH)] = (
        StageRule.GROWTH
    )  # measured, not yet in force
    growth = steady & (rule == StageRule.GROWTH)
    rule[growth & (tier[:n] == Tier.HIGH)] = StageRule.MATURE_HIGH
    rule[growth & (segments.histories.orders >= mature_orders)] = StageRule.MATURE_ORDERS
    rule[_not_yet_well(segments, rule, before, roster)] = StageRule.DECLINE_HEALTH_HELD
    stage = np.array(STAGE_OF, dtype=np.int8)[rule]
    back = ~np.isnat(returned_on[:n]) & np.isin(stage, RETURNED_TO)
    stage[back], rule[back] = Stage.WON_BACK, StageRule.WON_BACK_ORDERED
    others = np.where(roster.prospect, np.int8(Stage.PROSPECT), np.int8(NO_CODE))
    why = np.where(roster.prospect, np.int8(StageRule.PROSPECT), np.int8(NO_CODE))
    return np.concatenate([stage, others]), np.concatenate([rule, why])


def _not_yet_well(segments: Segments, rule: Codes, before: States, roster: Roster) -> Bools:
    """Who stays in decline: health has come back above its limit, but not yet to ``HEALTH_WELL``; an order ends it."""
    n, heard = roster.buyers, segments.histories.heard
    if heard is None:
        return np.zeros(n, dtype=np.bool_)
    silent = roster.last_order[:n] <= np.datetime64(before.as_of, "D")
    better = np.isin(np.array(STAGE_OF, dtype=np.int8)[rule], (*RETURNED_TO, Stage.WON_BACK))
    fading: Bools = (before.stage[:n] == Stage.DECLINE) & silent & better & (heard.health < HEALTH_WELL)
    return fading


def _actions(segments: Segments, stage: Codes, tier: Codes, roster: Roster) -> Codes:
    n = roster.buyers
    buyers = assign_actions(stage[:n], tier[:n], segments.was_high, segments.trend.direction)
    return np.concatenate([buyers, np.where(roster.prospect, np.int8(Action.L1), np.int8(NO_CODE))])


def _lower_cause(
    checks: NDArray[np.int16],
    realised: Codes,
    before: States,
    late: Bools | None,
    would: Would | None,
    corrected: Codes | None,
) -> Codes:
    """Why the tier was first measured lower: a fall that waits for its second check keeps its first cause."""
    cause = before.lower_cause.copy()
    begins = (checks > 0) & (before.lower_checks == 0)
    cause[begins] = NO_CODE
    if would is not None:
        kept_up = begins & (would.unchanged.realised_tier >= before.tier)
        ours = would.ours("realised_tier", realised, kept_up)
        cause = np.where(ours != NO_CODE, ours, cause)
    if late is not None:
        cause[begins & late] = Cause.BACKFILL
    if corrected is not None:
        cause = np.where(begins & (corrected != NO_CODE), corrected, cause)
    cause[checks == 0] = NO_CODE
    return cause


def _tier_reason(
    tier: Codes,
    lower: Bools,
    is_protected: Bools,
    held: Mapping[Criterion, Held],
    segments: Segments,
    rules: TierPolicy,
) -> Codes:
    """Why the tier is what it is: measured, or held because it waits or because it is expected to be kept."""
    n = len(segments)
    reason = np.full(len(tier), TierReason.MEDIAN if rules.is_standard else TierReason.OWN, dtype=np.int8)
    if rules.is_standard:
        reason[:n][segments.tiering.deciding == 0] = TierReason.TOO_SELDOM
    checks = np.maximum.reduce([each.lower_checks for each in held.values()])
    reason[lower] = TierReason.HELD_EXPECTED
    reason[lower & (checks > 0)] = TierReason.HELD_DWELL
    reason[lower & (checks > 0) & (checks < rules.hysteresis.fall_checks)] = TierReason.HELD_CHECKS
    reason[is_protected] = TierReason.HELD_PROTECTED
    reason[tier == NO_CODE] = TierReason.NONE
    return reason

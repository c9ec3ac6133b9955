"""States of one night from what was measured and what was remembered, written out by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from evergrove.segments import (
    Action,
    Cause,
    News,
    Policy,
    Rhythm,
    Roster,
    Segments,
    Stage,
    StageCuts,
    StageRule,
    States,
    Tier,
    Would,
    place,
    transitions_between,
)
from evergrove.segments.codes import NO_CODE, Criterion, Direction, TierReason
from evergrove.segments.stages.rules import STAGE_OF
from evergrove.segments.tiers.documents import read_policy
from evergrove.segments.tiers.hysteresis import NEVER
from evergrove.segments.types import Criteria, Heard, Histories, Rfm, TierBounds, Tiering, Trend
from evergrove.settings import StageSettings, TierSettings

TODAY = date(2026, 6, 30)
POLICY = Policy(TierSettings(), StageSettings(), "CNY")
LATE_DAYS = 7


@dataclass
class Measured:
    """One buyer as today's figures alone place him."""

    rule: StageRule = StageRule.GROWTH
    tier: int = Tier.MEDIUM
    steady: bool = False
    orders: int = 3
    was_high: bool = False
    last_order: date = date(2026, 6, 1)
    health: float | None = None


def measured(*rows: Measured) -> Segments:
    """Their segments."""
    n = len(rows)
    nothing, zero = np.full(n, np.nan), np.zeros(n)
    rule = np.array([row.rule for row in rows], dtype=np.int8)
    tier = np.array([row.tier for row in rows], dtype=np.int8)
    stage = np.array(STAGE_OF, dtype=np.int8)[rule]
    codes = np.zeros(n, dtype=np.int8)
    orders = np.array([row.orders for row in rows])
    told = [row.health for row in rows if row.health is not None]
    heard = Heard(np.array(told), nothing) if told else None
    direction = np.where([row.steady for row in rows], Direction.STEADY, Direction.UNKNOWN).astype(np.int8)
    return Segments(
        tiering=Tiering(tier, np.stack([tier] * 3), codes + np.int8(7), None),
        stage=stage,
        stage_rule=rule,
        action=codes,
        rfm=Rfm(codes, codes, codes, codes),
        trend=Trend(direction, nothing, nothing),
        was_high=np.array([row.was_high for row in rows]),
        criteria=Criteria(zero, zero, nothing),
        histories=Histories(
            orders, orders - 1, zero, zero, nothing, nothing, nothing, nothing, zero, zero, heard=heard
        ),
        cuts=StageCuts(np.nan, Rhythm(0, np.nan, np.nan)),
    )


def roster(*rows: Measured, prospect: tuple[bool, ...] = (), as_of: date = TODAY) -> Roster:
    """Them, and those without a purchase."""
    days = np.array([row.last_order for row in rows], dtype="datetime64[D]")
    return Roster(
        as_of, np.concatenate([days, np.full(len(prospect), NEVER)]), np.array(prospect, dtype=np.bool_)
    )


def placed(*rows: Measured, earlier: States | None = None, as_of: date = TODAY, **given: Any) -> States:
    """States of one night."""
    prospect = given.pop("prospect", ())
    everybody = roster(*rows, prospect=prospect, as_of=as_of)
    return place(
        measured(*rows), everybody, given.pop("policy", POLICY), earlier, late_days=LATE_DAYS, **given
    )


def later(days: int) -> date:
    """Some days after today."""
    return TODAY + timedelta(days=days)


def told(day: date | None) -> News:
    """News of one customer, all dated on a day; None for no news."""
    return News(
        np.array([0 if day is None else 1], dtype=np.int32),
        np.array([NEVER if day is None else np.datetime64(day, "D")]),
    )


def unseen() -> States:
    """Last night, on which one customer of today was not there."""
    return replace(
        placed(Measured(), as_of=later(-1)),
        stage_since=np.array([NEVER]),
        tier_since=np.array([NEVER]),
        tier=np.array([NO_CODE], dtype=np.int8),
        stage=np.array([NO_CODE], dtype=np.int8),
    )


def test_a_first_night_takes_what_is_measured() -> None:
    """Everybody, prospects among them; who got everything back has neither stage nor playbook."""
    states = placed(Measured(StageRule.NEW, Tier.LOW), prospect=(True, False))

    assert states.tier.tolist() == [Tier.LOW, NO_CODE, NO_CODE]
    assert states.stage.tolist() == [Stage.NEW, Stage.PROSPECT, NO_CODE]
    assert states.action.tolist() == [Action.L2, Action.L1, NO_CODE]
    assert states.stage_reason.tolist() == [StageRule.NEW, StageRule.PROSPECT, NO_CODE]
    assert states.tier_reason.tolist() == [TierReason.MEDIAN, TierReason.NONE, TierReason.NONE]
    assert states.seen.all()
    assert (states.stage_since == np.datetime64(TODAY)).all()


def test_a_stage_keeps_its_day_until_it_changes() -> None:
    """The day of the run on which it was reached."""
    night = placed(Measured())
    same = placed(Measured(), earlier=night, as_of=later(5))
    other = placed(Measured(StageRule.DECLINE_DAYS), earlier=same, as_of=later(6))

    assert same.stage_since.item() == TODAY
    assert (other.stage.item(), other.stage_since.item()) == (Stage.DECLINE, later(6))


def test_the_playbook_follows_the_tier_in_force() -> None:
    """A high customer who measures potential for one night keeps the playbook of high, and is told why."""
    night = placed(Measured(tier=Tier.HIGH))
    held = placed(Measured(tier=Tier.POTENTIAL), earlier=night, as_of=later(40))
    waits = placed(Measured(tier=Tier.POTENTIAL), earlier=night, as_of=later(1))

    assert (held.tier.item(), held.realised_tier.item()) == (Tier.HIGH, Tier.POTENTIAL)
    assert held.action.item() == Action.T1
    assert held.tier_reason.item() == TierReason.HELD_CHECKS
    again = placed(Measured(tier=Tier.POTENTIAL), earlier=waits, as_of=later(2))
    assert again.tier_reason.item() == TierReason.HELD_DWELL


def test_a_tier_in_force_makes_mature_as_a_measured_one_does() -> None:
    """High and steady is mature; steady alone is not."""
    night = placed(Measured(tier=Tier.HIGH))

    steady = placed(Measured(tier=Tier.LOW, steady=True), earlier=night, as_of=later(1))
    falling = placed(Measured(tier=Tier.LOW), earlier=night, as_of=later(1))

    assert (steady.stage.item(), steady.stage_reason.item()) == (Stage.MATURE, StageRule.MATURE_HIGH)
    assert falling.stage.item() == Stage.GROWTH


def by_health(points: float, **given: Any) -> Measured:
    """Somebody of whom nothing but health may be wrong."""
    rule = StageRule.DECLINE_HEALTH if points < 40 else StageRule.GROWTH
    return Measured(rule, health=points, **given)


def test_health_that_wavers_around_its_limit_moves_a_customer_once() -> None:
    """39, 41, 39, 44.9 ... is decline from the first night on; 45 ends it, and 41 after that is not decline again."""
    waves = [50.0, 39.0, 41.0, 39.9, 44.9, 40.0, 38.0, 41.0, 45.0, 41.0, 40.0, 44.0]
    night, stages = None, []
    for k, points in enumerate(waves):
        night = placed(by_health(points), earlier=night, as_of=later(k))
        stages.append((night.stage.item(), night.stage_reason.item()))

    first = stages.index((Stage.DECLINE, StageRule.DECLINE_HEALTH))
    assert [stage for stage, _rule in stages] == [Stage.GROWTH] + [Stage.DECLINE] * 7 + [Stage.GROWTH] * 4
    assert first == 1
    assert [rule for _stage, rule in stages[2:5]] == [
        StageRule.DECLINE_HEALTH_HELD,
        StageRule.DECLINE_HEALTH,
        StageRule.DECLINE_HEALTH_HELD,
    ]


def test_an_order_ends_decline_by_health_at_once() -> None:
    """It moves at once, where health is no longer below 40."""
    night = placed(by_health(39.0))

    held = placed(by_health(42.0), earlier=night, as_of=later(1))
    bought = placed(by_health(42.0, last_order=later(1)), earlier=night, as_of=later(1))
    unwell = placed(by_health(39.0, last_order=later(1)), earlier=night, as_of=later(1))

    assert [each.stage.item() for each in (held, bought, unwell)] == [
        Stage.DECLINE,
        Stage.GROWTH,
        Stage.DECLINE,
    ]


def test_where_health_is_not_heard_nothing_is_held() -> None:
    """Decline by silence ends when the rules say so."""
    night = placed(Measured(StageRule.DECLINE_DAYS))

    assert placed(Measured(), earlier=night, as_of=later(1)).stage.item() == Stage.GROWTH


def test_an_order_after_churn_is_won_back_for_ninety_days() -> None:
    """To the day; an order from before the churn was only recorded late."""
    gone = placed(Measured(StageRule.CHURNED_DAYS, last_order=date(2025, 9, 1)))
    back = Measured(last_order=later(3))

    night = placed(back, earlier=gone, as_of=later(4))
    last = placed(back, earlier=night, as_of=later(3 + 89))
    over = placed(back, earlier=last, as_of=later(3 + 90))
    late = placed(Measured(last_order=later(-20)), earlier=gone, as_of=later(4))
    same_day = placed(Measured(last_order=TODAY), earlier=gone, as_of=later(4))

    assert (night.stage.item(), night.stage_reason.item()) == (Stage.WON_BACK, StageRule.WON_BACK_ORDERED)
    assert night.returned_on.item() == later(3)
    assert (last.stage.item(), over.stage.item()) == (Stage.WON_BACK, Stage.GROWTH)
    assert np.isnat(over.returned_on).all()
    assert late.stage.item() == Stage.GROWTH
    assert same_day.stage.item() == Stage.GROWTH  # he would not have churned, had it been known that night


def test_decline_and_churn_come_before_won_back() -> None:
    """Who declines after the return is won back again once the decline is over; who churns again is not."""
    gone = placed(Measured(StageRule.CHURNED_DAYS, last_order=date(2025, 9, 1)))
    fades = Measured(StageRule.DECLINE_TREND, last_order=later(3))
    night = placed(fades, earlier=gone, as_of=later(3))

    recovers = placed(replace(fades, rule=StageRule.GROWTH), earlier=night, as_of=later(30))
    churns = placed(replace(fades, rule=StageRule.CHURNED_CHANCE), earlier=night, as_of=later(30))
    model = placed(replace(fades, rule=StageRule.GROWTH), earlier=churns, as_of=later(31))

    assert [s.stage.item() for s in (night, recovers, churns)] == [
        Stage.DECLINE,
        Stage.WON_BACK,
        Stage.CHURNED,
    ]
    assert (
        model.stage.item() == Stage.GROWTH
    )  # no order since: he was not won back, another fit sees him alive


@pytest.mark.parametrize(
    ("orders", "steady", "tier", "stage"),
    [
        (3, False, Tier.LOW, Stage.GROWTH),
        (1, False, Tier.LOW, Stage.NEW),
        (6, True, Tier.LOW, Stage.MATURE),
        (5, True, Tier.HIGH, Stage.MATURE),
        (6, False, Tier.LOW, Stage.GROWTH),
    ],
)
def test_with_a_yesterday_nobody_is_won_back_by_a_guess(
    orders: int,
    tier: Tier,
    stage: Stage,
    *,
    steady: bool,
) -> None:
    """A long gap that ended says won back only of customers whom the workspace had not seen before it."""
    guess = Measured(StageRule.WON_BACK, tier=tier, orders=orders, steady=steady)
    stranger = placed(guess)
    seen = placed(guess, earlier=placed(Measured(tier=Tier.LOW)), as_of=later(1))

    assert stranger.stage.item() == Stage.WON_BACK
    assert placed(guess, earlier=stranger, as_of=later(1)).stage.item() == Stage.WON_BACK
    assert seen.stage.item() == stage


def test_who_is_known_to_be_back_is_not_guessed_to_be_the_night_after() -> None:
    """The gap that the order ended is as long the night after; the reason stays the order."""
    gone = placed(Measured(StageRule.CHURNED_DAYS, last_order=date(2025, 9, 1)))
    back = Measured(StageRule.WON_BACK, last_order=later(3))

    night = placed(back, earlier=gone, as_of=later(4))
    after = placed(back, earlier=night, as_of=later(5))
    over = placed(back, earlier=after, as_of=later(3 + 90))

    assert [each.stage_reason.item() for each in (night, after)] == [StageRule.WON_BACK_ORDERED] * 2
    assert over.stage.item() == Stage.GROWTH
    assert after.stage_since.item() == later(4)


class Unsure:
    """An outlook to which every bound is kept with one chance in two."""

    def keeps(self, criterion: Criterion, bound: Any, rows: Any, after: Any = 0) -> Any:  # noqa: ARG002 - as the protocol
        """As the outlook of fitted models."""
        return np.full(len(rows), 0.5)


def ahead(tier: Tier) -> Segments:
    """A customer whose orders are steady, with a forecast in that tier."""
    row = measured(
        Measured(StageRule.MATURE_HIGH if tier == Tier.HIGH else StageRule.GROWTH, tier, steady=True)
    )
    forecast, bands = (Criterion.CLV_12M,), np.array([[tier]], dtype=np.int8)
    bounds = TierBounds((), (), (), "fixed", (100.0, 200.0, 300.0))
    tiering = Tiering(np.array([tier], dtype=np.int8), bands, np.array([1], dtype=np.int8), bounds, forecast)
    return replace(row, tiering=tiering, outlook=Unsure())


def test_nobody_is_mature_by_a_tier_that_is_not_in_force() -> None:
    """A forecast of high value that is not likely enough lifts neither tier nor stage."""
    tiers = [{"key": key} for key in ("low", "medium", "potential", "high")]
    told = {"format": "evergrove.tier_policy/1", "name": "ahead", "tiers": tiers, "combine": "predicted"}
    policy = replace(POLICY, adopted=read_policy({**told, "criteria": {"clv_12m": [100, 200, 300]}}))
    earlier = place(ahead(Tier.MEDIUM), roster(Measured()), policy)

    night = place(ahead(Tier.HIGH), roster(Measured(), as_of=later(1)), policy, earlier)
    first = place(ahead(Tier.HIGH), roster(Measured()), policy)

    assert (night.tier.item(), night.realised_tier.item()) == (Tier.MEDIUM, Tier.HIGH)
    assert (night.stage.item(), night.stage_reason.item()) == (Stage.GROWTH, StageRule.GROWTH)
    assert (first.tier.item(), first.stage_reason.item()) == (Tier.HIGH, StageRule.MATURE_HIGH)


# What came in since the last night (its day), whom the old policy or models would have moved -> cause
CAUSES = [
    ("nothing", None, None, Cause.CLOCK),
    ("an order of today", TODAY, None, Cause.EVIDENCE),
    ("an order of a week before the last night", later(-8), None, Cause.EVIDENCE),
    ("an order a day older than that", later(-9), None, Cause.BACKFILL),
    ("nothing, and the old models would not have moved him", None, Cause.MODEL, Cause.MODEL),
    ("an order, and the old settings would not have moved him", TODAY, Cause.POLICY, Cause.POLICY),
    ("an old order, and new models", later(-90), Cause.MODEL, Cause.BACKFILL),
]


@pytest.mark.parametrize(("_case", "day", "blame", "cause"), CAUSES, ids=[case[0] for case in CAUSES])
def test_every_move_has_the_first_cause_that_holds(
    _case: str, day: date | None, blame: Cause | None, cause: Cause
) -> None:
    """Growth to decline on one night; the last one was yesterday."""
    night = placed(Measured(), as_of=later(-1))
    now = placed(Measured(StageRule.DECLINE_DAYS), earlier=night)
    stays = placed(Measured(), earlier=night)
    would = None if blame is None else Would(stays, blame)

    moves = transitions_between(night, now, POLICY, news=told(day), late_days=LATE_DAYS, would=would)

    assert moves.cause.tolist() == [cause]
    assert (moves.before.item(), moves.after.item()) == (Stage.GROWTH, Stage.DECLINE)
    assert moves.triggering.tolist() == [cause in {Cause.EVIDENCE, Cause.CLOCK}]


def test_what_the_old_models_would_have_done_too_is_not_theirs() -> None:
    """A fit on the night of a move that comes anyway is not its cause; one that leads elsewhere is."""
    night = placed(Measured(), as_of=later(-1))
    now = placed(Measured(StageRule.DECLINE_DAYS), earlier=night)
    elsewhere = placed(Measured(StageRule.CHURNED_DAYS), earlier=night)

    def cause(unchanged: States) -> int:
        would = Would(unchanged, Cause.MODEL)
        return int(transitions_between(night, now, POLICY, news=told(None), would=would).cause.item())

    assert cause(now) == Cause.CLOCK
    assert cause(elsewhere) == Cause.MODEL


def test_of_two_changes_the_one_that_made_the_difference_is_named() -> None:
    """New settings and a fit in one night: policy where the old settings with the new models would differ."""
    night = placed(Measured(), as_of=later(-1))
    now = placed(Measured(StageRule.DECLINE_DAYS), earlier=night)
    stays = placed(Measured(), earlier=night)

    def cause(old_policy: States) -> int:
        would = Would(stays, Cause.POLICY, old_policy)
        return int(transitions_between(night, now, POLICY, news=told(TODAY), would=would).cause.item())

    assert cause(stays) == Cause.POLICY
    assert cause(now) == Cause.MODEL


def test_who_was_not_there_comes_by_his_orders_whatever_else_changed() -> None:
    """Nothing of ours has moved a customer whom the last night did not know."""
    new = Measured(StageRule.NEW, Tier.LOW, orders=1)
    now = placed(new, earlier=unseen())
    would = Would(placed(Measured(StageRule.NEW, Tier.MEDIUM), earlier=unseen()), Cause.POLICY)

    moves = transitions_between(unseen(), now, POLICY, news=told(TODAY), late_days=LATE_DAYS, would=would)
    old = transitions_between(unseen(), now, POLICY, news=told(later(-60)), late_days=LATE_DAYS)

    assert moves.cause.tolist() == [Cause.EVIDENCE, Cause.EVIDENCE]
    assert old.cause.tolist() == [Cause.BACKFILL, Cause.BACKFILL]
    assert moves.before.tolist() == [NO_CODE, NO_CODE]


@pytest.mark.parametrize(
    ("first", "day", "cause"),
    [
        (Cause.POLICY, None, Cause.POLICY),
        (Cause.MODEL, later(1), Cause.MODEL),
        (Cause.MODEL, later(-90), Cause.BACKFILL),
        (Cause.BACKFILL, None, Cause.BACKFILL),
        (None, None, Cause.CLOCK),
        (None, later(1), Cause.EVIDENCE),
    ],
)
def test_a_fall_keeps_the_cause_with_which_it_began(
    first: Cause | None, day: date | None, cause: Cause
) -> None:
    """The second check comes a night later, when settings and models are those of the night before."""
    night = placed(Measured(tier=Tier.HIGH), as_of=later(-60))
    lower = Measured(tier=Tier.LOW)
    begins: dict[str, Any] = {"news": told(None)}
    if first == Cause.BACKFILL:
        begins = {"news": told(later(-90))}
    elif first is not None:
        begins["would"] = Would(placed(Measured(tier=Tier.HIGH), earlier=night), first)
    waits = placed(lower, earlier=night, **begins)

    falls = placed(lower, earlier=waits, as_of=later(1), news=told(day))
    moves = transitions_between(waits, falls, POLICY, news=told(day), late_days=LATE_DAYS)

    assert (waits.tier.item(), falls.tier.item()) == (Tier.HIGH, Tier.LOW)
    assert waits.lower_cause.item() == (NO_CODE if first is None else first)
    assert moves.cause.tolist() == [cause]
    assert falls.lower_cause.item() == NO_CODE


@pytest.mark.parametrize("by_old_settings", [Tier.LOW, Tier.POTENTIAL])
def test_a_wait_that_the_old_settings_share_is_nobodys_doing(by_old_settings: Tier) -> None:
    """Measured lower under both, if not as low: the change of settings on that night did not begin it."""
    night = placed(Measured(tier=Tier.HIGH), as_of=later(-60))
    lower, unchanged = (Measured(tier=tier) for tier in (Tier.LOW, by_old_settings))

    waits = placed(lower, earlier=night, would=Would(placed(unchanged, earlier=night), Cause.POLICY))

    assert waits.lower_checks.item() == 1
    assert waits.lower_cause.item() == NO_CODE

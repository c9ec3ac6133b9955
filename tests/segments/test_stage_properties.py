"""Stages of any customers at all: total, first match, monotone in silence, and no move out of nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evergrove.segments.codes import NO_CODE, Direction, Stage, StageRule, Subscribed, Tier
from evergrove.segments.measures.trend import order_trend
from evergrove.segments.sentences.templates import STAGE_SENTENCES
from evergrove.segments.stages.evidence import stage_evidence
from evergrove.segments.stages.rules import STAGE_OF, assign_stages
from evergrove.segments.states.place import States, place
from evergrove.segments.states.placement import Policy
from evergrove.segments.states.roster import Roster
from evergrove.segments.states.transitions import transitions_between
from evergrove.segments.tiers.hysteresis import NEVER
from evergrove.segments.types import (
    Criteria,
    Heard,
    Histories,
    Rfm,
    Rhythm,
    Segments,
    SilenceCut,
    StageCuts,
    Surroundings,
    Tiering,
    Trend,
)
from evergrove.settings import StageSettings, TierSettings

SETTINGS = StageSettings()
POLICY = Policy(TierSettings(), SETTINGS, "CNY")
TODAY = date(2026, 6, 30)
WORSE = {Stage.DECLINE: 1, Stage.CHURNED: 2}
"""How far gone a stage is; all others 0."""


@dataclass(frozen=True)
class Customer:
    """Whatever stages look at."""

    orders: int
    silence: int
    age: int
    p_active: float
    gaps: tuple[float, float] | None
    category: tuple[float, float] | None
    returned_gap: float
    recent: int
    previous: int
    health: float
    login: float
    subscription: int
    tier: int


def gaps() -> st.SearchStrategy[tuple[float, float] | None]:
    """A rhythm, or none."""
    pair = st.tuples(st.integers(1, 200), st.integers(0, 300)).map(
        lambda two: (float(two[0]), float(two[0] + two[1]))
    )
    return st.none() | pair


CUSTOMERS = st.builds(
    Customer,
    orders=st.integers(1, 20),
    silence=st.integers(0, 900),
    age=st.integers(0, 2000),
    p_active=st.one_of(st.just(float("nan")), st.floats(0, 1)),
    gaps=gaps(),
    category=gaps(),
    returned_gap=st.one_of(st.just(float("nan")), st.integers(1, 900).map(float)),
    recent=st.integers(0, 12),
    previous=st.integers(0, 12),
    health=st.floats(0, 100),
    login=st.one_of(st.just(float("nan")), st.integers(0, 400).map(float)),
    subscription=st.sampled_from([NO_CODE] * 6 + [*Subscribed]),
    tier=st.sampled_from([NO_CODE, *Tier]),
)
SHOPS = st.lists(CUSTOMERS, min_size=1, max_size=12)
CUTS = st.builds(
    StageCuts,
    p_active=st.sampled_from([float("nan"), 0.1, 0.3]),
    shop=st.sampled_from([Rhythm(0, float("nan"), float("nan")), Rhythm(500, 40.0, 120.0)]),
    own_silence=st.sampled_from(
        [SilenceCut(), SilenceCut(1.5, "back_test"), SilenceCut(float("inf"), "back_test")]
    ),
    shop_silence=st.sampled_from([SilenceCut(), SilenceCut(2.0, "back_test")]),
    category_silence=st.sampled_from([SilenceCut(), SilenceCut(1.2, "back_test")]),
)
HEARING = st.booleans()


def histories_of(shop: list[Customer], *, hears: bool) -> Histories:
    """Columns of a shop; health is heard or not, categories and subscriptions always."""

    def column(name: str) -> Any:
        return np.array([getattr(each, name) for each in shop])

    def pair(name: str, k: int) -> Any:
        return np.array([np.nan if getattr(each, name) is None else getattr(each, name)[k] for each in shop])

    return Histories(
        orders=column("orders"),
        frequency=column("orders") - 1,
        age=column("age"),
        silence=column("silence"),
        p_active=column("p_active"),
        gap_p80=pair("gaps", 0),
        gap_p95=pair("gaps", 1),
        returned_gap=column("returned_gap"),
        recent_orders=column("recent"),
        previous_orders=column("previous"),
        heard=Heard(column("health"), column("login")) if hears else None,
        around=Surroundings(pair("category", 0), pair("category", 1), column("subscription").astype(np.int8)),
    )


def trend_of(past: Histories) -> Trend:
    """Of a shop."""
    window, certainty = SETTINGS.trend_window_days, SETTINGS.trend_certainty
    return order_trend(past.recent_orders, past.previous_orders, past.age, window, certainty)


def staged(shop: list[Customer], cuts: StageCuts, *, hears: bool) -> tuple[Any, Any, Trend, Histories]:
    """Stages, rules and what they were found from."""
    past = histories_of(shop, hears=hears)
    trend = trend_of(past)
    tier = np.array([each.tier for each in shop], dtype=np.int8)
    return *assign_stages(past, tier, trend, cuts, SETTINGS), trend, past


@given(SHOPS, CUTS, HEARING)
def test_everybody_has_exactly_one_stage_and_a_rule_with_its_evidence(
    shop: list[Customer],
    cuts: StageCuts,
    hears: bool,  # noqa: FBT001 - drawn
) -> None:
    """Whatever is known; the rule leads to the stage and has a sentence."""
    stage, rule, _trend, _past = staged(shop, cuts, hears=hears)

    assert len(stage) == len(rule) == len(shop)
    for one, why in zip(stage.tolist(), rule.tolist(), strict=True):
        assert STAGE_OF[why] == one
        assert StageRule(why) in STAGE_SENTENCES
        assert why not in (StageRule.PROSPECT, StageRule.WON_BACK_ORDERED, StageRule.DECLINE_HEALTH_HELD)


def limits_by_hand(one: Customer, cuts: StageCuts) -> tuple[float, float]:
    """Own rhythm, else the category's, else the shop's, else days; untested never below the fallback."""

    def tested(gap: float, cut: SilenceCut) -> float:
        return gap * cut.stretch if cut.source == "back_test" else max(gap * cut.stretch, 180.0)

    if one.gaps is not None:
        return one.gaps[0], tested(one.gaps[1], cuts.own_silence)
    if one.category is not None:
        return one.category[0], tested(one.category[1], cuts.category_silence)
    if cuts.shop.gaps >= 100:
        return cuts.shop.p80, tested(cuts.shop.p95, cuts.shop_silence)
    return 90.0, 180.0


def fallen_by_hand(
    one: Customer, cuts: StageCuts, direction: int, *, hears: bool, runs: bool
) -> Stage | None:
    """Churned or decline by the definitions; None for neither."""
    decline, churn = limits_by_hand(one, cuts)
    by_days = one.gaps is None and one.category is None and cuts.shop.gaps < 100
    here = hears and by_days and one.login <= 90
    gone = not runs and (one.p_active < cuts.p_active or one.silence > churn)
    if one.subscription == Subscribed.ENDED or gone:
        return Stage.CHURNED
    fading = not runs and ((one.silence > decline and not here) or direction == Direction.FALLING)
    waiting = one.subscription in (Subscribed.PAST_DUE, Subscribed.PAUSED, Subscribed.ENDING)
    return Stage.DECLINE if fading or waiting or (hears and one.health < 40) else None


def stage_by_hand(one: Customer, cuts: StageCuts, direction: int, *, hears: bool) -> set[Stage]:
    """The definitions' first match, in plain words; who may have come back stands as won back or what follows it."""
    runs = one.subscription not in (NO_CODE, Subscribed.ENDED)
    fallen = fallen_by_hand(one, cuts, direction, hears=hears, runs=runs)
    if fallen is not None:
        return {fallen}
    if one.subscription == Subscribed.RESUMED:
        return {Stage.WON_BACK}
    steady = direction == Direction.STEADY or runs
    if one.subscription == Subscribed.TRIAL or one.orders == 1:
        found = Stage.NEW
    elif steady and (one.orders >= 6 or one.tier == Tier.HIGH):
        found = Stage.MATURE
    else:
        found = Stage.GROWTH
    return {found} if runs or np.isnan(one.returned_gap) else {found, Stage.WON_BACK}


@given(SHOPS, CUTS, HEARING)
def test_the_first_rule_that_holds_decides_whatever_else_does(
    shop: list[Customer],
    cuts: StageCuts,
    hears: bool,  # noqa: FBT001 - drawn
) -> None:
    """Against the definitions customer by customer."""
    stage, _rule, trend, _past = staged(shop, cuts, hears=hears)

    for one, found, direction in zip(shop, stage.tolist(), trend.direction.tolist(), strict=True):
        assert found in stage_by_hand(one, cuts, direction, hears=hears)


@given(SHOPS, CUTS, HEARING, st.integers(1, 400))
def test_longer_silence_never_brings_a_customer_back(
    shop: list[Customer],
    cuts: StageCuts,
    hears: bool,  # noqa: FBT001 - drawn
    days: int,
) -> None:
    """All else equal, nobody goes from churned to decline, nor from decline to a living stage."""
    before, _rule, _trend, _past = staged(shop, cuts, hears=hears)
    longer = [replace(each, silence=each.silence + days) for each in shop]
    after, _rule, _trend, _past = staged(longer, cuts, hears=hears)

    for then, now in zip(before.tolist(), after.tolist(), strict=True):
        assert WORSE.get(Stage(now), 0) >= WORSE.get(Stage(then), 0)


def night_of(
    shop: list[Customer], cuts: StageCuts, *, hears: bool, as_of: date, earlier: States | None = None
) -> States:
    """A night in a workspace: tiers without bounds, stages by the rules."""
    stage, rule, trend, past = staged(shop, cuts, hears=hears)
    n = len(shop)
    tier, codes = np.array([each.tier for each in shop], dtype=np.int8), np.zeros(n, dtype=np.int8)
    nothing = np.full(n, np.nan)
    segments = Segments(
        tiering=Tiering(tier, np.stack([tier] * 3), codes + np.int8(7), None),
        stage=stage,
        stage_rule=rule,
        action=codes,
        rfm=Rfm(codes, codes, codes, codes),
        trend=trend,
        was_high=np.zeros(n, dtype=np.bool_),
        criteria=Criteria(nothing, nothing, nothing),
        histories=past,
        cuts=cuts,
    )
    last = np.array([as_of - timedelta(days=each.silence) for each in shop], dtype="datetime64[D]")
    roster = Roster(as_of, np.concatenate([last, [NEVER]]), np.array([True]))
    return place(segments, roster, POLICY, earlier)


@given(SHOPS, CUTS, HEARING)
def test_nobody_moves_without_evidence_and_without_the_clock(
    shop: list[Customer],
    cuts: StageCuts,
    hears: bool,  # noqa: FBT001 - drawn
) -> None:
    """The same night again, whatever stood: no stage moves, and what it says is the same."""
    first = night_of(shop, cuts, hears=hears, as_of=TODAY)
    second = night_of(shop, cuts, hears=hears, as_of=TODAY, earlier=first)

    moves = transitions_between(first, second, POLICY)
    assert second.stage[-1] == first.stage[-1] == Stage.PROSPECT
    assert (second.stage == first.stage).all()
    assert (second.stage_since == first.stage_since).all()
    assert not [axis for axis in moves.axis.tolist() if axis == 1]


@given(SHOPS, CUTS, HEARING)
def test_every_rule_has_the_numbers_of_its_sentence(
    shop: list[Customer],
    cuts: StageCuts,
    hears: bool,  # noqa: FBT001 - drawn
) -> None:
    """What a silence rule says is longer than its limit is; what a chance rule says is below its cut is."""
    night = night_of(shop, cuts, hears=hears, as_of=TODAY)
    assert night.segments is not None
    rows, rule = np.arange(len(shop)), night.segments.stage_rule
    said = stage_evidence(night.segments, rows, rule, SETTINGS)
    by_silence = {each for each in StageRule if each.name.endswith(("_RHYTHM", "_DAYS"))}

    for k, why in enumerate(rule.tolist()):
        if StageRule(why) in by_silence:
            assert said["silence"][k] > said["limit"][k]
        elif why == StageRule.CHURNED_CHANCE:
            assert said["chance"][k] < said["cut"][k]
        elif why == StageRule.DECLINE_HEALTH:
            assert said["health"][k] < said["health_limit"][k]

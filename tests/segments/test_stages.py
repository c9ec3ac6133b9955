"""Stages: the first rule that holds, from the definitions' own words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.segments.codes import NO_CODE, STAGES, Direction, Stage, StageRule, Tier
from evergrove.segments.stages.rules import STAGE_OF, assign_stages, came_back, silence_limits
from evergrove.segments.types import Heard, Histories, Rhythm, SilenceCut, StageCuts, Trend
from evergrove.settings import StageSettings

if TYPE_CHECKING:
    from collections.abc import Callable

SETTINGS = StageSettings()
NO_RHYTHM = Rhythm(0, np.nan, np.nan)
TESTED = SilenceCut(1.0, "back_test")
FEW_GAPS = StageCuts(0.2, NO_RHYTHM, TESTED, TESTED)
SHOP = StageCuts(0.2, Rhythm(100, 40.0, 120.0), TESTED, TESTED)
OWN = {"gap_p80": 30.0, "gap_p95": 60.0, "frequency": 9, "orders": 10}

Case = tuple[str, dict[str, float], StageCuts, Tier | int, Direction, StageRule]

CASES: list[Case] = [
    # fallback: neither the customer nor the shop has gaps enough
    ("180 days of silence are not beyond 180", {"silence": 180}, FEW_GAPS, Tier.LOW, Direction.STEADY, StageRule.DECLINE_DAYS),
    ("181 days are", {"silence": 181}, FEW_GAPS, Tier.LOW, Direction.STEADY, StageRule.CHURNED_DAYS),
    ("90 days are not beyond 90", {"silence": 90}, FEW_GAPS, Tier.LOW, Direction.STEADY, StageRule.GROWTH),
    ("91 days are", {"silence": 91}, FEW_GAPS, Tier.LOW, Direction.STEADY, StageRule.DECLINE_DAYS),
    # the shop's rhythm, for customers with fewer than 4 gaps
    ("beyond the shop's 80 %", {"silence": 41}, SHOP, Tier.LOW, Direction.STEADY, StageRule.DECLINE_SHOP_RHYTHM),
    ("beyond the shop's 95 %", {"silence": 121}, SHOP, Tier.LOW, Direction.STEADY, StageRule.CHURNED_SHOP_RHYTHM),
    ("one order long ago is gone, not new", {"orders": 1, "silence": 121}, SHOP, Tier.LOW, Direction.UNKNOWN, StageRule.CHURNED_SHOP_RHYTHM),
    # the own rhythm goes before the shop's
    ("within the own 80 %", OWN | {"silence": 30}, SHOP, Tier.LOW, Direction.STEADY, StageRule.MATURE_ORDERS),
    ("beyond the own 80 %", OWN | {"silence": 31}, SHOP, Tier.LOW, Direction.STEADY, StageRule.DECLINE_OWN_RHYTHM),
    ("beyond the own 95 %", OWN | {"silence": 61}, SHOP, Tier.LOW, Direction.STEADY, StageRule.CHURNED_OWN_RHYTHM),
    ("a slow rhythm is not a loss", OWN | {"gap_p80": 200.0, "gap_p95": 400.0, "silence": 190}, SHOP, Tier.LOW, Direction.STEADY, StageRule.MATURE_ORDERS),
    # the chance of another purchase goes before all
    ("below the cut", {"p_active": 0.19}, SHOP, Tier.HIGH, Direction.RISING, StageRule.CHURNED_CHANCE),
    ("on the cut", {"p_active": 0.20}, SHOP, Tier.LOW, Direction.STEADY, StageRule.GROWTH),
    ("no chance known", {"p_active": np.nan}, SHOP, Tier.LOW, Direction.STEADY, StageRule.GROWTH),
    # decline by trend
    ("falling", {}, SHOP, Tier.HIGH, Direction.FALLING, StageRule.DECLINE_TREND),
    # won back: a silence beyond the churn limit that ended in the last 90 days
    ("came back after more than the shop's 95 %", {"returned_gap": 121.0}, SHOP, Tier.LOW, Direction.STEADY, StageRule.WON_BACK),
    ("came back within it", {"returned_gap": 120.0}, SHOP, Tier.LOW, Direction.STEADY, StageRule.GROWTH),
    ("won back goes before mature", OWN | {"silence": 3, "returned_gap": 300.0, "gap_p95": 187.0}, SHOP, Tier.HIGH, Direction.STEADY, StageRule.WON_BACK),
    ("came back and falls again", {"returned_gap": 121.0}, SHOP, Tier.LOW, Direction.FALLING, StageRule.DECLINE_TREND),
    # new, mature, growth
    ("one order", {"orders": 1, "frequency": 0}, SHOP, Tier.LOW, Direction.UNKNOWN, StageRule.NEW),
    ("one order of high tier is new", {"orders": 1, "frequency": 0}, SHOP, Tier.HIGH, Direction.UNKNOWN, StageRule.NEW),
    ("two orders", {"orders": 2}, SHOP, Tier.LOW, Direction.STEADY, StageRule.GROWTH),
    ("five orders", {"orders": 5}, SHOP, Tier.POTENTIAL, Direction.STEADY, StageRule.GROWTH),
    ("six orders, steady", {"orders": 6}, SHOP, Tier.LOW, Direction.STEADY, StageRule.MATURE_ORDERS),
    ("six orders, rising", {"orders": 6}, SHOP, Tier.LOW, Direction.RISING, StageRule.GROWTH),
    ("six orders, too young for a trend", {"orders": 6}, SHOP, Tier.LOW, Direction.UNKNOWN, StageRule.GROWTH),
    ("high tier, steady", {"orders": 4}, SHOP, Tier.HIGH, Direction.STEADY, StageRule.MATURE_HIGH),
    ("high tier, rising", {"orders": 4}, SHOP, Tier.HIGH, Direction.RISING, StageRule.GROWTH),
    ("no tier", {"orders": 4}, SHOP, NO_CODE, Direction.STEADY, StageRule.GROWTH),
]  # fmt: skip


def trend_of(*directions: Direction) -> Trend:
    """A trend of which only the direction counts."""
    nothing = np.full(len(directions), np.nan)
    return Trend(np.array(directions, dtype=np.int8), nothing, nothing)


@pytest.mark.parametrize(
    ("row", "cuts", "tier", "direction", "rule"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_the_first_rule_that_holds_decides(
    histories: Callable[..., Histories],
    row: dict[str, float],
    cuts: StageCuts,
    tier: Tier,
    direction: Direction,
    rule: StageRule,
) -> None:
    """Cases written from definitions.md 4, both sides of each bound."""
    stage, found = assign_stages(
        histories(row), np.array([tier], dtype=np.int8), trend_of(direction), cuts, SETTINGS
    )

    assert StageRule(int(found[0])) == rule
    assert Stage(int(stage[0])) == STAGE_OF[rule]


def test_every_rule_leads_to_a_stage_and_every_stage_but_prospect_is_reached() -> None:
    """The cases above use every rule that orders can trigger by themselves; won back by a yesterday is not one."""
    assert len(STAGE_OF) == len(StageRule)
    elsewhere = {StageRule.PROSPECT, StageRule.WON_BACK_ORDERED, StageRule.DECLINE_HEALTH}
    elsewhere |= {rule for rule in StageRule if rule >= StageRule.CHURNED_CATEGORY_RHYTHM}  # test_around.py
    assert {case[-1] for case in CASES} == set(StageRule) - elsewhere
    assert STAGES == ("prospect", "new", "growth", "mature", "decline", "churned", "won_back")


def test_a_stretched_limit_is_the_one_that_counts(histories: Callable[..., Histories]) -> None:
    """Where silence of twice the 95 % gap was needed to mean churned, less is decline."""
    cuts = StageCuts(np.nan, SHOP.shop, SilenceCut(2.0, "back_test"), SilenceCut(3.0, "back_test"))
    rows = histories(OWN | {"silence": 120}, OWN | {"silence": 121}, {"silence": 360}, {"silence": 361})

    _stage, rule = assign_stages(
        rows, np.zeros(4, dtype=np.int8), trend_of(*[Direction.STEADY] * 4), cuts, SETTINGS
    )

    assert rule.tolist() == [
        StageRule.DECLINE_OWN_RHYTHM,
        StageRule.CHURNED_OWN_RHYTHM,
        StageRule.DECLINE_SHOP_RHYTHM,
        StageRule.CHURNED_SHOP_RHYTHM,
    ]


def test_where_no_silence_means_churned_the_chance_alone_decides(
    histories: Callable[..., Histories],
) -> None:
    """An infinite stretch: ten years of silence are decline, and nobody was won back by silence."""
    never = SilenceCut(np.inf, "back_test", 0.5, 80)
    cuts = StageCuts(0.1, SHOP.shop, never, never)
    rows = histories(
        OWN | {"silence": 3650, "p_active": 0.3},
        OWN | {"silence": 3650, "p_active": 0.05},
        {"returned_gap": 3000.0},
        OWN | {"returned_gap": 3000.0, "gap_p95": 1824.0},
    )

    stage, _rule = assign_stages(
        rows, np.zeros(4, dtype=np.int8), trend_of(*[Direction.RISING] * 4), cuts, SETTINGS
    )

    assert stage.tolist() == [Stage.DECLINE, Stage.CHURNED, Stage.GROWTH, Stage.GROWTH]


@given(
    st.lists(st.integers(1, 60), min_size=4, max_size=40),
    st.integers(1, 400),
    st.sampled_from([1.0, 1.5, 2.0]),
)
def test_won_back_measures_the_silence_against_the_other_gaps(
    others: list[int], gap: int, stretch: float
) -> None:
    """Recovered from the quantile over all gaps, against the gaps themselves: the longest other one counts."""
    gaps = np.array([*others, gap], dtype=np.float64)
    quantile = np.quantile(gaps, 0.95)  # linear between ranks, as in SQL
    row: dict[str, Any] = {name: np.array([np.nan]) for name in ("p_active", "gap_p80")}
    history = Histories(
        orders=np.array([len(gaps) + 1]), frequency=np.array([len(gaps)]), age=np.array([2000]),
        silence=np.array([5]), gap_p95=np.array([quantile]), returned_gap=np.array([float(gap)]),
        recent_orders=np.array([1]), previous_orders=np.array([1]), **row,
    )  # fmt: skip
    cuts = StageCuts(np.nan, NO_RHYTHM, own_silence=SilenceCut(stretch))

    found = bool(came_back(history, cuts, SETTINGS)[0])

    limit = max(others) if len(gaps) < 21 else quantile
    if abs(gap - stretch * limit) > 1e-6 * gap:  # on the limit itself rounding may decide
        assert found == (gap > stretch * limit and gap > quantile)


@pytest.mark.parametrize("own", [True, False])
def test_a_rhythm_that_could_not_be_tested_calls_nobody_gone_before_the_fallback(own: bool) -> None:  # noqa: FBT001 -- a case
    """In a history of six weeks no gap is longer than six weeks; silence of a month says little."""
    untested = StageCuts(np.nan, Rhythm(100, 5.0, 16.0))
    gap = np.array([16.0 if own else np.nan])

    limits = silence_limits(gap / 2, gap, untested, SETTINGS)

    assert limits.churn.tolist() == [SETTINGS.churn_days]


def test_low_health_is_decline_where_it_is_heard(histories: Callable[..., Histories]) -> None:
    """Below 40, whatever else is well, and also for one order; a falling trend and churn are named first."""
    rows = [{"orders": 1, "frequency": 0}, {}, {}, {"p_active": 0.01}]
    past = histories(*rows)
    heard = replace(past, heard=Heard(np.array([39.9, 39.9, 40.0, 0.0]), np.full(4, np.nan)))
    cuts = StageCuts(0.2, Rhythm(0, np.nan, np.nan))
    trend = Trend(np.full(4, Direction.STEADY, dtype=np.int8), np.zeros(4), np.ones(4))
    tier = np.zeros(4, dtype=np.int8)

    _stage, deaf = assign_stages(past, tier, trend, cuts, StageSettings())
    stage, rule = assign_stages(heard, tier, trend, cuts, StageSettings())

    assert deaf.tolist() == [StageRule.NEW, StageRule.GROWTH, StageRule.GROWTH, StageRule.CHURNED_CHANCE]
    assert rule.tolist() == [
        StageRule.DECLINE_HEALTH,
        StageRule.DECLINE_HEALTH,
        StageRule.GROWTH,
        StageRule.CHURNED_CHANCE,
    ]
    assert stage.tolist() == [Stage.DECLINE, Stage.DECLINE, Stage.GROWTH, Stage.CHURNED]


def test_ninety_days_without_purchase_are_no_decline_while_there_are_logins(
    histories: Callable[..., Histories],
) -> None:
    """Only where days of the settings stand in for a rhythm, and only by a login of the last 90 days."""
    past = histories({"silence": 100}, {"silence": 100}, {"silence": 100})
    heard = replace(past, heard=Heard(np.full(3, 80.0), np.array([90.0, 91.0, np.nan])))
    trend = Trend(np.full(3, Direction.STEADY, dtype=np.int8), np.zeros(3), np.ones(3))
    cuts = StageCuts(np.nan, Rhythm(0, np.nan, np.nan))

    _stage, rule = assign_stages(heard, np.zeros(3, dtype=np.int8), trend, cuts, StageSettings())

    assert rule.tolist() == [StageRule.GROWTH, StageRule.DECLINE_DAYS, StageRule.DECLINE_DAYS]

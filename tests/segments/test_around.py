"""Rhythms of categories and subscriptions: what tables beside orders tell stages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.customers import summarise
from evergrove.segments import policy_of, realise
from evergrove.segments.codes import NO_CODE, Direction, Stage, StageRule, Subscribed, Tier
from evergrove.segments.measures.around import category_rhythms, surroundings
from evergrove.segments.measures.silence import silence_cuts
from evergrove.segments.sentences.explain import explain_stage
from evergrove.segments.stages.rules import NEVER_DAYS, assign_stages, silence_limits
from evergrove.segments.types import CategoryRhythm, Rhythm, SilenceCut, StageCuts, Surroundings, Trend
from evergrove.settings import Settings, StageSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evergrove.segments import Segments
    from evergrove.segments.types import Histories
    from evergrove.warehouse import Engine

END = date(2026, 6, 30)
SETTINGS = StageSettings()
TESTED = SilenceCut(1.0, "back_test")
SHOP = StageCuts(0.2, Rhythm(400, 40.0, 120.0), TESTED, TESTED, category_silence=SilenceCut(1.5, "back_test"))
LINES = (
    "select cast(null as varchar) as order_id, cast(null as varchar) as product_id, cast(null as varchar) as category, "
    "cast(1 as decimal(18, 4)) as quantity where false"
)
PRODUCTS = "select * from (values ('P1', 'coats')) as t(product_id, category)"
SUBSCRIPTIONS = """
select
    col0 as subscription_id, cast(col1 as bigint) as customer_id, col2 as status,
    cast(col3 as date) as started_on, cast(col4 as date) as trial_until, cast(col5 as date) as paid_until,
    cast(col6 as date) as cancelled_on, cast(col7 as date) as ended_on, cast(col8 as timestamp) as updated_at
from (values {})
"""


def around(*rows: tuple[float, float, int]) -> Surroundings:
    """Rhythm of the category and state of the subscription, customer by customer."""
    p80, p95, state = zip(*rows, strict=True)
    return Surroundings(np.array(p80), np.array(p95), np.array(state, dtype=np.int8))


def ordered(engine: Engine, *rows: tuple[int, int, str]) -> None:
    """Orders as (customer, days before the end, category)."""
    said = ", ".join(
        f"('O{k}', {c}, date '{END}' - {ago}, '{what}')" for k, (c, ago, what) in enumerate(rows)
    )
    engine.create("told", f"select * from (values {said}) as t(order_id, customer_id, order_date, category)")
    engine.create(
        "orders",
        "select order_id, cast(customer_id as bigint) as customer_id, order_date, "
        "cast(10 as decimal(18, 4)) as amount from told",
    )


def subscribed(engine: Engine, *rows: str) -> None:
    """Subscriptions, each the values of its columns."""
    engine.create("subscriptions", SUBSCRIPTIONS.format(", ".join(f"({row})" for row in rows)))


@pytest.mark.parametrize(
    ("p95", "own", "expected"),
    [
        (30.0, np.nan, (20.0, 45.0, True)),  # the category's, stretched by its own cut
        (30.0, 60.0, (40.0, 60.0, False)),  # the own rhythm goes before
        (np.nan, np.nan, (40.0, 120.0, False)),  # the shop's
    ],
)
def test_silence_is_measured_by_the_own_rhythm_then_the_categorys_then_the_shops(
    p95: float, own: float, expected: tuple[float, float, bool]
) -> None:
    """Each with its own stretch."""
    beside = around((p95 / 1.5, p95, NO_CODE))

    limits = silence_limits(np.array([own / 1.5]), np.array([own]), SHOP, SETTINGS, beside)

    assert (limits.decline[0], limits.churn[0], bool(limits.category[0])) == expected


def test_the_rule_and_the_sentence_name_the_category(histories: Callable[..., Histories]) -> None:
    """Silent for 50 days where 95 % of the category's gaps are at most 30: gone beyond 45, in decline beyond 20."""
    past = histories({"silence": 50}, {"silence": 21}, {"silence": 20}, {"returned_gap": 46.0})
    past = replace(past, around=around(*[(20.0, 30.0, NO_CODE)] * 4))
    trend = Trend(np.full(4, Direction.STEADY, dtype=np.int8), np.zeros(4), np.ones(4))

    _stage, rule = assign_stages(past, np.zeros(4, dtype=np.int8), trend, SHOP, SETTINGS)

    assert rule.tolist() == [
        StageRule.CHURNED_CATEGORY_RHYTHM,
        StageRule.DECLINE_CATEGORY_RHYTHM,
        StageRule.GROWTH,
        StageRule.WON_BACK,
    ]


def test_categories_with_gaps_enough_have_a_rhythm_of_their_own(engine: Engine) -> None:
    """
    Twelve customers came every 7 days for coffee, twelve every 30 for coats (told by article), one for tea.

    100 gaps make a rhythm: coffee and coats have 12 x 9 each, tea has one.
    """
    rows = [(c, 7 * k + c, "coffee") for c in range(12) for k in range(10)]
    rows += [(100 + c, 30 * k + c, "coats") for c in range(12) for k in range(10)]
    rows += [(200, 5, "tea"), (200, 12, "tea"), (300, 9, "coffee"), (400, 9, "coats")]
    ordered(engine, *rows)
    engine.create("products", PRODUCTS)
    engine.create(
        "order_lines",
        "select order_id, case when category = 'coats' then 'P1' end as product_id, "
        "nullif(category, 'coats') as category, cast(1 as decimal(18, 4)) as quantity from told",
    )
    base = summarise(engine, END, SETTINGS)

    found = category_rhythms(engine, END, SETTINGS)
    cuts = replace(SHOP, categories=found)
    beside = surroundings(engine, END, len(base), cuts, SETTINGS)

    assert found == (CategoryRhythm("coats", 108, 30.0, 30.0), CategoryRhythm("coffee", 108, 7.0, 7.0))
    assert beside is not None
    assert np.isnan(beside.gap_p95[:-2]).all()  # their own rhythm, or none of the category
    assert beside.gap_p95[-2:].tolist() == [7.0, 30.0]
    assert (beside.subscription == NO_CODE).all()


def test_without_lines_nothing_is_asked(engine: Engine) -> None:
    """No category, nothing beside orders; lines that were forbidden neither."""
    ordered(engine, *[(1, 7 * k, "coffee") for k in range(150)])
    base = summarise(engine, END, SETTINGS)
    assert category_rhythms(engine, END, SETTINGS) == ()
    engine.create("order_lines", LINES)
    engine.create("products", PRODUCTS)
    assert category_rhythms(engine, END, SETTINGS) == ()
    engine.create(
        "order_lines",
        "select order_id, cast(null as varchar) as product_id, category, 1 as quantity from told",
    )

    assert category_rhythms(engine, END, SETTINGS, wanted=False) == ()
    assert len(category_rhythms(engine, END, SETTINGS)) == 1
    assert surroundings(engine, END, len(base), SHOP, SETTINGS) is None


def test_each_group_is_stretched_by_how_its_own_silences_ended() -> None:
    """Beyond the category's gap nobody of 100 came back, beyond the shop's everybody of 100."""
    silence, nothing = np.full(200, 50.0), np.full(200, np.nan)
    category = np.repeat([20.0, np.nan], 100)
    returned = np.repeat([False, True], 100)

    own, by_category, shop = silence_cuts(
        silence, np.zeros(200), nothing, returned, Rhythm(100, 20.0, 25.0), SETTINGS, category
    )

    assert (own.source, by_category.stretch, by_category.customers) == ("none", 1.0, 100)
    assert shop.stretch == np.inf


CASES = {
    "active": ("'S', 1, 'active', '2026-01-01', null, '2026-07-15', null, null, null", Subscribed.ACTIVE),
    "a word nobody knows": ("'S', 1, 'gold', '2026-01-01', null, null, null, null, null", Subscribed.ACTIVE),
    "on trial": ("'S', 1, 'trial', '2026-06-25', '2026-07-05', null, null, null, null", Subscribed.TRIAL),
    "trial is over": ("'S', 1, 'active', '2026-06-01', '2026-06-30', null, null, null, null", Subscribed.ACTIVE),
    "past due": ("'S', 1, 'past_due', '2026-01-01', null, null, null, null, '2026-06-30'", Subscribed.PAST_DUE),
    "past due, as was learned later": ("'S', 1, 'past_due', '2026-01-01', null, null, null, null, '2026-07-01'", Subscribed.ACTIVE),
    "paused": ("'S', 1, 'paused', '2026-01-01', null, null, null, null, null", Subscribed.PAUSED),
    "paid for until tomorrow": ("'S', 1, 'cancelled', '2026-01-01', null, '2026-07-01', '2026-06-20', null, null", Subscribed.ENDING),
    "paid for until today": ("'S', 1, 'cancelled', '2026-01-01', null, '2026-06-30', '2026-06-20', null, null", Subscribed.ENDED),
    "cancelled, nothing paid for": ("'S', 1, 'cancelled', '2026-01-01', null, null, '2026-06-20', null, null", Subscribed.ENDED),
    "cancelled on a day to come": ("'S', 1, 'cancelled', '2026-01-01', null, null, '2026-07-20', null, null", Subscribed.ACTIVE),
    "ended": ("'S', 1, 'ended', '2026-01-01', null, null, null, null, null", Subscribed.ENDED),
    "will end": ("'S', 1, 'active', '2026-01-01', null, null, null, '2026-09-01', null", Subscribed.ACTIVE),
    "not begun": ("'S', 1, 'active', '2026-07-01', null, null, null, null, null", NO_CODE),
    "ended, but ordered since": ("'S', 1, 'ended', '2026-01-01', null, null, null, '2026-06-18', null", NO_CODE),
    "of two the better one": (
        "'S', 1, 'ended', '2026-01-01', null, null, null, '2026-06-20', null), ('T', 1, 'paused', '2026-05-01', null, null, null, null, null",
        Subscribed.PAUSED,
    ),
    "back after 30 days without": (
        "'S', 1, 'ended', '2025-01-01', null, null, null, '2026-04-01', null), ('T', 1, 'active', '2026-05-01', null, null, null, null, null",
        Subscribed.RESUMED,
    ),
    "another plan": (
        "'S', 1, 'ended', '2025-01-01', null, null, null, '2026-04-01', null), ('T', 1, 'active', '2026-04-02', null, null, null, null, null",
        Subscribed.ACTIVE,
    ),
    "back for more than 90 days": (
        "'S', 1, 'ended', '2025-01-01', null, null, null, '2025-10-01', null), ('T', 1, 'active', '2026-04-01', null, null, null, null, null",
        Subscribed.ACTIVE,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("row", "state"), CASES.values(), ids=CASES)
def test_a_subscription_stands_as_its_dates_say(engine: Engine, row: str, state: int) -> None:
    """On the last day that is seen; the last order is of 19 June."""
    ordered(engine, (1, 11, "plan"), (2, 11, "plan"))
    subscribed(engine, row)
    summarise(engine, END, SETTINGS)

    beside = surroundings(engine, END, 2, replace(SHOP, subscriptions=True), SETTINGS)

    assert beside is not None
    assert beside.subscription.tolist() == [state, NO_CODE]


@pytest.mark.parametrize(
    ("state", "row", "rule"),
    [
        (Subscribed.ACTIVE, {"silence": 400, "p_active": 0.01}, StageRule.GROWTH),
        (Subscribed.ACTIVE, {"silence": 400, "orders": 6}, StageRule.MATURE_ORDERS),
        (Subscribed.ACTIVE, {"silence": 400, "orders": 1}, StageRule.NEW),
        (Subscribed.RESUMED, {"orders": 9}, StageRule.SUBSCRIPTION_RESUMED),
        (Subscribed.TRIAL, {"orders": 3}, StageRule.SUBSCRIPTION_TRIAL),
        (Subscribed.PAST_DUE, {}, StageRule.SUBSCRIPTION_PAST_DUE),
        (Subscribed.PAUSED, {"silence": 400}, StageRule.SUBSCRIPTION_PAUSED),
        (Subscribed.ENDING, {"p_active": 0.01}, StageRule.SUBSCRIPTION_ENDING),
        (Subscribed.ENDED, {"silence": 1, "p_active": 0.9}, StageRule.SUBSCRIPTION_ENDED),
        (NO_CODE, {"silence": 400}, StageRule.CHURNED_SHOP_RHYTHM),
    ],
)
def test_the_stage_of_a_subscriber_follows_the_subscription(
    histories: Callable[..., Histories], state: int, row: dict[str, float], rule: StageRule
) -> None:
    """Neither silence, nor the chance, nor a falling trend speak against one that runs."""
    past = replace(histories(row), around=around((np.nan, np.nan, state)))
    falling = Trend(np.array([Direction.FALLING], dtype=np.int8), np.ones(1), np.ones(1))

    _stage, found = assign_stages(past, np.array([Tier.LOW], dtype=np.int8), falling, SHOP, SETTINGS)

    assert StageRule(int(found[0])) == rule


@pytest.fixture
def telco(engine: Engine, shared: Callable[[str], Path]) -> tuple[Segments, Any]:
    """
    The subscribers of a telephone company, and who has left.

    Each began so many months ago as the data say and paid every month, on contracts of one or two years every year;
    who left did so after as many months, which lie in the past: by up to half a year, so that silence is not all.
    """
    engine.create(
        "subscribers",
        "select row_number() over () as customer_id, churn = 'Yes' as has_left, greatest(tenure, 1) as months, "
        "case when contract = 'Month-to-month' then 1 else 12 end as every, monthly_charges as charge, "
        f"cast(1 + hash(rowid) % 180 as integer) as ago from (select *, row_number() over () as rowid from '{shared('telco_churn/telco_churn.parquet')}')",
    )
    last = f"date '{END}' - case when has_left then ago else 0 end"
    engine.create(
        "orders",
        "select cast(null as varchar) as order_id, cast(customer_id as bigint) as customer_id, "
        f"cast({last} - cast(30.4 * (months - k) as integer) as date) as order_date, "
        "cast(charge * every as decimal(18, 4)) as amount from subscribers, range(72) months(k) "
        "where k < months and k % every = 0",
    )
    engine.create(
        "subscriptions",
        "select cast(customer_id as varchar) as subscription_id, cast(customer_id as bigint) as customer_id, "
        "case when has_left then 'cancelled' else 'active' end as status, "
        f"cast({last} - cast(30.4 * months as integer) as date) as started_on, cast(null as date) as trial_until, "
        f"cast(case when has_left then {last} end as date) as paid_until, cast(null as date) as cancelled_on, "
        "cast(null as date) as ended_on, cast(null as timestamp) as updated_at from subscribers",
    )
    settings = Settings()
    base = summarise(engine, END, settings.stages)
    segments = realise(engine, base, np.full(len(base), np.nan), policy_of(settings))
    left = engine.arrays("select has_left from subscribers order by customer_id")["has_left"]
    return segments, np.asarray(left, dtype=np.bool_)


def test_of_a_telephone_company_exactly_those_who_left_are_churned(telco: tuple[Segments, Any]) -> None:
    """7,043 subscribers, 1,869 of whom left; by orders alone whoever pays once a year would seem gone, or fading."""
    segments, left = telco
    deaf = replace(segments.histories, around=None)
    by_orders, _rule = assign_stages(deaf, segments.tier, segments.trend, segments.cuts, SETTINGS)

    assert (len(left), int(left.sum())) == (7043, 1869)
    assert ((segments.stage == Stage.CHURNED) == left).all()
    assert not np.isin(segments.stage[~left], (Stage.DECLINE, Stage.WON_BACK)).any()
    assert (segments.stage_rule[left] == StageRule.SUBSCRIPTION_ENDED).all()
    assert np.isin(by_orders[~left], (Stage.DECLINE, Stage.CHURNED)).sum() > 1000
    assert (by_orders[left] != Stage.CHURNED).sum() > 500


def test_the_silence_of_a_running_subscription_has_no_limit(telco: tuple[Segments, Any]) -> None:
    """Its silence has no limit; the sentence of one that ended says so."""
    segments, left = telco
    past = segments.histories
    limits = silence_limits(past.gap_p80, past.gap_p95, segments.cuts, SETTINGS, past.around)

    assert (limits.decline[~left] == NEVER_DAYS).all()
    assert (limits.decline[left] < 1000).all()
    said, *_rest = explain_stage(segments, int(np.flatnonzero(left)[0]), SETTINGS)
    assert str(said) == "Stage Churned: The subscription has ended."


def test_a_night_keeps_what_was_measured_beside_orders(engine: Engine) -> None:
    """Yardsticks of an earlier day that knew of no subscription place nobody by one."""
    ordered(engine, (1, 11, "plan"))
    subscribed(engine, "'S', 1, 'ended', '2026-01-01', null, null, null, '2026-06-25', null")
    base, settings = summarise(engine, END, SETTINGS), policy_of(Settings())

    heard = realise(engine, base, np.array([0.9]), settings)
    deaf = realise(engine, base, np.array([0.9]), settings, beside=False)

    assert (heard.cuts.subscriptions, deaf.cuts.subscriptions) == (True, False)
    assert [heard.stage[0], deaf.stage[0]] == [Stage.CHURNED, Stage.NEW]
    assert base.last_order_date[0] == np.datetime64(END - timedelta(days=11))

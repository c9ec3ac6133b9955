"""The whole station on small shops: aligned results, lists to work through, reasons for one customer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.customers import CustomerBase, month_end_figures, summarise
from evergrove.segments import (
    CODED_COLUMNS,
    LEFT_BEFORE,
    PROSPECT,
    Action,
    Rhythm,
    Segments,
    Stage,
    StageCuts,
    Tier,
    explain_stage,
    explain_tier,
    list_cells,
    rows_of,
    segment,
    stage_cuts,
)
from evergrove.segments.codes import Direction
from evergrove.segments.tiers.notices import NoTiers, ShortYear
from evergrove.settings import Settings, StageSettings, TierSettings
from evergrove.text import translator

if TYPE_CHECKING:
    from evergrove.warehouse import Engine

END = date(2026, 6, 30)
SETTINGS = Settings(tiers=TierSettings(bounds="fixed"))

# customer: (first order, days between orders, number of orders, amount of each)
SHOP = {
    1: (date(2024, 1, 1), 30, 31, 1000),  # a regular of high value
    2: (date(2023, 7, 1), 30, 24, 1000),  # the same until the end of May 2025, then silent
    3: (date(2023, 7, 1), 30, 24, 100),  # as silent, never of high value
    4: (date(2026, 6, 20), 1, 1, 300),  # new
    5: (date(2025, 10, 1), 60, 4, 500),  # four orders, the last on 30 March
    6: (date(2026, 3, 1), 50, 3, 900),  # growing, too young for a trend
}


def load(engine: Engine, shop: dict[int, tuple[date, int, int, int]]) -> None:
    """Orders of a shop as ingest would leave them."""
    rows = ", ".join(
        f"(null, {customer}, date '{first + timedelta(days=gap * k)}', {amount})"
        for customer, (first, gap, number, amount) in shop.items()
        for k in range(number)
    )
    engine.run(
        "create table orders as select order_id::varchar as order_id, customer_id::bigint as customer_id, "
        f"order_date, amount::decimal(18, 4) as amount from (values {rows}) as t(order_id, customer_id, order_date, amount)"
    )


def segmented(engine: Engine, base: CustomerBase, settings: Settings = SETTINGS) -> Segments:
    """A shop's segments with the figures of past month ends, and no model."""
    return segment(
        base,
        np.full(len(base), np.nan),
        stage_cuts(engine, len(base), END, np.nan, settings.stages),
        tiers=settings.tiers,
        stages=settings.stages,
        currency="CNY",
        observation_end=END,
        month_end_figures=partial(month_end_figures, engine),
        has_amounts=base.has_amounts,
    )


@pytest.fixture
def shop(engine: Engine) -> Segments:
    """The six customers above."""
    load(engine, SHOP)
    return segmented(engine, summarise(engine, END, SETTINGS.stages))


def names(column: str, segments: Segments) -> list[str]:
    """A coded column as it is published."""
    return [CODED_COLUMNS[column][code] for code in segments.columns()[column].tolist()]


def test_six_customers_stand_where_a_person_would_put_them(shop: Segments) -> None:
    """Tier, stage and playbook worked out by hand from their orders."""
    assert names("tier", shop) == ["high", "low", "low", "low", "potential", "potential"]
    assert names("stage", shop) == ["mature", "churned", "churned", "new", "decline", "growth"]
    assert names("action", shop) == ["T1", "T4h", "L6", "L2", "L5", "T2"]


def test_high_value_lost_is_who_was_high_at_a_month_end_of_24_months(shop: Segments) -> None:
    """Customer 2 was; customer 3 came as often for a tenth of the money."""
    assert shop.was_high.tolist() == [False, True, False, False, False, False]


def test_columns_are_aligned_and_small(shop: Segments) -> None:
    """One code a customer, as the published table takes them."""
    columns = shop.columns()

    assert set(CODED_COLUMNS) <= set(columns)
    assert {len(codes) for codes in columns.values()} == {len(shop)} == {6}
    assert {codes.dtype for codes in columns.values()} == {np.dtype(np.int8)}


def test_lists_are_a_partition_of_who_needs_work(shop: Segments) -> None:
    """Decline, churned, new and high, each once; the call-back list holds who was of high value."""
    found = {cell.name: rows_of(shop, cell, np.arange(6.0)).tolist() for cell in list_cells(shop)}

    assert found == {
        "high-churned": [1], "low-churned": [2], "potential-decline": [4], "low-new": [3], "high-mature": [0],
    }  # fmt: skip
    assert all(cell.customers == len(found[cell.name]) for cell in list_cells(shop))


def test_a_list_begins_with_the_most_valuable(engine: Engine) -> None:
    """By the value handed in; those without one come last, equal ones in the table's order."""
    load(engine, dict.fromkeys(range(1, 6), SHOP[4]))
    segments = segmented(engine, summarise(engine, END, SETTINGS.stages))
    (cell,) = list_cells(segments)

    assert cell.name == "low-new"
    assert rows_of(segments, cell, np.array([5.0, np.nan, 9.0, 5.0, 7.0])).tolist() == [2, 4, 0, 3, 1]


def test_the_title_of_a_list_is_for_people(shop: Segments) -> None:
    """In the reader's language."""
    titles = {cell.name: cell.title.said(translator("zh-Hant")) for cell in list_cells(shop)}

    assert titles["potential-decline"] == "潛力，衰退期"
    assert titles["high-churned"] == "已流失，最近 24 個月內曾為高價值：電話回訪"


def test_why_a_customer_has_a_tier(shop: Segments) -> None:
    """Figures, bands, what decided, what would lift."""
    said = [sentence.said() for sentence in explain_tier(shop, 4)]

    assert said == [
        "Net revenue in the last 12 months: 2,000, band Potential (≥ 2,000 < 5,000).",
        "Orders that count in the last 12 months: 3, band Potential (≥ 3 < 6).",
        "Average order in the last 12 months: 500, band Potential (≥ 400 < 800).",
        "Tier Potential: the median of the three bands. Decided by: spend, frequency, average order.",
        "For High value, any 2 of these must be reached: spend 5,000, frequency 6, average order 800.",
    ]


@pytest.mark.parametrize(
    ("direction", "row", "sentence"),
    [
        (Direction.RISING, 4, "Orders come more often than before: visible room to grow."),
        (Direction.FALLING, 4, None),
        (Direction.FALLING, 3, "Orders come less often than before: likely to be lost."),
        (Direction.RISING, 3, "Orders come more often than before: visible room to grow."),
        (Direction.RISING, 0, None),
    ],
)
def test_a_trend_is_evidence_for_potential_and_for_low(
    shop: Segments, direction: Direction, row: int, sentence: str | None
) -> None:
    """A rising frequency below the high tier, where it makes the playbook T2; a falling one of the low tier."""
    heading = replace(shop.trend, direction=np.full(6, direction, dtype=np.int8))

    said = [each.said() for each in explain_tier(replace(shop, trend=heading), row)]

    assert [each for each in said if each.startswith("Orders come")] == ([sentence] if sentence else [])


def test_why_a_customer_has_a_stage(shop: Segments) -> None:
    """The rule with its numbers, and the playbook that follows."""
    said = [sentence.said() for sentence in explain_stage(shop, 4, SETTINGS.stages)]

    reason = (
        "Silent for 92 days, longer than the limit of 90 from the settings: "
        "neither the customer nor the shop has gaps enough."
    )
    assert said == [f"Stage Declining: {reason}", "Playbook L5: Find the cause, then activate."]


def test_reasons_are_codes_first(shop: Segments) -> None:
    """A machine reads the code; the sentence is put to it where it is shown."""
    codes = [sentence.code for row in range(6) for sentence in explain_stage(shop, row, SETTINGS.stages)]

    assert {code.partition(".")[0] for code in codes} == {"segments"}
    assert (
        explain_stage(shop, 0, SETTINGS.stages)[0]
        .said(translator("zh-Hans"))
        .startswith("阶段“成熟期”：31 单")
    )


@pytest.mark.parametrize(
    ("criteria", "sentences"),
    [
        (
            (9000.0, 1, 4500.0),
            [
                "Tier Potential: the median band is High value, but that tier needs at least Potential in frequency.",
                "High value cannot be reached without this: frequency 3.",
            ],
        ),
        (
            (9000.0, 2, 500.0),
            [
                "Tier Potential: the median of the three bands. Decided by: average order.",
                "For High value, any 1 of these must be reached: frequency 6, average order 800.",
                "High value cannot be reached without this: frequency 3.",
            ],
        ),
        ((9000.0, 9, 1000.0), ["Tier High value: the median of the three bands. Decided by: spend, frequency, average order."]),
    ],
)  # fmt: skip
def test_what_would_lift_a_customer_to_the_next_tier(
    criteria: tuple[float, int, float], sentences: list[str]
) -> None:
    """High asks for the potential band in frequency beside the median."""
    segments = one_customer(*criteria)

    assert [sentence.said() for sentence in explain_tier(segments, 0)][3:] == sentences


def one_customer(spend: float, repeat_orders: int, average: float) -> Segments:
    """A customer of whom only the last 12 months count."""
    base: Any = SimpleNamespace(
        orders=np.array([repeat_orders + 1]), frequency=np.array([repeat_orders]), recency=np.array([390]),
        T=np.array([400]), historic_value=np.array([spend]), spend_12m=np.array([spend]),
        orders_12m=np.array([repeat_orders]), repeat_orders_12m=np.array([repeat_orders]),
        aov_12m=np.array([average]), orders_last_window=np.array([1]), orders_prev_window=np.array([1]),
        gap_p80=np.array([np.nan]), gap_p95=np.array([np.nan]), returned_gap=np.array([30.0]),
    )  # fmt: skip
    return segment(
        base, np.array([0.9]), StageCuts(0.2, Rhythm(0, np.nan, np.nan)), tiers=SETTINGS.tiers,
        stages=SETTINGS.stages, currency="CNY", observation_end=END,
    )  # fmt: skip


def test_without_amounts_stages_and_actions_remain(engine: Engine) -> None:
    """No tier, no monetary score, one warning; the lists are by stage alone."""
    load(engine, SHOP)
    engine.run("update orders set amount = null")
    base = summarise(engine, END, SETTINGS.stages)
    segments = segmented(engine, base)

    assert set(segments.tier.tolist()) == set(segments.rfm.monetary.tolist()) == {-1}
    assert names("stage", segments) == ["mature", "churned", "churned", "new", "decline", "growth"]
    assert names("action", segments) == ["L4", "L6", "L6", "L2", "L5", "L3"]
    assert [type(warning) for warning in segments.warnings] == [NoTiers]
    assert {cell.name: cell.customers for cell in list_cells(segments)} == {
        "churned": 2,
        "decline": 1,
        "new": 1,
    }
    assert [s.said() for s in explain_tier(segments, 0)] == ["No tier: there are no amounts."]


def test_less_than_a_year_of_history_is_said(engine: Engine) -> None:
    """Twelve-month figures of eleven days are no twelve-month figures."""
    load(engine, {4: SHOP[4]})
    segments = segmented(engine, summarise(engine, END, SETTINGS.stages))

    assert [type(warning) for warning in segments.warnings] == [ShortYear]
    assert "covers 11 days" in str(segments.warnings[0])


def test_nobody_at_all_is_no_error() -> None:
    """An empty base gives empty columns."""
    empty: Any = SimpleNamespace(
        **{name: np.zeros(0, dtype=np.int64) for name in ("orders", "frequency", "recency", "T", "orders_12m",
           "repeat_orders_12m", "orders_last_window", "orders_prev_window")},
        **{name: np.zeros(0) for name in ("historic_value", "spend_12m", "aov_12m", "gap_p80", "gap_p95", "returned_gap")},
    )  # fmt: skip
    segments = segment(
        empty, np.zeros(0), StageCuts(np.nan, Rhythm(0, np.nan, np.nan)), tiers=TierSettings(),
        stages=StageSettings(), currency="", observation_end=END,
    )  # fmt: skip

    assert len(segments) == 0
    assert list_cells(segments) == ()


def test_known_customers_without_a_purchase_are_prospects_unless_they_bought_before() -> None:
    """Never paid: L1. Refunds only, or all refunded: no stage, since they are neither prospects nor customers."""
    assert (PROSPECT.stage, PROSPECT.action) == (Stage.PROSPECT, Action.L1)
    assert (LEFT_BEFORE.stage, LEFT_BEFORE.action) == (None, None)


def test_a_figure_dated_later_changes_nothing(engine: Engine) -> None:
    """No look-ahead: orders after the observation's end leave every code as it was."""
    load(engine, SHOP)
    before = segmented(engine, summarise(engine, END, SETTINGS.stages)).columns()
    engine.run(
        "insert into orders select null, customer_id, date '2026-07-05', 99999 from orders where customer_id < 4"
    )
    after = segmented(engine, summarise(engine, END, SETTINGS.stages)).columns()

    for name, codes in before.items():
        np.testing.assert_array_equal(codes, after[name])


def test_a_low_chance_of_another_purchase_means_churned_even_for_the_best(engine: Engine) -> None:
    """The model's word comes first; of high value today counts as of high value within 24 months."""
    load(engine, SHOP)
    base = summarise(engine, END, SETTINGS.stages)
    p_active = np.where(np.arange(6) == 0, 0.05, 0.9)
    segments = segment(
        base, p_active, StageCuts(0.1, Rhythm(0, np.nan, np.nan)), tiers=SETTINGS.tiers,
        stages=SETTINGS.stages, currency="CNY", observation_end=END,
    )  # fmt: skip

    assert (Tier(int(segments.tier[0])), Stage(int(segments.stage[0])), Action(int(segments.action[0]))) == (
        Tier.HIGH, Stage.CHURNED, Action.T4h,
    )  # fmt: skip
    assert explain_stage(segments, 0, SETTINGS.stages)[0].said() == (
        "Stage Churned: The chance of an order within 180 days is 5.0%, below the cut of 10.0%."
    )

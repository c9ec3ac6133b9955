"""Early warning: what is learned from earlier days is held to a future that nobody had seen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.customers import summarise
from evergrove.scoring import Extras, scored_by, value_customers
from evergrove.segments import policy_of, realise
from evergrove.segments.codes import Tier
from evergrove.segments.health.rules import health_by_rule
from evergrove.segments.measures.chances import Chances, Judged, auc
from evergrove.segments.warning.past import look_back, standing_of
from evergrove.segments.warning.service import (
    DamagedWarning,
    Learned,
    UnknownWarning,
    chances_now,
    health_now,
    learn_warnings,
    read_learned,
)
from evergrove.segments.warning.signs import (
    HORIZONS,
    left_stage,
    left_tier,
    may_leave_stage,
    may_leave_tier,
    tier_if_silent,
)
from evergrove.settings import Settings
from evergrove.simulation import ShopOptions, simulate_shop
from evergrove.simulation.types import TEN_THOUSANDTHS, customer_ids
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.customers import CustomerBase
    from evergrove.segments import Segments
    from evergrove.segments.warning.past import Then
    from evergrove.segments.warning.signs import Standing
    from evergrove.warehouse import Engine

GOLDEN = Path(__file__).parent / "golden" / "warning_1.json"
JUDGED = Judged(900, 300, 0.8125, 0.15, 0.02, 0.75, 0.1875, 0.03)
LEARNED = Learned(
    {"tier_30": Chances(("gap", "orders"), (1.5, -0.25), 0.1, (-1.0, 2.0), (0.125, 0.9), JUDGED)}
)
TELLING = "create table {} (customer_id varchar, {})"
BESIDE = {
    "events": "kind varchar, happened_at timestamp",
    "tickets": "opened_at timestamp, closed_at timestamp",
    "surveys": "kind varchar, score double, answered_at timestamp",
}
SETTINGS = Settings()


def opened(engine: Engine) -> None:
    """Tables of which a shop of orders alone holds no row."""
    engine.run(
        "create table refunds (order_id varchar, customer_id varchar, refund_date date, amount decimal(18, 4))"
    )
    for table, columns in BESIDE.items():
        engine.run(TELLING.format(table, columns))


class Shop:
    """A simulated shop in an engine, seen from a day 90 days before its data end."""

    def __init__(self, engine: Engine, customers: int) -> None:
        """Simulate it; learn as of that day."""
        opened(engine)
        made = simulate_shop(ShopOptions(customers=customers, seed=3))
        sold = made.orders.amount > 0
        engine.register(
            "drawn",
            {
                "customer_id": customer_ids(made.orders.customer)[sold].astype(object),
                "day": made.orders.ordered_at[sold].astype("datetime64[us]"),
                "amount": made.orders.amount[sold] / TEN_THOUSANDTHS,
            },
        )
        engine.create(
            "orders",
            "select cast(row_number() over () as varchar) as order_id, customer_id, cast(day as date) as order_date,"
            " cast(amount as decimal(18, 4)) as amount from drawn",
        )
        engine.create("known_customers", "select distinct customer_id from orders")
        self.engine, self.policy = engine, policy_of(SETTINGS)
        self.today = made.options.as_of - timedelta(days=90)
        base = self.base(self.today)
        lean = Extras(back_test=False, intervals=False)
        self.scored = scored_by(
            value_customers(base, SETTINGS.value, SETTINGS.stages, "mbg-nbd", lean), base, SETTINGS.stages
        )
        chance, cut = self.scored.scores.p_active_180d, self.scored.cut.cut
        self.segments = realise(engine, base, chance, self.policy, cut=cut)
        self.past = look_back(engine, base, self.placed, SETTINGS.stages, ())
        self.learned = learn_warnings(self.past, self.policy.rules)
        self.standing = standing_of(engine, base, self.segments, SETTINGS.stages, ())

    def base(self, day: date) -> CustomerBase:
        """The customers as of a day."""
        return summarise(self.engine, day, SETTINGS.stages)

    def placed(self, engine: Engine, base: CustomerBase) -> Segments:
        """By the rules of today."""
        from evergrove.pipeline.vitals import placed_then

        return placed_then(engine, base, segments=self.segments, policy=self.policy, scored=self.scored)

    def later(self, days: int) -> tuple[Any, Any]:
        """Tier and stage of today's customers some days on: what nobody had seen."""
        base = self.base(self.today + timedelta(days=days))
        ids = self.engine.arrays("select customer_id as id from customer_summary order by customer_id")["id"]
        found = self.placed(self.engine, base)
        known = np.isin(ids, self.known)
        return found.tier[known], found.stage[known]

    @property
    def known(self) -> Any:
        """Ids of today's customers."""
        sql = f"select distinct customer_id as id from orders where order_date <= date '{self.today}' order by 1"
        return self.engine.arrays(sql)["id"]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """6,000 customers over three years."""
    with open_engine() as engine:
        yield Shop(engine, 6_000)


@pytest.mark.slow
def test_warnings_rank_the_coming_falls_better_than_recency(shop: Shop) -> None:
    """Over the 90 days that nobody had seen: greater AUC, and chances that add up to the falls within 25 %."""
    leaving = chances_now(shop.learned, shop.standing, shop.policy.rules)
    tier, stage = shop.segments.tier, shop.segments.stage
    silence = shop.standing.silence
    told = 0
    for days in HORIZONS:
        tier_then, stage_then = shop.later(days)
        for axis, may, left in (
            ("tier", may_leave_tier(tier), left_tier(tier, tier_then)),
            ("stage", may_leave_stage(stage), left_stage(stage, stage_then)),
        ):
            chance = leaving[f"{axis}_{days}"]
            assert np.isnan(chance[~may]).all()
            if f"{axis}_{days}" not in shop.learned.chances:
                continue
            told += 1
            assert auc(chance[may], left[may]) > auc(silence[may], left[may])
            assert chance[may].sum() == pytest.approx(left[may].sum(), rel=0.25)
    assert told >= 3


@pytest.mark.slow
def test_fitted_health_foretells_orders_better_than_health_by_rule(shop: Shop) -> None:
    """AUC of an order in the 90 days that nobody had seen; chances add up to the orders within 15 %."""
    health = health_now(shop.learned, shop.standing)
    sql = f"select distinct customer_id as id from orders where order_date > date '{shop.today}'"
    ordered = np.isin(shop.known, shop.engine.arrays(sql)["id"])

    assert health.is_fitted
    assert auc(health.chance, ordered) > auc(health_by_rule(shop.standing.points).score, ordered)
    assert health.chance.sum() == pytest.approx(ordered.sum(), rel=0.15)
    assert ((health.score >= 0) & (health.score <= 100)).all()


@pytest.mark.slow
def test_an_earlier_day_sees_nothing_of_what_came_later() -> None:
    """Standings of the oldest origin are the same when every order after it is gone; what came of them is not."""

    def oldest(engine: Engine, until: str) -> Then:
        opened(engine)
        rows = "select cast(range % 400 as varchar) as customer_id, date '2024-01-01' + cast(range * 7919 % 900 as integer)"
        engine.create(
            "orders",
            f"select cast(row_number() over () as varchar) as order_id, customer_id, day as order_date,"
            f" cast(100 as decimal(18, 4)) as amount from ({rows} as day from range(4000)) where day <= date '{until}'"
            " or customer_id = '0'",
        )
        base = summarise(engine, date(2026, 6, 18), SETTINGS.stages)
        return look_back(engine, base, _by_settings, SETTINGS.stages, ())[0]

    with open_engine() as one, open_engine() as other:
        whole, cut = oldest(one, "2026-06-18"), oldest(other, "2025-09-21")

    assert whole.origin == cut.origin == date(2025, 9, 21)
    np.testing.assert_array_equal(whole.standing.points, cut.standing.points)
    np.testing.assert_array_equal(whole.standing.segments.stage, cut.standing.segments.stage)
    for days in HORIZONS:
        for column in ("spend", "orders", "repeats"):
            found = [getattr(then.standing.leaving[days], column) for then in (whole, cut)]
            np.testing.assert_array_equal(*found)
    assert whole.ordered.sum() > cut.ordered.sum()


def _by_settings(_engine: Engine, base: CustomerBase) -> Segments:
    """Tiers and stages by the settings alone, without a model."""
    from evergrove.segments import StageCuts, segment
    from evergrove.segments.types import Rhythm

    return segment(
        base,
        np.full(len(base), np.nan),
        StageCuts(float("nan"), Rhythm(0, float("nan"), float("nan"))),
        tiers=SETTINGS.tiers,
        stages=SETTINGS.stages,
        currency="CNY",
        observation_end=base.observation_end,
    )


def test_what_leaves_the_twelve_months_decides_who_falls_without_an_order() -> None:
    """High by 12 orders of 900, ten of which lie more than 335 days back: two are left after 30 days."""
    with open_engine() as engine:
        opened(engine)
        end = date(2026, 6, 30)
        days = [end - timedelta(days=back) for back in (*range(355, 345, -1), 20, 10)]
        rows = ", ".join(f"('{n}', 'A', date '{day}', 900)" for n, day in enumerate(days))
        engine.create(
            "orders",
            "select order_id, customer_id, order_date, cast(amount as decimal(18, 4)) as amount"
            f" from (values {rows}) as t(order_id, customer_id, order_date, amount)",
        )
        base = summarise(engine, end, SETTINGS.stages)
        settings = replace(SETTINGS, tiers=replace(SETTINGS.tiers, bounds="fixed"))
        from evergrove.segments import StageCuts, segment
        from evergrove.segments.types import Rhythm

        segments = segment(
            base,
            np.full(1, np.nan),
            StageCuts(float("nan"), Rhythm(0, float("nan"), float("nan"))),
            tiers=settings.tiers,
            stages=settings.stages,
            currency="CNY",
            observation_end=end,
        )
        standing: Standing = standing_of(engine, base, segments, settings.stages, ())

    rules = policy_of(settings).rules
    assert segments.tier.tolist() == [Tier.HIGH]
    gone = standing.leaving[30]
    assert (gone.spend.tolist(), gone.orders.tolist(), gone.repeats.tolist()) == ([9000.0], [10.0], [9.0])
    # 1,800 spent: medium; 2 repeat orders: medium; 900 an order: high. The median is medium.
    assert tier_if_silent(standing, 30, rules).tolist() == [Tier.MEDIUM]


def test_todays_document_is_the_golden_one_and_reads_back() -> None:
    """Whoever changes the document writes a new format and keeps reading this one."""
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))

    assert LEARNED.document() == golden
    assert read_learned(golden) == LEARNED
    assert read_learned(json.loads(json.dumps(Learned().document()))) == Learned()


def test_another_format_is_refused_and_a_damaged_one_named() -> None:
    """With what was found, and what is missing."""
    with pytest.raises(UnknownWarning, match=r"evergrove\.warning/9"):
        read_learned({"format": "evergrove.warning/9", "chances": {}})
    with pytest.raises(DamagedWarning, match="names"):
        read_learned({"format": "evergrove.warning/1", "chances": {"tier_30": {}}})

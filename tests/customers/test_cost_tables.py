"""Costs, acquisition and traits from tables beside orders: a shop worked out by hand, and sums that must agree."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.customers.cost_shop import END, LINES, PRODUCTS, TOLD, load

from evergrove.customers import CustomerBase, cac_query, summarise, traits_query, with_tables
from evergrove.settings import StageSettings
from evergrove.warehouse import Engine, open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

STAGES = StageSettings()


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An empty one."""
    with open_engine(threads=1) as opened:
        yield opened


def told_base(engine: Engine, told: dict[str, Any], currency: str = "", end: date = END) -> CustomerBase:
    """The summary with what these tables tell."""
    held = load(engine, told)
    return with_tables(engine, summarise(engine, end, STAGES), held, currency)


def traits(engine: Engine, base: CustomerBase, told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The published rows by customer."""
    rows = engine.arrow(traits_query(engine, base, tuple(told))).to_pylist()
    return {row["customer_id"]: row for row in rows}


def column(rows: dict[str, dict[str, Any]], name: str) -> list[Any]:
    """One column, in the order of A, B, C, D."""
    return [rows[customer][name] for customer in "ABCD"]


def test_costs_of_goods_are_known_by_order_by_line_and_by_customer(engine: Engine) -> None:
    """A: 40 + 20 as told; B: 2 x 30 + 45 by lines; C: 100 over two orders; D: one line nobody knows the cost of."""
    base = told_base(engine, TOLD)

    by_order = dict(engine.run("select order_id, cost from order_goods"))
    assert by_order == {"o1": 40, "o2": 20, "o3": 105, "o4": 40, "o5": 60}
    assert base.costs is not None
    assert base.costs.coverage == pytest.approx(5 / 6)
    np.testing.assert_allclose(base.costs.revenue, [150, 200, 200, 0])
    np.testing.assert_allclose(base.costs.margin, [90, 95, 100, 0])
    np.testing.assert_allclose(base.costs.share, [(0.6 + 0.6) / 2, 95 / 200, (0.5 + 0.5) / 2, np.nan])


def test_costs_beside_goods_find_their_customers(engine: Engine) -> None:
    """Advertising of January by google, 10.0001, is A's and B's; what nobody bears is 9 + 7 + 5."""
    base = told_base(engine, TOLD)

    assert base.spending is not None
    np.testing.assert_allclose(base.spending.acquisition, [5.0001, 5, 0, 3 + 1], rtol=1e-12)
    np.testing.assert_allclose(base.spending.service, [5, 7, 0, 0])
    np.testing.assert_allclose(base.spending.contact, [0.5, 0, 0, 0])
    assert base.spending.running_share == pytest.approx((5 + 7 + 0.5 + 9) / (610 - 20))
    assert base.spending.unassigned == pytest.approx(9 + 7 + 5)


def test_cac_stands_by_month_and_source(engine: Engine) -> None:
    """Customers who were won without spend have no row; spend that found nobody stays, with nobody."""
    told_base(engine, TOLD)

    assert engine.run(cac_query()) == [
        (date(2026, 1, 1), None, Decimal(7), 0, None),
        (date(2026, 1, 1), "google", Decimal("10.0001"), 2, Decimal("5.0001")),
        (date(2026, 2, 1), None, Decimal(5), 0, None),
        (date(2026, 3, 1), None, Decimal(1), 1, Decimal(1)),
    ]


def test_traits_by_hand(engine: Engine) -> None:
    """The latest touch before the first order wins; channels and days of the year; money by category."""
    base = told_base(engine, TOLD)
    rows = traits(engine, base, TOLD)

    assert column(rows, "acquisition_source") == ["google", "google", "meta", None]
    assert column(rows, "acquisition_campaign") == [None, "winter", None, None]
    assert column(rows, "cost_of_goods") == [60, 105, 100, None]
    assert column(rows, "acquisition_cost") == [Decimal("5.0001"), 5, 0, 4]
    assert column(rows, "service_cost") == [5, 7, 0, 0]
    assert column(rows, "channels_12m") == ["web", "email, web", "app, email", None]
    assert column(rows, "active_days_12m") == [1, 4, 2, 0]
    assert rows["C"]["active_days_by_channel_12m"] == '{"app": 2, "email": 1}'
    assert column(rows, "top_category") == [None, "tea", None, "tea"]
    assert column(rows, "top_category_share") == [None, pytest.approx(0.6), None, 1]
    entropy = -0.6 * np.log2(0.6) - 0.4 * np.log2(0.4)
    assert column(rows, "category_entropy") == [None, pytest.approx(entropy), None, 0]
    assert column(rows, "active_hour") == [None] * 4  # fewer than ten events each


def test_the_last_product_is_what_most_of_the_latest_order_was_for(engine: Engine) -> None:
    """By name and amount, of equal amounts by the alphabet; not what came after the end, nor what has no name."""
    lines = [
        {"order_id": "o1", "product_name": "Pot", "amount": 100},
        {"order_id": "o2", "product_name": "Cup", "quantity": 2, "price": 10},
        {"order_id": "o2", "product_id": "p1", "amount": 15},
        {"order_id": "o2", "product_id": "p1", "amount": 15},
        {"order_id": "o3", "product_id": "p2", "amount": 200},
        {"order_id": "o5", "product_name": "Jar", "amount": 60},
        {"order_id": "o5", "product_name": "Bowl", "amount": 60},
        {"order_id": "o7", "product_name": "Later", "amount": 999},
    ]
    products = [
        {"product_id": "p1", "product_name": "Tea", "category": "tea"},
        {"product_id": "p2", "category": "cups"},
    ]
    told = {"order_lines": lines, "products": products}
    rows = traits(engine, told_base(engine, told), told)

    assert column(rows, "last_product") == ["Tea", None, "Bowl", None]


def test_price_bands_are_places_among_the_same_category(engine: Engine) -> None:
    """Tea at 30 and 60: places 1/4 and 3/4; the only cup is in the middle; p9 is of no category, alone in it."""
    base = told_base(engine, TOLD)
    rows = traits(engine, base, TOLD)

    assert rows["B"]["price_place"] == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert rows["D"]["price_place"] == pytest.approx((1 / 4 + 1 / 2) / 2)
    assert column(rows, "price_band") == [None, "middle", None, "middle"]


@pytest.mark.parametrize(
    ("minutes", "hour", "strength"),
    [
        ([9 * 60 + 30] * 12, 9.5, 1.0),
        ([23 * 60, 60] * 6, 0.0, float(np.cos(np.pi / 12))),  # around midnight, which no plain mean finds
        ([21 * 60] * 9, None, None),  # too few
        ([120 * k for k in range(12)], None, None),  # around the clock
        ([0] * 12, None, None),  # days without a time
    ],
)
def test_active_hours_are_circular(
    engine: Engine, minutes: list[int], hour: float | None, strength: float | None
) -> None:
    """The mean direction of the clock's hand, where it has one."""
    begin = np.datetime64("2026-01-01T00:00")
    events = [
        {
            "customer_id": "A",
            "kind": "open",
            "happened_at": str(begin + np.timedelta64(1440 * day + minute, "m")),
        }
        for day, minute in enumerate(minutes)
    ]
    base = told_base(engine, {"events": events})
    row = traits(engine, base, {"events": events})["A"]

    if hour is None:
        assert (row["active_hour"], row["active_hour_strength"]) == (None, None)
    else:
        assert row["active_hour"] % 24 == pytest.approx(hour, abs=1e-6)
        assert row["active_hour_strength"] == pytest.approx(strength, abs=1e-6)


def test_without_a_table_its_columns_are_empty(engine: Engine) -> None:
    """Lines alone: nothing of costs beside goods, sources, channels or hours; nothing at all: no change."""
    told = {"order_lines": LINES, "products": PRODUCTS}
    base = told_base(engine, told)
    rows = traits(engine, base, told)

    assert base.spending is None
    assert {name for name in rows["B"] if column(rows, name) != [None] * 4} == {
        "customer_id",
        "cost_of_goods",
        "top_category",
        "top_category_share",
        "category_entropy",
        "price_place",
        "price_band",
    }
    plain = summarise(engine, END, STAGES)
    assert with_tables(engine, plain, ()) is plain
    assert with_tables(engine, plain, ("products",)) is plain


def test_nothing_after_the_end_is_seen(engine: Engine) -> None:
    """Rows dated after an earlier end change nothing: the same traits as of tables that end there."""
    end = date(2026, 2, 15)
    full = traits(engine, told_base(engine, TOLD, end=end), TOLD)
    days = {"costs": "incurred_on", "spend": "day", "events": "happened_at"}
    cut = {
        name: [row for row in rows if str(row.get(days.get(name, "-")) or "0")[:10] <= end.isoformat()]
        for name, rows in TOLD.items()
    }
    assert sum(map(len, cut.values())) < sum(map(len, TOLD.values()))
    with open_engine(threads=1) as other:
        assert traits(other, told_base(other, cut, end=end), cut) == full


def test_amounts_in_another_currency_count_at_the_rate_of_their_day(engine: Engine) -> None:
    """Dollars in a shop of yuan: at the latest rate of the week before, else they wait and are counted."""
    costs = [
        {"order_id": "o1", "kind": "goods", "amount": 40, "currency": "CNY"},
        {"order_id": "o2", "kind": "goods", "amount": 20, "currency": ""},
        {"order_id": "o3", "kind": "goods", "amount": 10, "currency": "USD", "incurred_on": "2026-01-20"},
        {"order_id": "o4", "kind": "goods", "amount": 10, "currency": "USD", "incurred_on": "2026-02-05"},
        {"order_id": "o5", "kind": "goods", "amount": 10, "currency": "EUR", "incurred_on": "2026-01-20"},
        {"order_id": "o6", "kind": "goods", "amount": 10, "currency": "EUR", "incurred_on": "2026-05-05"},
    ]
    rates = [
        {"day": "2026-01-15", "currency": "USD", "rate": "7.1"},
        {"day": "2026-01-18", "currency": "USD", "base": "CNY", "rate": "7.25"},
        {"day": "2026-01-19", "currency": "USD", "base": "EUR", "rate": "0.9"},
        {"day": "2026-01-21", "currency": "USD", "base": "CNY", "rate": "9"},
    ]
    base = told_base(engine, {"costs": costs, "rates": rates}, "CNY")

    assert dict(engine.run("select order_id, cost from order_goods")) == {
        "o1": 40,
        "o2": 20,
        "o3": Decimal("72.5"),
    }
    assert base.spending is not None
    assert base.spending.waiting == 2  # o4 and o5; o6 is of a later day


def test_what_orders_that_were_given_away_cost_counts(engine: Engine) -> None:
    """An order for nothing has no margin share, but what it cost is gone; a token price does not break a mean."""
    orders = [("g", "A", "2026-01-01", 0), ("p", "A", "2026-01-02", 10), ("t", "B", "2026-01-02", "0.0001")]
    costs = [{"order_id": o, "kind": "goods", "amount": a} for o, a in (("g", 4), ("p", 6), ("t", 10**7))]
    held = load(engine, {"costs": costs}, orders, [])
    base = with_tables(engine, summarise(engine, END, STAGES), held)

    assert base.costs is not None
    np.testing.assert_allclose(base.costs.margin, [0, 0.0001 - 10**7])
    np.testing.assert_allclose(base.costs.share, [0.4, -9])


def test_sums_over_customers_are_those_of_the_tables(engine: Engine) -> None:
    """300 random orders: every ten-thousandth of costs and spend is somebody's, or said to be nobody's."""
    rng = np.random.default_rng(5)
    first = date(2025, 6, 1)

    def day() -> str:
        return (first + timedelta(days=int(rng.integers(0, 300)))).isoformat()

    def money() -> str:
        return f"{rng.gamma(2.0, 20.0):.4f}"

    orders = [(f"o{k}", f"c{rng.integers(0, 60)}", day(), money()) for k in range(300)]
    kinds = ("goods", "shipping", "service", "contact", "acquisition", None)
    costs: list[dict[str, Any]] = [
        {"order_id": f"o{rng.integers(0, 310)}", "kind": kinds[rng.integers(0, 6)], "amount": money()}
        for _ in range(200)
    ]
    costs += [
        {"customer_id": f"c{rng.integers(0, 65)}", "kind": kind, "amount": money()}
        for kind in kinds[1:5] * 15
    ]
    spend = [
        {"day": day(), "source": ("google", "meta")[rng.integers(0, 2)], "amount": money()} for _ in range(90)
    ]
    events = [
        {
            "customer_id": o[1],
            "kind": "visit",
            "happened_at": o[2],
            "source": ("google", "x")[rng.integers(0, 2)],
        }
        for o in orders[:80]
    ]
    told = {"costs": costs, "spend": spend, "events": events}
    held = load(engine, told, orders, [])
    base = with_tables(engine, summarise(engine, END, STAGES), held)
    rows = traits(engine, base, told).values()

    def total(name: str) -> Decimal:
        return sum((row[name] or Decimal(0) for row in rows), Decimal(0))

    ids = {o[0] for o in orders}
    goods = [c for c in costs if c["kind"] in ("goods", None) and c.get("order_id")]
    assert total("cost_of_goods") == sum(Decimal(c["amount"]) for c in goods if c["order_id"] in ids)
    beside = [c for c in costs if c not in goods]
    told_total = sum(Decimal(c["amount"]) for c in beside) + sum(Decimal(s["amount"]) for s in spend)
    borne = total("acquisition_cost") + total("service_cost") + total("contact_cost")
    assert base.spending is not None
    assert base.spending.unassigned > 0
    assert float(told_total - borne) == pytest.approx(base.spending.unassigned, abs=1e-6)
    advertised = engine.value("select sum(spend) from advertising_by_customer")
    found = engine.value(
        "select sum(spend) from advertising join (select distinct month, coalesce(source, '') as source"
        " from acquired) as won using (month, source)"
    )
    assert advertised == found


def test_a_customers_lump_of_goods_is_parted_to_the_ten_thousandth(engine: Engine) -> None:
    """100 over three orders of 1: the parts add up."""
    orders = [(f"o{k}", "A", f"2026-01-0{k}", 1) for k in (1, 2, 3)]
    held = load(engine, {"costs": [{"customer_id": "A", "kind": "goods", "amount": 100}]}, orders, [])
    with_tables(engine, summarise(engine, END, STAGES), held)

    assert engine.run("select count(*), sum(cost), max(cost) - min(cost) from order_goods") == [
        (3, 100, Decimal("0.0001"))
    ]


def test_active_hours_find_the_hours_that_customers_were_drawn_with(engine: Engine) -> None:
    """Forty events each around an hour of one's own (von Mises): right within three standard errors of the mean angle."""
    rng = np.random.default_rng(11)
    customers, events, kappa = 200, 40, 2.0
    truth = rng.uniform(0, 24, customers)
    held = load(engine, {}, [(f"o{k}", f"c{k:03}", "2026-01-01", 1) for k in range(customers)], [])
    angle = rng.vonmises(np.repeat(truth, events) * np.pi / 12 % (2 * np.pi) - np.pi, kappa) + np.pi
    minutes = np.floor(angle * 720 / np.pi).astype(np.int64) % 1440
    engine.register("drawn", {"c": np.repeat(np.arange(customers), events), "m": minutes})
    engine.run(
        "insert into events (customer_id, kind, happened_at) select 'c' || lpad(cast(c as varchar), 3, '0'), 'open',"
        " timestamp '2026-03-01' + to_minutes(m) from drawn"
    )
    base = with_tables(engine, summarise(engine, END, STAGES), (*held, "events"))
    rows = traits(engine, base, {"events": []})

    found = np.array([rows[f"c{k:03}"]["active_hour"] for k in range(customers)], dtype=float)
    gap = np.angle(np.exp(1j * (found - truth) * np.pi / 12)) * 12 / np.pi
    length = np.mean(np.cos(rng.vonmises(0.0, kappa, 100_000)))
    error = 12 / np.pi / np.sqrt(events * kappa * length)
    assert np.isfinite(found).all()
    assert abs(gap.mean()) < 3 * error / np.sqrt(customers)
    assert np.sqrt(np.square(gap).mean()) < 1.15 * error

"""Random logs of orders and refunds: the SQL against a slow summary in plain loops."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergrove.customers import summarise
from evergrove.settings import StageSettings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from tests.customers.conftest import Log, Truth

    from evergrove.warehouse import Engine

START = date(2023, 1, 1)
DAYS = 900
END = START + timedelta(days=700)
STAGES = StageSettings(own_gaps=3, trend_window_days=60)
EDGES = [END - timedelta(days=n) for n in (-1, 0, 59, 60, 61, 119, 120, 121, 364, 365, 366)]


def random_log(empty: Log, seed: int, customers: int = 12) -> Log:
    """Many orders on few days, so that days are shared; refunds that name an order, a later one, or none."""
    rng = random.Random(seed)  # noqa: S311 -- test data
    log = type(empty)()
    for customer in range(customers):
        span = rng.choice([1, 5, 60, DAYS])
        first = rng.randrange(DAYS - span + 1)
        for _ in range(rng.choice([0, 1, 2, 9, 25])):
            day = START + timedelta(days=first + rng.randrange(span))
            day = rng.choice(EDGES) if rng.random() < 0.3 else day
            order_id = f"o{len(log.orders)}" if rng.random() < 0.8 else None
            amount = Decimal(rng.choice([0, 1, 999, rng.randrange(100_000)])).scaleb(-2)
            log.orders.append((order_id, f"c{customer}", day, amount))
        for _ in range(rng.choice([0, 0, 1, 4])):
            mine = [o for o in log.orders if o[1] == f"c{customer}" and o[0]]
            named = rng.choice(mine) if mine and rng.random() < 0.7 else (None, None, START, Decimal(1))
            share = rng.choice([Decimal("0.3"), Decimal(1), Decimal(1), Decimal("1.5")])
            amount = max((named[3] * share).quantize(Decimal("0.01")), Decimal("0.01"))
            day = named[2] + timedelta(days=rng.randrange(-30, 200))
            day = rng.choice(EDGES) if rng.random() < 0.4 else day
            log.refunds.append((named[0], f"c{customer}", day, amount))
    return log


def rows_of(engine: Engine) -> dict[str, dict[str, Any]]:
    """customer_summary by customer."""
    names = [name for name, *_rest in engine.run("describe customer_summary")]
    rows = [dict(zip(names, row, strict=True)) for row in engine.run("select * from customer_summary")]
    return {row.pop("customer_id"): row for row in rows}


def same(told: object, true: object) -> bool:
    """Exact for days, counts and money; means and quantiles to the last digits of a double."""
    if isinstance(true, float):
        return told == pytest.approx(true, rel=1e-13, abs=1e-13)
    return bool(told == true)


@settings(max_examples=12)
@given(seed=st.integers(0, 2**32))
def test_every_column_is_what_plain_loops_make_of_it(
    engine: Engine, new_log: type[Log], truth: Truth, seed: int
) -> None:
    """Refunds that name an order, exceed it, come too late or name none; shared days; zero prices."""
    log = random_log(new_log(), seed)
    log.load(engine)

    summarise(engine, END, STAGES)

    true = {c: truth.row(h, END, STAGES) for c, h in truth.histories(log, END).items()}
    told = rows_of(engine)
    assert list(told) == sorted(true)
    for customer, row in true.items():
        wrong = {
            name: (told[customer][name], value)
            for name, value in row.items()
            if not same(told[customer][name], value)
        }
        assert not wrong, (customer, wrong)


@settings(max_examples=16)
@given(
    seed=st.integers(0, 2**32),
    back=st.sampled_from([0, 0, 1, 60, 365]),
    window=st.sampled_from([0, 1, 59, 60, 61, 200]),
)
def test_an_earlier_day_is_seen_as_it_was_then(
    engine: Engine, new_log: type[Log], truth: Truth, seed: int, back: int, window: int
) -> None:
    """The split equals a summary of what was known at the origin, and the days and money that came after it."""
    log = random_log(new_log(), seed)
    log.refunds = log.refunds if seed % 3 else []
    log.load(engine)
    base = summarise(engine, END, STAGES)
    until = END - timedelta(days=back)
    origin = until - timedelta(days=window)

    then = base.split(origin, until)

    known, now = truth.histories(log, origin), truth.histories(log, until)
    rows = {c: truth.row(h, origin, STAGES) for c, h in known.items()}
    assert len(then) == len(rows)
    for i, customer in enumerate(sorted(rows)):
        row = rows[customer]
        assert (then.frequency[i], then.recency[i], then.T[i]) == (row["frequency"], row["recency"], row["T"])
        assert same(float(then.log_intervals[i]), row["log_intervals"])
        assert then.first_order_date[i] == np.datetime64(row["first_order_date"])
        assert same(then.mean_day_spend[i], row["mean_day_spend"])
        assert same(
            None if np.isnan(then.monetary_value[i]) else then.monetary_value[i], row["monetary_value"]
        )
        assert then.historic_value[i] == pytest.approx(float(row["historic_value"]), abs=1e-9)
        year = then.last_year
        assert year is not None
        assert year.spend[i] == pytest.approx(float(row["spend_12m"]), abs=1e-9)
        assert (year.orders[i], year.repeat_orders[i]) == (row["orders_12m"], row["repeat_orders_12m"])
        later = now[customer].days if customer in now else {}
        assert then.after.purchases[i] == sum(origin < day <= until for day in later)
        before = origin - (until - origin)
        assert then.before.purchases[i] == sum(day > before for day in known[customer].days)
        for flow, start, end in ((then.after, origin, until), (then.before, before, origin)):
            paid = sum(o[3] for o in log.orders if o[1] == customer and start < o[2] <= end)
            repaid = sum(r[3] for r in log.refunds if r[1] == customer and start < r[2] <= end)
            assert flow.spend is not None
            assert flow.spend[i] == pytest.approx(float(paid - repaid), abs=1e-9)


def altered_after(log: Log, end: date, seed: int) -> Log:
    """The same until ``end``, everything after it deleted, moved, multiplied or invented."""
    rng = random.Random(seed)  # noqa: S311 -- test data
    other = type(log)([o for o in log.orders if o[2] <= end], [r for r in log.refunds if r[2] <= end])
    for order in [o for o in log.orders if o[2] > end and rng.random() < 0.5]:
        other.orders.append((order[0], order[1], order[2] + timedelta(days=1), order[3] * 7))
    for refund in [r for r in log.refunds if r[2] > end and rng.random() < 0.5]:
        other.refunds.append((refund[0], refund[1], refund[2] + timedelta(days=3), refund[3] + 1))
    named = [o[0] for o in other.orders if o[0]]
    for i in range(5):
        day = end + timedelta(days=rng.randrange(1, 50))
        other.orders.append((f"new{i}", f"c{i}", day, Decimal(10)))
        other.refunds.append((rng.choice([None, *named]), f"c{i}", day, Decimal(3)))
    return other


@settings(max_examples=6)
@given(seed=st.integers(0, 2**32), shuffle=st.randoms(use_true_random=False))
def test_nothing_after_the_end_and_no_order_of_rows_is_seen(
    engine: Engine, new_log: type[Log], seed: int, shuffle: random.Random
) -> None:
    """Altering every row after observation_end, and shuffling all of them, leaves each byte as it was."""
    log = random_log(new_log(), seed)

    def bytes_of(variant: Log) -> list[bytes]:
        variant.load(engine)
        base = summarise(engine, END, STAGES)
        split = base.split(END - timedelta(days=100), END)
        published = engine.run("select * from customer_summary")
        columns = [*vars(base).values(), *vars(split).values(), *vars(split.after).values()]
        return [repr(published).encode(), *(c.tobytes() for c in columns if isinstance(c, np.ndarray))]

    before = bytes_of(log)
    other = altered_after(log, END, seed)
    shuffle.shuffle(other.orders)
    shuffle.shuffle(other.refunds)

    assert bytes_of(other) == before


def test_money_is_conserved(engine: Engine, new_log: type[Log]) -> None:
    """All that customers with a score paid, less all that they got back, is the sum of historic_value."""
    log = random_log(new_log(), 5, customers=60)
    log.load(engine)

    summarise(engine, date(2030, 1, 1), STAGES)

    scored = set(rows_of(engine))
    paid = sum(o[3] for o in log.orders if o[1] in scored) - sum(r[3] for r in log.refunds if r[1] in scored)
    assert engine.value("select sum(historic_value) from customer_summary") == paid


def test_ids_may_be_numbers(new_log: type[Log]) -> None:
    """Typed whole numbers as ids sort as numbers, give the same rows, and leave as text."""
    log = random_log(new_log(), 11, customers=30)
    with open_engine() as text, open_engine() as numbers:
        for opened in (text, numbers):
            log.load(opened)
        for table in ("orders", "refunds"):
            numbers.run(
                f"alter table {table} alter customer_id type bigint using cast(customer_id[2:] as bigint)"
            )
        for opened in (text, numbers):
            summarise(opened, END, STAGES)
        by_number = rows_of(numbers)

        assert {f"c{customer}": row for customer, row in by_number.items()} == rows_of(text)
        assert list(by_number) == sorted(by_number)
        published = numbers.arrow("select cast(customer_id as varchar) as customer_id from customer_summary")
        assert str(published.schema.field("customer_id").type) == "string"

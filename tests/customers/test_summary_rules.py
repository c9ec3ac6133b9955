"""The rules of a summary one by one, worked by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.customers import WindowOutOfData, summarise
from evergrove.settings import StageSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.customers.conftest import Log

    from evergrove.customers import CustomerBase
    from evergrove.warehouse import Engine

END = date(2024, 12, 31)
FIRST, SECOND, THIRD = date(2024, 1, 10), date(2024, 3, 1), date(2024, 7, 1)


@pytest.fixture
def base_of(new_log: type[Log], summarised: Callable[..., CustomerBase]) -> Callable[..., CustomerBase]:
    """The base of one customer with orders of 50, 20 and 30 and some refunds."""

    def base(*refunds: tuple[str | None, date, int], middle: int = 20) -> CustomerBase:
        log = new_log(
            [
                ("1", "a", FIRST, Decimal(50)),
                ("2", "a", SECOND, Decimal(middle)),
                ("3", "a", THIRD, Decimal(30)),
            ],
            [(order_id, "a", day, Decimal(amount)) for order_id, day, amount in refunds],
        )
        return summarised(log, END)

    return base


def told(base: CustomerBase) -> tuple[float, ...]:
    """Frequency, orders, mean of all days, mean of repeat days, historic value, spend in 12 months."""
    columns = (
        base.frequency,
        base.orders,
        base.mean_day_spend,
        base.monetary_value,
        base.historic_value,
        base.spend_12m,
    )
    return tuple(float(column[0]) for column in columns)


def test_without_refunds(base_of: Callable[..., CustomerBase]) -> None:
    """Three days, two of them repeats."""
    assert told(base_of()) == (2, 3, 100 / 3, 25, 100, 100)


def test_a_refund_that_names_its_order_lowers_it(base_of: Callable[..., CustomerBase]) -> None:
    """Wherever it is dated, up to the end."""
    assert told(base_of(("2", END, 5))) == (2, 3, 95 / 3, 22.5, 95, 95)


def test_a_day_refunded_to_nothing_leaves_frequency_and_spend(base_of: Callable[..., CustomerBase]) -> None:
    """In one refund or in two."""
    assert told(base_of(("2", SECOND, 12), ("2", END, 8))) == (1, 2, 40, 30, 80, 80)


def test_a_zero_price_day_counts(base_of: Callable[..., CustomerBase]) -> None:
    """Somebody came and paid nothing: a purchase day with a spend of 0."""
    assert told(base_of(middle=0)) == (2, 3, 80 / 3, 15, 80, 80)


def test_a_refund_that_names_no_order_is_money_only(base_of: Callable[..., CustomerBase]) -> None:
    """It lowers what was earned, in the year in which it was paid, and no purchase, not even of that day."""
    assert told(base_of((None, SECOND, 20))) == (2, 3, 100 / 3, 25, 80, 80)


def test_a_refund_after_the_end_is_not_seen(base_of: Callable[..., CustomerBase]) -> None:
    """Nor does it take an order back."""
    tomorrow = END + timedelta(days=1)

    assert told(base_of(("2", tomorrow, 20), (None, tomorrow, 5))) == told(base_of())


def test_what_is_paid_back_beyond_the_price_is_not_lost(base_of: Callable[..., CustomerBase]) -> None:
    """25 back for an order of 20: the day leaves, and 5 more are gone."""
    assert told(base_of(("2", THIRD, 25))) == (1, 2, 40, 30, 75, 75)


def test_refunding_the_first_order_moves_the_beginning(base_of: Callable[..., CustomerBase]) -> None:
    """The customer is won by the first order that stands."""
    base = base_of(("1", THIRD, 50))

    assert base.first_order_date[0] == np.datetime64(SECOND)
    assert (base.frequency[0], base.recency[0], base.T[0]) == (1, 122, 305)
    assert (base.orders_12m[0], base.repeat_orders_12m[0]) == (2, 1)


def test_the_year_is_the_365_days_that_end_with_the_end(
    new_log: type[Log], summarised: Callable[..., CustomerBase]
) -> None:
    """2024 has 366 days: January 1st is outside, January 2nd inside; the first order ever is no repeat."""
    log = new_log(
        [
            (None, "in", date(2024, 1, 2), Decimal(7)),
            (None, "in", date(2024, 1, 2), Decimal(1)),
            (None, "out", date(2024, 1, 1), Decimal(7)),
        ]
    )

    base = summarised(log, END)

    assert base.orders_12m.tolist() == [2, 0]
    assert base.repeat_orders_12m.tolist() == [1, 0]
    assert base.spend_12m.tolist() == [8, 0]
    np.testing.assert_array_equal(base.aov_12m, [4, np.nan])


def test_customers_without_a_purchase_have_no_row(
    new_log: type[Log], summarised: Callable[..., CustomerBase]
) -> None:
    """Refunds only; orders after the end only; everything refunded. One bought today: T = 0, and stays."""
    day = date(2024, 5, 5)
    log = new_log(
        [
            ("1", "later", END + timedelta(days=1), Decimal(9)),
            ("2", "returned", day, Decimal(9)),
            ("3", "today", END, Decimal(9)),
        ],
        [(None, "refunds only", day, Decimal(3)), ("2", "returned", day, Decimal(9))],
    )

    base = summarised(log, END)

    assert len(base) == 1
    assert (base.frequency[0], base.recency[0], base.T[0], base.days_since_last[0]) == (0, 0, 0, 0)
    assert np.isnan([base.monetary_value[0], base.gap_p80[0], base.returned_gap[0]]).all()
    assert len(base.summary()) == 1


def test_own_gaps_are_known_from_enough_of_them(
    new_log: type[Log], summarised: Callable[..., CustomerBase]
) -> None:
    """Gaps 10, 20, 30, 40: the 80 % quantile lies at 2.4 of ranks 0 to 3, so 34; one gap fewer gives none."""
    days = [0, 10, 30, 60, 100]
    log = new_log(
        [
            (None, customer, FIRST + timedelta(days=n), Decimal(1))
            for customer, k in (("a", 5), ("b", 4))
            for n in days[:k]
        ]
    )

    base = summarised(log, END, own_gaps=4)

    np.testing.assert_allclose(base.gap_p80, [34, np.nan])
    np.testing.assert_allclose(base.gap_p95, [38.5, np.nan])


def test_a_return_is_remembered_for_its_days(
    new_log: type[Log], summarised: Callable[..., CustomerBase]
) -> None:
    """
    The longest gap that ended in the last 90 days, however many purchases came since.

    a: away for 300 days, back 60 days ago, and again 20 days ago. b: back 90 days ago, a day too early to count.
    c: back 89 days ago. d: bought once.
    """
    back = {"a": (360, 60, 20), "b": (390, 90, 80), "c": (389, 89), "d": (10,)}
    log = new_log(
        [
            (None, customer, END - timedelta(days=n), Decimal(1))
            for customer, days in back.items()
            for n in days
        ]
    )

    base = summarised(log, END, won_back_days=90)

    np.testing.assert_array_equal(base.returned_gap, [300, 10, 300, np.nan])


def test_without_amounts_money_is_null(engine: Engine, new_log: type[Log]) -> None:
    """Whatever stands in the orders: not 0, which would be a figure."""
    new_log([(None, "a", FIRST, Decimal(0)), (None, "a", SECOND, Decimal(0))]).load(engine)

    base = summarise(engine, END, StageSettings(), has_amounts=False)

    assert not base.has_amounts
    assert base.summary().mean_day_spend is None
    money = (base.mean_day_spend, base.monetary_value, base.historic_value, base.spend_12m, base.aov_12m)
    assert np.isnan(np.concatenate(money)).all()
    row = engine.run("select historic_value, spend_12m, monetary_value, aov_12m from customer_summary")
    assert row == [(None, None, None, None)]
    then = base.split(FIRST, END)
    assert then.after.spend is None
    assert then.after.purchases.tolist() == [1]


def test_nobody_at_all_is_a_base_of_nobody(
    new_log: type[Log], summarised: Callable[..., CustomerBase]
) -> None:
    """No order, no row, no error here: the caller says what that means."""
    base = summarised(new_log(), END)

    assert len(base) == 0
    assert len(base.summary()) == 0
    assert len(base.split(FIRST, END)) == 0


@pytest.mark.parametrize(
    ("origin", "until"), [(SECOND, FIRST), (FIRST, END + timedelta(days=1)), (END + timedelta(days=1), None)]
)
def test_a_window_lies_within_the_data(
    base_of: Callable[..., CustomerBase], origin: date, until: date | None
) -> None:
    """A holdout that the data do not cover would count too little."""
    with pytest.raises(WindowOutOfData):
        base_of().split(origin, until)


def test_a_split_is_worked_out_once(base_of: Callable[..., CustomerBase]) -> None:
    """The same window is the same answer; ``at_origin`` takes what is there."""
    base = base_of()
    split = base.split(SECOND, THIRD)

    assert base.split(SECOND, THIRD) is split
    assert base.purchases_after(SECOND, THIRD) is split.after
    assert base.at_origin(SECOND).observation_end == SECOND
    assert split.after.purchases.tolist() == [1]
    assert split.before.purchases.tolist() == [2]


def test_the_table_is_typed_and_sorted(engine: Engine, base_of: Callable[..., CustomerBase]) -> None:
    """Money is exact, counts are whole, the table for notebooks names customers by text."""
    base = base_of()

    kinds = {name: kind for name, kind, *_rest in engine.run("describe customer_summary")}

    assert kinds == {
        "customer_id": "VARCHAR",
        "first_order_date": "DATE",
        "last_order_date": "DATE",
        "orders": "BIGINT",
        "frequency": "BIGINT",
        "recency": "BIGINT",
        "T": "BIGINT",
        "log_intervals": "DOUBLE",
        "monetary_value": "DOUBLE",
        "mean_day_spend": "DOUBLE",
        "historic_value": "DECIMAL(18,4)",
        "spend_12m": "DECIMAL(18,4)",
        "orders_12m": "BIGINT",
        "repeat_orders_12m": "BIGINT",
        "aov_12m": "DOUBLE",
        "orders_last_window": "BIGINT",
        "orders_prev_window": "BIGINT",
        "gap_p80": "DOUBLE",
        "gap_p95": "DOUBLE",
        "returned_gap": "INTEGER",
    }
    assert base.summary().table.column_names == list(kinds)
    for name in ("orders", "frequency", "recency", "T", "orders_12m", "repeat_orders_12m"):
        assert getattr(base, name).dtype == np.int64
    assert base.first_order_date.dtype == np.dtype("datetime64[D]")

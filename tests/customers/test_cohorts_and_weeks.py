"""Cohort tables and weekly repeats, against counts by hand and by loops."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.customers import cohorts, daily_repeats, summarise, weekly_purchases
from evergrove.settings import StageSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.customers.conftest import Log

    from evergrove.customers import CustomerBase
    from evergrove.warehouse import Engine

NAN = float("nan")


def order(
    customer: str, day: str, amount: str = "10", order_id: str | None = None
) -> tuple[str | None, str, date, Decimal]:
    """One order."""
    return order_id, customer, date.fromisoformat(day), Decimal(amount)


def test_cohorts_by_hand(engine: Engine, new_log: type[Log], summarised: Callable[..., CustomerBase]) -> None:
    """Three customers of January, one of March, none of February; refunds count where they belong."""
    log = new_log(
        [
            order("a", "2024-01-05", "100", "A1"), order("a", "2024-01-20", "10"), order("a", "2024-03-01", "30"),
            order("b", "2024-01-31", "50", "B1"), order("c", "2024-01-02", "20"),
            order("d", "2024-03-30", "5"), order("a", "2024-04-02", "1"),
        ],
        [
            ("A1", "a", date(2024, 3, 2), Decimal(40)),  # names an order: lowers January
            (None, "b", date(2024, 3, 9), Decimal(8)),  # names none: lowers March, and is no activity
            (None, "c", date(2023, 12, 9), Decimal(2)),  # before the first purchase: counts from it on
        ],
    )  # fmt: skip
    base = summarised(log, date(2024, 4, 29))

    table = cohorts(engine, base)

    assert table.period == "month"
    assert table.starts == (date(2024, 1, 1), date(2024, 3, 1))
    assert table.customers.tolist() == [3, 1]
    np.testing.assert_array_equal(table.active, [[3, 0, 1, 1], [1, 0, NAN, NAN]])
    np.testing.assert_allclose(table.retention[0], [1, 0, 1 / 3, 1 / 3])
    # January: 60 + 10 + 50 + 20 - 2 = 138; March: + 30 - 8; April: + 1.
    np.testing.assert_allclose(table.value, [[46, 46, 160 / 3, 161 / 3], [5, 5, NAN, NAN]])
    assert table.last_is_partial
    assert table.earlier_customers == 0


def test_a_full_last_month_is_not_partial(
    engine: Engine, new_log: type[Log], summarised: Callable[..., CustomerBase]
) -> None:
    """The month ends with observation_end."""
    base = summarised(new_log([order("a", "2024-01-05")]), date(2024, 2, 29))

    assert not cohorts(engine, base).last_is_partial


@pytest.mark.parametrize(
    ("last", "period", "rows", "earlier"),
    [("2021-12-31", "month", 24, 0), ("2022-01-01", "quarter", 9, 0), ("2027-05-05", "quarter", 24, 2)],
)
def test_never_more_rows_than_people_read(
    engine: Engine,
    new_log: type[Log],
    summarised: Callable[..., CustomerBase],
    last: str,
    period: str,
    rows: int,
    earlier: int,
) -> None:
    """Two years in months, up to six in quarters, then the latest six."""
    end = date.fromisoformat(last)
    months = [date(2020 + m // 12, m % 12 + 1, 1) for m in range(100)]
    log = new_log([order(f"c{i:03}", day.isoformat()) for i, day in enumerate(months) if day <= end])

    table = cohorts(engine, summarised(log, end))

    assert table.period == period
    assert len(table.starts) == rows
    assert table.customers.sum() + table.earlier_customers == len(log.orders)
    assert table.active.shape == (rows, rows)
    assert (table.retention[:, 0] == 1).all()
    assert (table.earlier_customers > 0) == bool(earlier)


def test_cohort_money_is_all_money(
    engine: Engine, shared: Callable[[str], Path], load_csv: Callable[..., None]
) -> None:
    """On CDNOW the last figure of each cohort, times its customers, adds up to historic_value."""
    load_csv(shared("clv/cdnow_sample.csv"))
    base = summarise(engine, date(1998, 6, 30), StageSettings())

    table = cohorts(engine, base)

    last = table.value[np.arange(len(table.starts)), (~np.isnan(table.value)).sum(axis=1) - 1]
    assert (last * table.customers).sum() == pytest.approx(base.historic_value.sum(), abs=1e-6)
    first: dict[str, str] = {}
    with shared("clv/cdnow_sample.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            first[row["customer_id"]] = min(row["date"], first.get(row["customer_id"], "9"))
    months = Counter(day[:7] for day in first.values())
    assert table.customers.tolist() == [months[f"1997-0{month}"] for month in (1, 2, 3)]


def test_without_amounts_cohorts_have_no_value(engine: Engine, new_log: type[Log]) -> None:
    """Retention is there, money is not."""
    new_log([order("a", "2024-01-05"), order("a", "2024-02-05")]).load(engine)
    base = summarise(engine, date(2024, 2, 29), StageSettings(), has_amounts=False)

    table = cohorts(engine, base)

    assert np.isnan(table.value).all()
    np.testing.assert_array_equal(table.retention, [[1, 1]])


def test_weeks_begin_with_the_first_purchase_day(
    engine: Engine, new_log: type[Log], summarised: Callable[..., CustomerBase]
) -> None:
    """Firsts do not count, two orders of a day are one, and an unfinished week is left out."""
    days = [(0, "a"), (1, "a"), (6, "b"), (7, "b"), (7, "b"), (13, "a"), (14, "a"), (16, "b")]
    start = date(2024, 1, 3)
    log = new_log([order(c, (start + timedelta(days=d)).isoformat()) for d, c in days])
    base = summarised(log, start + timedelta(days=19))

    weeks = weekly_purchases(engine, base)

    assert weeks.first_day == start
    assert weeks.week_end.tolist() == [6, 13]
    assert weeks.repeats.tolist() == [1, 2]
    assert weeks.cumulative.tolist() == [1, 3]
    assert daily_repeats(engine, base).tolist() == [
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        1,
        1,
        0,
        1,
        0,
        0,
        0,
    ]


def test_cdnow_in_weeks(engine: Engine, shared: Callable[[str], Path], load_csv: Callable[..., None]) -> None:
    """All 4,339 repeat days are on some day; 78 whole weeks hold all but the last day's."""
    load_csv(shared("clv/cdnow_sample.csv"))
    base = summarise(engine, date(1998, 6, 30), StageSettings())

    weeks = weekly_purchases(engine, base)

    assert daily_repeats(engine, base).sum() == 4339
    assert len(weeks.repeats) == 546 // 7
    assert weeks.cumulative[38] == 2457  # by 1997-09-30, day 272 = the last day of week 39

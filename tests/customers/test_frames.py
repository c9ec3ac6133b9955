"""A notebook's tables and files as summaries: the same numbers from each, and sentences for what is wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from evergrove.core import InputError
from evergrove.customers import summarize

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = {
    "customer_id": ["b", "a", "a", "a", "b", "c"],
    "order_date": ["2024-01-03", "2024-01-01", "2024-01-15", "2024-01-15", "2024-01-10", "2024-01-29"],
    "amount": [10.0, 5.0, 2.5, 0.1, 0.2, 7.0],
}


def test_the_summary_of_a_small_log() -> None:
    """Worked by hand, in weeks: three customers, one of them won on the last day."""
    summary = summarize(pa.table(ROWS))

    assert summary.observation_end == date(2024, 1, 29)
    assert summary.unit == "week"
    np.testing.assert_array_equal(summary.frequency, [1, 1, 0])
    np.testing.assert_allclose(summary.recency, [2, 1, 0])
    np.testing.assert_allclose(summary.T, [4, 26 / 7, 0])
    assert summary.monetary_value is not None
    np.testing.assert_array_equal(summary.monetary_value, [2.6, 0.2, np.nan])  # 2.5 + 0.1, exactly
    assert summary.table.column("customer_id").to_pylist() == ["a", "b", "c"]
    assert summary.table.column("T").to_pylist() == [28, 26, 0]
    assert str(summary.table.column("historic_value").to_pylist()[0]) == "7.6000"


@pytest.mark.parametrize(
    "make",
    [
        pd.DataFrame,
        pl.DataFrame,
        lambda rows: pd.DataFrame(rows).assign(order_date=lambda frame: pd.to_datetime(frame["order_date"])),
        lambda rows: pl.DataFrame(rows).with_columns(pl.col("order_date").str.to_date()),
        lambda rows: pd.DataFrame(rows).assign(
            customer_id=lambda frame: frame["customer_id"].astype("category")
        ),
    ],
    ids=["pandas", "polars", "pandas dates", "polars dates", "pandas categories"],
)
def test_every_kind_of_table_gives_the_same(make: Callable[[dict[str, Any]], Any]) -> None:
    """Text or typed dates, pandas or polars."""
    expected, told = summarize(pa.table(ROWS)), summarize(make(ROWS))

    assert told.table.equals(expected.table)
    np.testing.assert_array_equal(told.frequency, expected.frequency)


def test_a_file_gives_the_same(tmp_path: Path) -> None:
    """A path goes through the reader of files."""
    path = tmp_path / "orders.csv"
    pd.DataFrame(ROWS).to_csv(path, index=False)

    told = summarize(path, observation_end="2024-02-05", unit="day")

    np.testing.assert_array_equal(told.T, [35, 33, 7])
    assert told.table.column("customer_id").to_pylist() == ["a", "b", "c"]


def test_columns_may_have_any_name() -> None:
    """Given by name; the guess is not asked then."""
    table = pa.table(
        {"x": ROWS["customer_id"], "y": ROWS["order_date"], "z": ROWS["amount"], "date": ["no"] * 6}
    )

    told = summarize(table, customer="x", date="y", amount="z")

    assert told.table.equals(summarize(pa.table(ROWS)).table)


def test_headers_in_chinese_are_known() -> None:
    """The names that the reader of files knows count here too."""
    table = pa.table({"會員編號": ["1", "1"], "訂購日期": ["2024-01-01", "2024-01-08"], "實付金額": [3, 4]})

    assert summarize(table).recency.tolist() == [1]


def test_without_amounts_there_is_no_money() -> None:
    """Transaction models do; spend is None and NULL, not 0."""
    summary = summarize(pa.table({name: ROWS[name] for name in ("customer_id", "order_date")}))

    assert summary.monetary_value is None
    assert summary.mean_day_spend is None
    assert summary.table.column("historic_value").null_count == 3
    np.testing.assert_array_equal(summary.frequency, [1, 1, 0])


def test_an_amount_below_zero_is_a_refund() -> None:
    """It lowers what the customer brought and is no purchase."""
    table = pa.table(
        {"customer": [1, 1, 2], "date": ["2024-01-01", "2024-01-05", "2024-01-06"], "spend": [9, -4, -1]}
    )

    summary = summarize(table, observation_end=date(2024, 1, 10))

    assert summary.frequency.tolist() == [0]
    assert [float(value) for value in summary.table.column("historic_value").to_pylist()] == [5]
    assert summary.table.column("customer_id").to_pylist() == ["1"]


def test_ids_that_pandas_made_floating_stay_whole() -> None:
    """A column of ids that once held an empty cell is floating; 17850.0 is nobody's id."""
    frame = pd.DataFrame({"CustomerID": [17850.0, 9.0], "InvoiceDate": ["2010-12-01", "2010-12-02"]})

    assert summarize(frame).table.column("customer_id").to_pylist() == ["9", "17850"]


def test_a_day_is_a_day_where_the_clock_stands() -> None:
    """23:30 and 00:30 UTC are one day in Shanghai and two in UTC; a time without a zone is local."""
    times = pd.to_datetime(["2026-01-01T23:30Z", "2026-01-02T00:30Z"])
    frame = pd.DataFrame({"customer_id": ["a", "a"], "order_date": times})

    assert summarize(frame).frequency.tolist() == [1]
    shanghai = frame.assign(order_date=times.tz_convert("Asia/Shanghai"))
    assert summarize(shanghai).frequency.tolist() == [0]
    assert summarize(frame.assign(order_date=times.tz_localize(None))).frequency.tolist() == [1]


def test_a_day_with_a_changed_clock_is_one_day() -> None:
    """On 2026-03-29 Berlin's day has 23 hours: the days before and after it are two apart."""
    times = pd.to_datetime(["2026-03-28T12:00", "2026-03-29T23:30", "2026-03-30T00:30"])
    frame = pd.DataFrame({"customer_id": ["a"] * 3, "order_date": times.tz_localize("Europe/Berlin")})

    summary = summarize(frame, unit="day")

    assert (summary.frequency.tolist(), summary.recency.tolist()) == ([2], [2])


@pytest.mark.parametrize(
    "end",
    ["2024-01-10", date(2024, 1, 10), datetime(2024, 1, 10, 15, 0, tzinfo=UTC), pd.Timestamp("2024-01-10")],
)
def test_the_end_may_be_any_kind_of_day(end: Any) -> None:
    """What comes after it is not seen."""
    summary = summarize(pa.table(ROWS), observation_end=end, unit="day")

    np.testing.assert_array_equal(summary.frequency, [0, 1])
    np.testing.assert_array_equal(summary.T, [9, 7])


BAD_DATE = ROWS | {"order_date": ["2024-01-03", "2024-01-01", "soon", "2024-01-15", None, "x"]}


@pytest.mark.parametrize(
    ("orders", "options", "code", "words"),
    [
        (ROWS, {"customer": "who"}, "customers.missing_column", "no column for customer among customer_id"),
        ({"a": [1], "b": [2]}, {}, "customers.missing_column", 'summarize(orders, customer="...")'),
        (BAD_DATE, {}, "customers.unreadable_cells", "3 of 6 rows have no readable date .* row 3, 'soon'"),
        (
            ROWS | {"customer_id": ["a", None, "", "c", "d", "e"]},
            {},
            "customers.unreadable_cells",
            "2 of 6 rows have no readable customer .* row 2, empty",
        ),
        (
            ROWS | {"amount": [1.0, float("nan"), 1.0, float("inf"), 1.0, 1.0]},
            {},
            "customers.unreadable_cells",
            "2 of 6 rows have no readable amount",
        ),
        (ROWS, {"observation_end": "2023-01-01"}, "customers.no_purchases", "on or before 2023-01-01"),
        (ROWS, {"observation_end": "yesterday"}, "customers.unreadable_day", "'yesterday' is not a day"),
        (ROWS, {"observation_end": 20240101}, "customers.unreadable_day", "20240101 is not a day"),
        (ROWS, {"unit": "fortnight"}, "customers.unknown_unit", "one of day, week, month"),
    ],
)
def test_what_is_wrong_is_said_with_the_way_out(
    orders: dict[str, Any], options: dict[str, Any], code: str, words: str
) -> None:
    """Every mistake has its code and names what was found."""
    with pytest.raises(InputError, match=words.replace("(", r"\(").replace(")", r"\)")) as caught:
        summarize(pa.table(orders), **options)

    assert caught.value.code == code


@pytest.mark.parametrize("orders", [7, None, "no/such/file.csv"])
def test_what_is_no_table_is_refused(orders: Any) -> None:
    """A number, nothing, a path to nothing."""
    with pytest.raises(InputError) as caught:
        summarize(orders)

    assert caught.value.code == "customers.not_a_table"


def test_nothing_to_read_is_nothing_to_summarise() -> None:
    """A table without rows."""
    with pytest.raises(InputError, match="nothing to summarise"):
        summarize(pa.table({"customer_id": pa.array([], pa.string()), "date": pa.array([], pa.date32())}))

"""Typed Parquet goes straight through; what needs reading is read; what is broken is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.ingest import ReadOptions, read_orders
from evergrove.ingest.columns.errors import ColumnNotFound, NothingUsable
from evergrove.ingest.orders.errors import FutureDates, NoAmounts, RepeatsKept
from evergrove.ingest.sources.errors import DamagedFile, EmptyFile
from evergrove.ingest.types import Excluded, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.ingest.conftest import Reading

    from evergrove.warehouse import Engine

    ReadSql = Callable[..., Reading]

CLEAN = """
    select i % 5 as customer_id, date '2024-01-01' + cast(i as int) as order_date, i + 0.25 as amount
    from range(20) as numbers(i)
"""


@pytest.fixture
def read_sql(engine: Engine, read_paths: Callable[..., Reading], tmp_path: Path) -> ReadSql:
    """Write a query's rows to Parquet and read them."""

    def read(sql: str, name: str = "orders.parquet", **options: Any) -> Reading:
        path = tmp_path / name
        engine.copy_to(sql, path, "format parquet")
        return read_paths(path, **options)

    return read


def kinds(engine: Engine) -> dict[str, str]:
    """Published names to whether they are tables or views."""
    return dict(engine.run("select table_name, table_type from information_schema.tables"))


def test_typed_columns_are_not_copied(read_sql: ReadSql) -> None:
    """Orders are a view of the file; whole-number customers stay whole numbers."""
    reading = read_sql(CLEAN)

    assert kinds(reading.engine)["orders"] == "VIEW"
    types = {name: kind for name, kind, *_rest in reading.engine.run("describe orders")}
    assert types == {
        "order_id": "VARCHAR",
        "customer_id": "BIGINT",
        "order_date": "DATE",
        "amount": "DECIMAL(18,4)",
    }
    assert reading.engine.run("select count(*), sum(amount), max(order_date) from orders") == [
        (20, Decimal("195.0000"), date(2024, 1, 20))
    ]
    assert reading.engine.value("select count(*) from known_customers") == 5
    assert set(reading.intake.encodings.values()) == {"Parquet"}
    assert (reading.intake.first_date, reading.intake.last_date) == (date(2024, 1, 1), date(2024, 1, 20))


def test_negative_money_is_a_refund(read_sql: ReadSql) -> None:
    """Also where nothing is copied."""
    reading = read_sql(f"{CLEAN} union all select 1, date '2024-01-09', -3.5")

    assert kinds(reading.engine)["orders"] == "VIEW"
    assert reading.refunds() == [("", 1, "2024-01-09", 3.5)]
    assert reading.intake.excluded == {"refund": Excluded(1, Decimal("-3.5"))}
    assert reading.intake.rows.good == 21


def test_bad_rows_of_a_typed_file_are_rejected_one_by_one(read_sql: ReadSql) -> None:
    """With their number in the file and what they hold, as JSON."""
    bad = [
        ("null", "date '2024-01-09'", "7.5", "ingest.no_customer"),
        ("1", "null", "1", "ingest.no_date"),
        ("1", "date '1900-01-01'", "1", "ingest.date_placeholder"),
        ("1", "date '1969-05-05'", "1", "ingest.date_too_early"),
        ("1", "date '2027-01-01'", "1", "ingest.date_in_future"),
        ("1", "date '2024-01-09'", "null", "ingest.no_amount"),
        ("1", "date '2024-01-09'", "'nan'::double", "ingest.bad_amount"),
        ("1", "date '2024-01-09'", "'inf'::double", "ingest.amount_too_large"),
        ("1", "date '2024-01-09'", "1e300", "ingest.amount_too_large"),
    ]
    rows = " union all ".join(f"select {c}, {d}, ({a})::double" for c, d, a, _code in bad)

    reading = read_sql(
        f"select customer_id, order_date, amount::double as amount from ({CLEAN}) union all {rows}"
    )

    assert reading.rejects() == [(21 + i, code) for i, (*_values, code) in enumerate(bad)]
    assert reading.intake.rejected["ingest.no_customer"] == Rejected(1, Decimal("7.5"))
    assert reading.intake.rows.good == 20
    raw = dict(reading.engine.run("select line, raw from rejects"))
    assert raw[21] == '{"customer_id":null,"order_date":"2024-01-09","amount":7.5}'


def test_floats_of_binary_files_are_rounded(read_sql: ReadSql) -> None:
    """0.1 + 0.2 is 0.3 money."""
    reading = read_sql(
        "select 1 as customer_id, date '2024-01-09' as order_date, 0.1::double + 0.2::double as amount"
    )

    assert reading.engine.run("select amount from orders") == [(Decimal("0.3000"),)]


def test_the_long_way_gives_the_same_orders(read_sql: ReadSql) -> None:
    """A status column makes every row be read; the orders are those of the short way."""
    text = "select cast(customer_id as varchar) as customer_id, order_date, amount from orders order by all"
    short = read_sql(f"select 'A' || i as order_id, * from ({CLEAN}) as rows, range(1) as numbers(i)").engine
    assert kinds(short)["orders"] == "BASE TABLE"  # the ids repeat: duplicates and conflicts are found
    clean = read_sql(CLEAN)
    expected = clean.engine.run(text)

    long = read_sql(f"select *, 'paid' as status from ({CLEAN})")

    assert kinds(long.engine)["orders"] == "BASE TABLE"
    assert long.engine.run(text) == expected


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        ("(17850 + i)::double", "17850"),
        ("'A-' || i", "A-0"),
        ("'会员' || i", "会员0"),
        ("'=\"' || i || '\"'", "0"),
        (
            "('{00000000-0000-0000-0000-00000000000' || i || '}')::uuid",
            "00000000-0000-0000-0000-000000000000",
        ),
        ("(9007199254740993 + i)::bigint", "9007199254740993"),
    ],
)
def test_ids_of_any_type(read_sql: ReadSql, customer: str, expected: str) -> None:
    """Floats stand for whole numbers; texts are freed of spreadsheet wrappers; big integers keep their digits."""
    reading = read_sql(
        f"select {customer} as customer_id, timestamp '2024-01-09 23:59:59' as order_date, 1.5 as amount from range(3) as n(i)"
    )

    found = reading.engine.run(
        "select min(cast(customer_id as varchar)), count(distinct customer_id) from orders"
    )
    assert found == [(expected, 3)]


def test_instants_become_days_in_the_shops_zone(read_sql: ReadSql) -> None:
    """A timestamp with a zone is an instant; one without is local."""
    aware = "select 1 as customer_id, timestamptz '2026-01-01 23:30:00+00' as order_date, 1.5 as amount"
    naive = "select 1 as customer_id, timestamp '2026-01-01 23:30:00' as order_date, 1.5 as amount"

    assert [o[2] for o in read_sql(aware, timezone="Asia/Shanghai").orders()] == ["2026-01-02"]
    assert [o[2] for o in read_sql(aware).orders()] == ["2026-01-01"]
    assert [o[2] for o in read_sql(naive, timezone="Asia/Shanghai").orders()] == ["2026-01-01"]


def test_repeats_are_said_in_typed_files_too(read_sql: ReadSql) -> None:
    """Without an order id they are kept."""
    (warning,) = read_sql(f"{CLEAN} union all select 0, date '2024-01-01', 0.25").intake.warnings

    assert isinstance(warning, RepeatsKept)
    assert warning.params["repeats"] == 1


def test_a_typed_file_without_money(read_sql: ReadSql) -> None:
    """Customers and days only."""
    reading = read_sql("select 1 as customer_id, date '2024-01-09' as order_date")

    assert not reading.intake.has_amounts
    assert [type(warning) for warning in reading.intake.warnings] == [NoAmounts]
    assert [o[3] for o in reading.orders()] == [0.0]


def test_a_name_may_hold_anything(read_sql: ReadSql) -> None:
    """Brackets and stars in a path are no pattern, a folder that looks like a partition adds no column."""
    for name in ("a[1]*?.parquet", 'it\'s "quoted".parquet', "订单 2024.parquet"):
        assert len(read_sql(CLEAN, name=name).orders()) == 20


def test_kept_columns_of_typed_files(read_sql: ReadSql) -> None:
    """The latest value, as text."""
    reading = read_sql(f"select *, order_date - date '2024-01-01' as note from ({CLEAN})", keep=("note",))

    assert reading.engine.run("select customer_id, note from known_customers order by 1 limit 2") == [
        ("0", "15"),
        ("1", "16"),
    ]


def test_the_same_typed_file_twice(
    read_sql: ReadSql, read_paths: Callable[..., Reading], tmp_path: Path
) -> None:
    """Every row of the second is a duplicate."""
    read_sql(CLEAN)
    path = tmp_path / "orders.parquet"

    reading = read_paths(path, path)

    assert (reading.intake.rows.read, reading.intake.rows.good, reading.intake.rows.duplicate) == (40, 20, 20)
    assert len(reading.orders()) == 20


@pytest.mark.parametrize(
    ("sql", "refusal"),
    [
        ("select 1 as customer_id, date '2024-01-09' as order_date, 1.5 as amount where false", EmptyFile),
        ("select {'id': 1} as customer_id, date '2024-01-09' as order_date, [1.5] as amount", ColumnNotFound),
        ("select null::bigint as customer_id, date '2024-01-09' as order_date, 1.5 as amount", NothingUsable),
        ("select 1 as customer_id, date '2034-01-09' as order_date, 1.5 as amount", FutureDates),
    ],
)
def test_what_is_no_order_file_is_refused(
    read_sql: ReadSql, engine: Engine, sql: str, refusal: type[Exception]
) -> None:
    """Empty, nested, nothing usable, all in the future."""
    with pytest.raises(refusal):
        read_sql(sql)
    assert kinds(engine) == {}


def test_a_damaged_file_is_called_damaged(engine: Engine, read_sql: ReadSql, tmp_path: Path) -> None:
    """Cut off, its end or its middle overwritten: never a trace of the engine's."""
    read_sql(
        "select i % 5 as customer_id, date '2024-01-01' + cast(i as int) as order_date, random() as amount from range(500) as n(i)"
    )
    whole = (tmp_path / "orders.parquet").read_bytes()
    middle = whole[: len(whole) // 3] + bytes(400) + whole[len(whole) // 3 + 400 :]
    broken = {
        "cut": whole[:-20],
        "half": whole[: len(whole) // 2],
        "middle": middle,
        "footer": whole[:-300] + bytes(200) + whole[-100:],
        "length": whole[:-8] + b"\xff\xff\xff\x7f" + b"PAR1",
        "tiny": b"PAR1PAR1",
    }
    for name, data in broken.items():
        path = tmp_path / f"{name}.parquet"
        path.write_bytes(data)
        try:
            read_orders(engine, [path], ReadOptions())
        except DamagedFile:
            assert kinds(engine) == {}
        else:
            assert name == "middle"  # an uncompressed page may hold other numbers and be whole

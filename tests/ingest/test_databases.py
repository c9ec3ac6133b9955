"""Rows of a database by a query: exact, in one type a column, all of them or none, and no secret anywhere."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, make_url

from evergrove.core import InputError
from evergrove.ingest.sources import database
from evergrove.ingest.sources.database import PASSWORD_VARIABLE, database_url, fetch, label_of
from evergrove.ingest.sources.database_errors import (
    BadDatabaseUrl,
    DatabaseUnreachable,
    NoDatabaseDriver,
    NotAQuery,
    QueryBrokeOff,
    QueryRefused,
    is_database,
)
from evergrove.ingest.sources.query_types import SeenColumn, as_array

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRET = "s3cret-W0rd"  # noqa: S105 -- of no account


@pytest.fixture
def sqlite_url(tmp_path: Path) -> Callable[[str], str]:
    """A SQLite database after a script; its URL."""

    def make(script: str) -> str:
        path = tmp_path / "shop.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(script)
        return f"sqlite:///{path}"

    return make


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """An empty folder for an answer."""
    (tmp_path / "room").mkdir()
    return tmp_path / "room"


def test_decimals_zones_and_late_values_of_postgresql(
    postgres_url: str, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numerics keep every digit, instants are instants, and a column that begins with NULLs has its type."""
    monkeypatch.setattr(database, "BATCH_ROWS", 2)
    query = (
        "select * from (values (1, null::numeric, timestamptz '2026-03-31 23:30+08', date '2026-03-31', null::text),"
        " (2, null, timestamptz '2026-03-31 10:00-05', null, null), (3, 12345678901234567890.123456, null, null, null),"
        " (4, 0.1, null, null, '10%')) as told (n, amount, paid, day, note) order by n"
    )
    fetched = fetch(postgres_url, query, room)
    told = pq.read_table(fetched.file)
    assert fetched.rows == told.num_rows == 4
    assert told.schema.field("amount").type == pa.decimal128(26, 6)
    assert told.schema.field("paid").type == pa.timestamp("us", "UTC")
    rows = told.to_pylist()
    assert [row["amount"] for row in rows] == [
        None,
        None,
        Decimal("12345678901234567890.123456"),
        Decimal("0.1"),
    ]
    assert rows[0]["paid"] == datetime(2026, 3, 31, 15, 30, tzinfo=UTC)
    assert rows[1]["paid"] == datetime(2026, 3, 31, 15, 0, tzinfo=UTC)
    assert rows[0]["day"] == date(2026, 3, 31)
    assert rows[3]["note"] == "10%"
    assert [path.name for path in room.iterdir()] == [fetched.file.name]


def test_types_that_change_between_batches(
    sqlite_url: Callable[[str], str], room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite may hold anything anywhere: what does not go together becomes texts, and nothing is rounded."""
    monkeypatch.setattr(database, "BATCH_ROWS", 2)
    url = sqlite_url(
        "create table o (n integer, id, amount, b);"
        "insert into o values (1, 1001, 10, null), (2, 1002, 11, null), (3, 'A-3', 12.5, x'c3a9'), (4, null, 0.1, x'ff');"
    )
    told = pq.read_table(fetch(url, "select id, amount, b from o order by n", room).file).to_pylist()
    assert [row["id"] for row in told] == ["1001", "1002", "A-3", None]
    assert [row["amount"] for row in told] == [10.0, 11.0, 12.5, 0.1]
    assert [row["b"] for row in told] == [None, None, "é", "ff"]


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(-(2**70), 2**70),
    "decimal": st.decimals(allow_nan=False, allow_infinity=False, places=4),
    "text": st.text(max_size=9),
    "boolean": st.booleans(),
    "day": st.dates(),
    "moment": st.datetimes(),
    "none": st.none(),
}


@given(st.lists(st.one_of(*VALUES.values()), max_size=12))
def test_every_value_is_told_exactly(values: list[Any]) -> None:
    """Whatever mixture stands in a column, each value comes back equal, or as the text that says the same."""
    seen = SeenColumn()
    seen.take(values)
    back = as_array(values, seen).to_pylist()
    for value, told in zip(values, back, strict=True):
        if isinstance(value, bool) and isinstance(told, str):
            assert told == str(value).lower()
        elif isinstance(told, str) and isinstance(value, Decimal):
            assert Decimal(told) == value
        elif isinstance(told, datetime) and not isinstance(value, datetime):
            assert told == datetime.combine(value, datetime.min.time())
        else:
            assert told == value or told == str(value)


def test_other_values_are_plain_texts() -> None:
    """Neither numbers with an exponent nor the names of Python's classes."""
    values = [Decimal("1E+3"), 1e20, 2.0, UUID(int=7), [1, "ä"], {"a": None}, b"", "x"]
    seen = SeenColumn()
    seen.take(values)
    assert as_array(values, seen).to_pylist() == [
        "1000",
        "1e+20",
        "2",
        "00000000-0000-0000-0000-000000000007",
        '[1, "ä"]',
        '{"a": null}',
        "",
        "x",
    ]


def test_an_interrupted_stream_leaves_nothing(
    postgres_url: str, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server fails in the middle: an error with the way out."""
    monkeypatch.setattr(database, "BATCH_ROWS", 10)
    with pytest.raises(QueryBrokeOff, match="division by zero") as refused:
        fetch(postgres_url, "select 1 / (25 - n) as n from generate_series(1, 60) as told (n)", room)
    assert refused.value.params["rows"] in (10, 20)
    assert not list(room.glob("*.parquet"))


def test_only_reading_is_possible(postgres_url: str, sqlite_url: Callable[[str], str], room: Path) -> None:
    """A statement that writes is refused by its first word, and by the database where it hides behind WITH."""
    engine = create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.exec_driver_sql("create table orders (n int); create sequence numbers")
    for statement in ("delete from orders", "", "-- only a note", "select 1; drop table orders"):
        with pytest.raises(NotAQuery):
            fetch(postgres_url, statement, room)
    hidden = "with gone as (insert into orders values (1) returning n) select * from gone"
    with pytest.raises(QueryRefused, match="data-modifying"):
        fetch(postgres_url, hidden, room)
    with pytest.raises(InputError, match="read-only"):
        fetch(postgres_url, "select nextval('numbers')", room)
    with engine.begin() as connection:
        assert connection.exec_driver_sql("select count(*) from orders").scalar() == 0
    engine.dispose()
    url = sqlite_url("create table o (n)")
    assert fetch(url, "/* all */ -- of it\n select n from o;", room).rows == 0


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("postgresql://shop:{}@127.0.0.1:1/shop?connect_timeout=2", DatabaseUnreachable),
        ("nothing://shop:{}@db.example/shop", NoDatabaseDriver),
        ("oracle://shop:{}@db.example/shop", NoDatabaseDriver),
        ("postgresql://shop:{}@db.example:port/shop", BadDatabaseUrl),
        ("sqlite:////nowhere/shop.db", DatabaseUnreachable),
    ],
)
def test_no_refusal_tells_the_password(url: str, error: type[InputError], room: Path) -> None:
    """Neither its sentence nor its parameters."""
    with pytest.raises(error) as refused:
        fetch(url.format(SECRET), "select 1", room)
    assert SECRET not in str(refused.value)
    assert SECRET not in repr(refused.value.params)
    assert str(refused.value.hint)


def test_the_password_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is used where the URL has none."""
    monkeypatch.setenv(PASSWORD_VARIABLE, SECRET)
    assert database_url("postgresql://shop@db.example/shop").password == SECRET
    assert database_url("postgresql://shop:own@db.example/shop").password == "own"  # noqa: S105
    assert database_url("sqlite:///shop.db").password is None


def test_labels_tell_the_source_and_no_secret() -> None:
    """The same query is called the same, another is not."""
    url = database_url(f"postgresql://shop:{SECRET}@db.example/shop")
    label = label_of(url, "select a  from b")
    assert label.startswith("db.example-shop-")
    assert SECRET not in label
    assert label == label_of(url, "select a from b") != label_of(url, "select a from c")
    assert is_database("mysql+pymysql://x")
    assert not is_database("C:/orders.csv")

"""One ledger, two databases: the same promises."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, MetaData, String, Table, func, select
from sqlalchemy.exc import DBAPIError, StatementError

from evergrove.ledger import (
    Amount,
    Document,
    Instant,
    Ledger,
    LedgerFailed,
    RowNumber,
    database_now,
    insert_new,
    open_ledger,
    upsert,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

PROBE = Table(
    "probe",
    MetaData(),
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("name", String, unique=True, nullable=False),
    Column("at", Instant),
    Column("amount", Amount),
    Column("document", Document),
)


@pytest.fixture
def probe(empty_ledger: Ledger) -> Iterator[Ledger]:
    """A ledger with one small table."""
    with empty_ledger.writing() as connection:
        PROBE.metadata.create_all(connection)
    yield empty_ledger
    empty_ledger.close()


def put(ledger: Ledger, **values: Any) -> None:
    """Write one row."""
    with ledger.writing() as connection:
        connection.execute(PROBE.insert().values(**{"name": "a", **values}))


def only(ledger: Ledger, name: str) -> Any:
    """The value of a column in the only row."""
    with ledger.reading() as connection:
        return connection.execute(select(PROBE.c[name])).scalar_one()


def names(ledger: Ledger) -> list[str]:
    """The names in the table, in order."""
    with ledger.reading() as connection:
        return list(connection.execute(select(PROBE.c.name).order_by(PROBE.c.name)).scalars())


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 3, 1, 20, 0, tzinfo=timezone(timedelta(hours=8))),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
)
def test_an_instant_comes_back_to_the_microsecond_in_utc(probe: Ledger, moment: datetime) -> None:
    """The moment is the same, whatever zone it was said in."""
    put(probe, at=moment)

    assert only(probe, "at") == moment
    assert only(probe, "at").utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["0.0001", "-12.5", "99999999999999.9999", "1e3"])
def test_an_amount_comes_back_exactly(probe: Ledger, text: str) -> None:
    """Ten-thousandths are exact, at any size that DECIMAL(18,4) holds."""
    put(probe, amount=Decimal(text))

    assert only(probe, "amount") == Decimal(text)
    assert isinstance(only(probe, "amount"), Decimal)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", datetime(2026, 3, 1)),  # noqa: DTZ001 - without a zone on purpose
        ("amount", 0.1),
        ("amount", Decimal("0.00001")),
        ("document", {"rate": float("nan")}),
    ],
)
def test_what_would_change_its_meaning_is_refused(probe: Ledger, column: str, value: object) -> None:
    """Moments without a zone, floats and fractions of a ten-thousandth, numbers that JSON does not know."""
    with pytest.raises(StatementError):
        put(probe, **{column: value})
    assert names(probe) == []


def test_equal_documents_are_equal_texts(probe: Ledger) -> None:
    """The order in which a document was put together does not show."""
    put(probe, name="a", document={"b": 1, "a": "客"})
    put(probe, name="b", document={"a": "客", "b": 1})

    with probe.reading() as connection:
        texts = connection.execute(select(func.count(PROBE.c.document.distinct()))).scalar_one()
    assert texts == 1


def test_only_new_rows_are_inserted(probe: Ledger) -> None:
    """Inserting again counts what was new and leaves what was there."""
    with probe.writing() as connection:
        first = insert_new(connection, PROBE, [{"name": f"n{i}", "amount": Decimal(1)} for i in range(1200)])
        again = insert_new(
            connection, PROBE, [{"name": f"n{i}", "amount": Decimal(2)} for i in range(1199, 1203)]
        )
        one = insert_new(connection, PROBE, [{"name": "n0", "amount": Decimal(3)}])
        nothing = insert_new(connection, PROBE, [])
        total = connection.execute(select(func.sum(PROBE.c.amount))).scalar_one()

    assert (first, again, one, nothing) == (1200, 3, 0, 0)
    assert total == 1200 + 3 * 2


def test_upsert_overwrites_the_columns_given_and_no_others(probe: Ledger) -> None:
    """A column that was not given keeps its value; the later of two rows wins."""
    put(probe, name="a", amount=Decimal(1), document={"kept": True})

    with probe.writing() as connection:
        upsert(connection, PROBE, [{"name": "a", "amount": Decimal(n)} for n in (2, 3)], ["name"])
        upsert(connection, PROBE, [{"name": "a"}], ["name"])
        upsert(connection, PROBE, [], ["name"])

    assert (only(probe, "amount"), only(probe, "document")) == (3, {"kept": True})


def test_a_block_that_raises_leaves_nothing(probe: Ledger) -> None:
    """All of a transaction or none of it."""
    with pytest.raises(ZeroDivisionError), probe.writing() as connection:
        connection.execute(PROBE.insert().values(name="a"))
        _ = 1 / 0

    assert names(probe) == []


def test_a_reader_keeps_its_view_and_cannot_write(probe: Ledger) -> None:
    """What commits during a reading block is seen by the next one."""
    put(probe, name="before")
    with probe.reading() as connection:
        before = connection.execute(select(func.count()).select_from(PROBE)).scalar_one()
        put(probe, name="during")
        during = connection.execute(select(func.count()).select_from(PROBE)).scalar_one()

    assert (before, during, len(names(probe))) == (1, 1, 2)
    with pytest.raises((LedgerFailed, DBAPIError)), probe.reading() as connection:
        connection.execute(PROBE.insert().values(name="written by a reader"))
    assert names(probe) == ["before", "during"]


def test_two_writers_lose_no_update(probe: Ledger) -> None:
    """Reading and writing back inside one writing block is safe in SQLite; both databases add in one statement."""
    put(probe, amount=Decimal(0))

    def add() -> None:
        for _ in range(25):
            with probe.writing() as connection:
                connection.execute(PROBE.update().values(amount=PROBE.c.amount + Decimal(1)))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert only(probe, "amount") == 100


def test_the_databases_clock_is_the_machines_clock(probe: Ledger) -> None:
    """Both run on this machine here: they agree to the clock's resolution, and the moment is in UTC."""
    before = datetime.now(UTC)
    with probe.reading() as connection:
        moment = database_now(connection)
    after = datetime.now(UTC)

    resolution = timedelta(milliseconds=1)
    assert before - resolution <= moment <= after + resolution
    assert moment.utcoffset() == timedelta(0)


def test_a_ledger_can_be_opened_again_by_its_own_name(probe: Ledger) -> None:
    """``where`` is all that another process needs."""
    put(probe, name="a")

    again = open_ledger(probe.where, any_schema=True)  # it has this test's table only

    assert names(again) == ["a"]
    again.close()

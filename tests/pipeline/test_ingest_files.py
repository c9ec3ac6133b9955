"""Files into a workspace: once each, wholly or not at all, and every row accounted for."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.core import InputError
from evergrove.ingest import ReadOptions, RowCounts, facts_noted, write_facts
from evergrove.ingest.facts.imports import imports
from evergrove.ingest.orders.errors import FutureDates
from evergrove.pipeline import ingest_files
from evergrove.pipeline.ingest import CurrencyChanged, KnownByAddress, OrdersChanged, ZoneChanged

if TYPE_CHECKING:
    from pathlib import Path

MAY = """order_id,customer_id,order_date,amount,currency
A1,ann,2026-05-01,10.00,CNY
A2,ben,2026-05-02,20.00,CNY
A3,ann,2026-05-03,30.00,CNY
"""


def test_orders_come_in(shop: Any) -> None:
    """A file's orders hold afterwards, in either database; what is known of the whole stands beside."""
    outcome = shop.ingest(MAY)

    assert (outcome.seq, outcome.is_new) == (1, True)
    assert outcome.rows == RowCounts(read=3, good=3)
    assert shop.orders() == [("A1", "ann", 10), ("A2", "ben", 20), ("A3", "ann", 30)]
    noted = facts_noted(shop.warehouse.newest())
    assert (noted.seq, noted.currency, noted.has_amounts) == (1, "CNY", True)
    assert (noted.first_date, noted.last_date) == (date(2026, 5, 1), date(2026, 5, 3))


def test_the_same_file_again_changes_nothing(shop: Any) -> None:
    """The same bytes are one import, whatever they are called and whenever they come."""
    first = shop.ingest(MAY)
    before = (shop.warehouse.newest(), shop.facts())

    again = shop.ingest(shop.write(MAY, "copy.csv"), exported="2026-06-20")

    assert not again.is_new
    assert (again.seq, again.rows) == (first.seq, first.rows)
    assert (shop.warehouse.newest(), shop.facts()) == before


def test_many_files_in_one_call(one_shop: Any) -> None:
    """File by file; one that was given before, or twice in the call, is said to be there."""
    files = [one_shop.write(MAY, "may.csv"), one_shop.write(MAY.replace("A", "B"), "june.csv")]

    outcome = ingest_files(one_shop, [*files, files[0]], ReadOptions(), one_shop.clock)

    assert [(file.seq, file.is_new) for file in outcome.files] == [(1, True), (2, True), (1, False)]
    assert outcome.snapshot == one_shop.warehouse.newest()
    again = ingest_files(one_shop, files, ReadOptions(), one_shop.clock)
    assert again.snapshot is None
    assert not any(file.is_new for file in again.files)


def test_overlapping_exports_count_each_order_once(one_shop: Any) -> None:
    """Good + rejected + duplicate = rows, and only the new order is good."""
    one_shop.ingest(MAY)

    later = one_shop.ingest(MAY + "A4,cem,2026-06-02,40.00,CNY\nA5,,2026-06-03,50.00,CNY\n")

    assert later.rows == RowCounts(read=5, good=1, rejected=1, duplicate=3)
    assert [order for order, _customer, _amount in one_shop.orders()] == ["A1", "A2", "A3", "A4"]


def test_purchases_without_an_order_id_are_told_by_what_they_are(one_shop: Any) -> None:
    """Overlapping files tell a purchase once; two alike in one file are two, in both files."""
    header = "customer_id,purchased_at,amount"
    first = f"{header}\nann,2026-05-01 10:00:00,5\nann,2026-05-01 10:00:00,5\nben,2026-05-01 11:00:00,5\n"
    one_shop.ingest(first)

    later = one_shop.ingest(first.replace("ben", "cem") + "ann,2026-05-01 12:00:00,5\n", "2026-06-02")

    assert later.rows == RowCounts(read=4, good=2, duplicate=2)
    assert [customer for _order, customer, _amount in one_shop.orders()] == ["ann"] * 3 + ["ben", "cem"]


def test_a_third_purchase_like_two_that_are_there_is_one_more(one_shop: Any) -> None:
    """The file of the evening has what that of the noon had, and another of the same: one tea, three times."""
    header, tea = "customer_id,purchased_at,amount\n", "ann,2026-05-01,5\n"
    one_shop.ingest(header + 2 * tea)

    later = one_shop.ingest(header + 3 * tea, "2026-06-02")

    assert later.rows == RowCounts(read=3, good=1, duplicate=2)
    assert len(one_shop.orders()) == 3


def test_a_refund_that_stands_in_two_files_is_given_back_once(one_shop: Any) -> None:
    """Negative rows are told by customer, moment, amount and order."""
    header = "order_id,customer_id,order_date,amount\n"
    rows = "A1,ann,2026-05-01,100\nA1,ann,2026-05-09,-30\nA1,ann,2026-05-09,-10\n"
    one_shop.ingest(f"{header}{rows}A2,ben,2026-05-01,1\n")

    later = one_shop.ingest(f"{header}{rows}A1,ann,2026-05-10,-5\nA3,ben,2026-05-01,1\n", "2026-06-02")

    assert later.rows == RowCounts(read=5, good=2, duplicate=3)
    assert one_shop.facts()["refunds"] == [("A1", "ann", "2026-05-09", 40), ("A1", "ann", "2026-05-10", 5)]


def test_a_file_that_is_refused_leaves_nothing(one_shop: Any) -> None:
    """Nothing of it is stored; the files before it are in, those after it are not."""
    good, bad = one_shop.write(MAY, "may.csv"), one_shop.write("a,b\n1,2\n", "bad.csv")
    after = one_shop.write(MAY.replace("A", "B"), "june.csv")

    with pytest.raises(InputError):
        ingest_files(one_shop, [good, bad, after], ReadOptions(), one_shop.clock)

    assert len(one_shop.orders()) == 3
    with one_shop.ledger.reading() as connection:
        assert [row.file for row in connection.execute(imports.select())] == ["may.csv"]
    with pytest.raises(InputError):
        ingest_files(one_shop, [one_shop.folder / "none.csv"], ReadOptions(), one_shop.clock)


def test_rejected_rows_stand_in_a_file_of_their_own(one_shop: Any) -> None:
    """With line, code, reason and raw text, which no spreadsheet runs; for the owner's eyes only."""
    outcome = one_shop.ingest(
        "order_id,customer_id,order_date,amount\nA1,ann,2026-05-01,1\n=1+1,ann,never,1\n"
    )

    path: Path = outcome.rejects
    assert path.is_relative_to(one_shop.folder / "rejects")
    assert path.stat().st_mode & 0o077 == 0
    with path.open(newline="", encoding="utf-8") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["line"], row["code"]) == ("3", "ingest.bad_date")
    assert row["raw"].startswith("'=1+1,ann")
    assert one_shop.ingest(MAY).rejects is None


def test_addresses_for_ids_are_told(one_shop: Any) -> None:
    """They are personal, and nothing takes them out of the facts again; once said of each file that adds some."""
    known = MAY.replace("ann", "ann@mail.example").replace("ben", "@ben")

    (warning,) = one_shop.ingest(known).warnings

    assert isinstance(warning, KnownByAddress)
    assert warning.params == {"file": "orders.csv", "count": 1}
    assert one_shop.ingest(MAY.replace("A", "B")).warnings == ()


def test_an_order_of_somebody_else_is_rejected_and_said(one_shop: Any) -> None:
    """Order numbers that begin anew are no news of the old orders."""
    one_shop.ingest(MAY)

    outcome = one_shop.ingest(MAY.replace("ann", "zoe"), "2026-06-02")

    assert outcome.rows == RowCounts(read=3, rejected=2, duplicate=1)
    assert [type(warning) for warning in outcome.warnings] == [OrdersChanged]
    assert "ingest.changed_order" in outcome.rejects.read_text()
    assert [customer for _order, customer, _amount in one_shop.orders()] == ["ann", "ben", "ann"]
    assert one_shop.facts()["customers"] == [("ann",), ("ben",)]


def test_the_workspace_has_one_currency(one_shop: Any) -> None:
    """The first that is declared holds for files that declare none; another is never added to it."""
    one_shop.ingest(MAY.replace(",currency", "").replace(",CNY", ""))
    assert facts_noted(one_shop.warehouse.newest()).currency == ""
    one_shop.ingest(MAY.replace("A", "B"), "2026-06-02")
    assert facts_noted(one_shop.warehouse.newest()).currency == "CNY"

    mixed = one_shop.ingest(MAY.replace("A", "C").replace("20.00,CNY", "20.00,USD"), "2026-06-03")

    assert mixed.rows.rejected == 1
    with pytest.raises(CurrencyChanged, match="CNY"):
        one_shop.ingest(MAY.replace("A", "D"), options=ReadOptions(currency="USD"))


def test_days_are_counted_in_the_zone_of_the_first_file(one_shop: Any) -> None:
    """Later files follow it; a file read in another one is said to be."""
    text = "order_id,customer_id,created_at,amount\nA1,ann,2026-05-01T23:30:00Z,1\n"
    one_shop.ingest(text, options=ReadOptions(timezone="Asia/Shanghai"))
    assert one_shop.facts()["orders"][0][2] == "2026-05-02"

    one_shop.ingest(text.replace("A1", "A2"), "2026-06-02")
    other = one_shop.ingest(text.replace("A1", "A3"), "2026-06-03", ReadOptions(timezone="UTC"))

    days = {order: day for order, _customer, day, _amount in one_shop.facts()["orders"]}
    assert days == {"A1": "2026-05-02", "A2": "2026-05-02", "A3": "2026-05-01"}
    assert ZoneChanged in {type(warning) for warning in other.warnings}


def test_the_clock_passed_in_says_what_lies_in_the_future(one_shop: Any) -> None:
    """Simulated days come in on simulated days."""
    one_shop.clock.moment = datetime(2026, 5, 1, 12, tzinfo=UTC)
    with pytest.raises(FutureDates, match="2026-05-01"):
        one_shop.ingest(MAY)

    one_shop.clock.moment = datetime(2026, 5, 3, 12, tzinfo=UTC)
    assert one_shop.ingest(MAY).rows.good == 3


def test_who_is_overtaken_reads_again(one_shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process publishes in the middle: its orders are not lost, and ours come on top of them."""
    others = [one_shop.write(MAY.replace("A", "B"), "other.csv")]

    def interrupted(*arguments: Any) -> Any:
        if others:
            one_shop.ingest(others.pop())
        return write_facts(*arguments)

    monkeypatch.setattr("evergrove.pipeline.ingest.write_facts", interrupted)
    outcome = one_shop.ingest(MAY)

    assert outcome.seq == 2
    assert [order for order, *_rest in one_shop.orders()] == ["A1", "A2", "A3", "B1", "B2", "B3"]

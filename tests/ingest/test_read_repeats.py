"""The same order again: duplicates, conflicts, versions, parts; in one file and across files."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from evergrove.ingest.orders.errors import RepeatedOrders, RepeatsKept
from evergrove.ingest.types import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.ingest.conftest import Reading

    Read = Callable[..., Reading]

PLAIN = "order_id,customer_id,order_date,amount\nA1,c1,2024-01-13,5.00\nA2,c2,2024-01-14,7.50\n"


def test_duplicates_and_conflicts(read: Read) -> None:
    """One id with one content is a duplicate; with another it is a conflict, and the first wins."""
    text = (
        "order_id,customer_id,order_date,amount\n"
        "1,a,2024-01-13,5\n1,a,2024-01-13,5\n2,b,2024-01-14,5\n2,b,2024-01-14,6\n3,c,2024-01-15,7\n"
    )

    reading = read(text)

    assert reading.orders() == [
        ("1", "a", "2024-01-13", 5.0),
        ("2", "b", "2024-01-14", 5.0),
        ("3", "c", "2024-01-15", 7.0),
    ]
    assert reading.rejects() == [(5, "ingest.conflict")]
    assert reading.intake.rejected["ingest.conflict"] == Rejected(1, Decimal(6))
    assert reading.intake.rows.duplicate == 1
    assert RepeatedOrders in reading.warned()


def test_versions_by_updated_at(read: Read) -> None:
    """The newest version wins, older ones count as duplicates, a changed customer is a conflict."""
    text = (
        "order_id,customer_id,order_date,amount,status,updated_at\n"
        "1,a,2024-01-13,5,pending,2024-01-13 10:00\n1,a,2024-01-13,7,paid,2024-01-15 10:00\n"
        "1,a,2024-01-13,6,paid,2024-01-14 10:00\n2,b,2024-01-14,5,paid,2024-01-14 10:00\n2,z,2024-01-14,5,paid,2024-01-16 10:00\n"
    )

    reading = read(text)

    assert reading.orders() == [("1", "a", "2024-01-13", 7.0), ("2", "b", "2024-01-14", 5.0)]
    assert reading.intake.rows.duplicate == 2
    assert reading.rejects() == [(6, "ingest.conflict")]


def test_repeats_without_an_order_id_are_kept_and_said(read: Read) -> None:
    """Two purchases of one customer on one day for one amount may be two purchases."""
    reading = read("customer,date,amount\na,2024-01-13,5\na,2024-01-13,5\na,2024-01-13,5\nb,2024-01-14,5\n")

    assert len(reading.orders()) == 4
    (warning,) = reading.intake.warnings
    assert isinstance(warning, RepeatsKept)
    assert warning.params["repeats"] == 2


def test_the_same_file_twice_changes_nothing(read: Read, read_paths: Read, tmp_path: Path) -> None:
    """Every row of the second is a duplicate, the bad ones too."""
    text = PLAIN + "A3,,2024-01-15,1.00\n"
    once = read(text, name="a.csv")
    orders, path = once.orders(), tmp_path / "a.csv"
    copy = tmp_path / "b.csv"
    copy.write_text(text)

    twice = read_paths(path, path, copy)

    assert twice.orders() == orders
    assert twice.rejects() == [(4, "ingest.no_customer")]
    assert [counts.duplicate for counts in twice.intake.by_file.values()] == [0, 3, 3]
    assert list(twice.intake.by_file) == [str(path), f"{path} (2)", str(copy)]


def test_files_of_different_kinds_are_read_together(read_paths: Read, tmp_path: Path) -> None:
    """Other encodings and headers; an order in both is a duplicate, a changed one a version of the newer file."""
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(PLAIN)
    second.write_bytes(
        "订单号,会员ID,下单时间,实付金额\nA1,c1,2024-01-13,5.00\nA2,c2,2024-01-14,8.00\nA3,c3,2024-02-01,9.00\n".encode(
            "gbk"
        )
    )

    reading = read_paths(first, second)

    assert [(o[0], o[3]) for o in reading.orders()] == [("A1", 5.0), ("A2", 8.0), ("A3", 9.0)]
    assert reading.intake.rows.duplicate == 2
    assert set(reading.intake.encodings.values()) == {"UTF-8", "GB18030"}
    assert {match.file for match in reading.intake.columns} == {str(first), str(second)}


def test_an_order_in_parts_is_one_order(read_paths: Read, tmp_path: Path) -> None:
    """Lines of one order in two files are parts where no product recurs, and versions where one does."""
    header = "order_id,customer_id,order_date,sku,amount\n"
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(
        header + "1,c1,2024-01-01,s1,1\n1,c1,2024-01-01,s2,2\n2,c1,2024-01-02,s1,1\n2,c1,2024-01-02,s2,2\n"
    )
    second.write_text(
        header + "1,c1,2024-01-01,s3,4\n2,c1,2024-01-02,s1,5\n3,c1,2024-01-09,s1,1\n3,c1,2024-01-09,s2,1\n"
    )

    reading = read_paths(first, second)

    assert [(o[0], o[3]) for o in reading.orders()] == [("1", 7.0), ("2", 5.0), ("3", 2.0)]
    assert reading.intake.rows.duplicate == 2


def test_rows_without_an_order_id_repeat_across_files_once(read_paths: Read, tmp_path: Path) -> None:
    """Overlapping exports: as many as the earlier file has are the same purchases."""
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("customer,date,amount\na,2024-01-13,5\na,2024-01-13,5\nb,2024-01-14,5\n")
    second.write_text(
        "customer,date,amount\na,2024-01-13,5\na,2024-01-13,5\na,2024-01-13,5\nc,2024-01-15,5\n"
    )

    reading = read_paths(first, second)

    assert [o[1] for o in sorted(reading.orders(), key=lambda o: o[1])] == ["a", "a", "a", "b", "c"]
    assert reading.intake.rows.duplicate == 2


def test_a_file_of_refunds_beside_the_orders(read_paths: Read, tmp_path: Path) -> None:
    """It tells what was given back, and of which order."""
    orders, refunds = tmp_path / "orders.csv", tmp_path / "refunds.csv"
    orders.write_text(PLAIN)
    refunds.write_text(
        "order_id,customer_id,refunded_at,date,refund_amount\nA1,c1,2024-02-01,2024-02-01,2.00\nX9,c2,2024-02-02,2024-02-02,1.00\n"
    )

    reading = read_paths(orders, refunds)

    assert reading.refunds() == [("", "c2", "2024-02-02", 1.0), ("A1", "c1", "2024-02-01", 2.0)]
    assert len(reading.orders()) == 2

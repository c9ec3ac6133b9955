"""The export is a file as shops send them."""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.simulation import Shop, ShopOptions, UnknownFormat, simulate_shop, write_orders, write_truth
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

HEADER = (
    "order_id,customer_id,name,phone,email,ordered_at,status,amount,refund_amount,currency,channel,"
    "category,product"
)


@pytest.fixture(scope="module")
def shop() -> Shop:
    """A small shop."""
    return simulate_shop(ShopOptions(customers=400))


@pytest.fixture(scope="module")
def rows(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """Its export, as text."""
    path = tmp_path_factory.mktemp("shop") / "orders.csv"
    write_orders(shop, path)
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        assert ",".join(reader.fieldnames or ()) == HEADER
        return list(reader)


def test_every_row_is_written_once_with_exact_amounts(shop: Shop, rows: list[dict[str, str]]) -> None:
    """Sums agree to the cent, in order."""
    amounts = [Decimal(row["amount"]) * 10_000 for row in rows]

    assert [int(a) for a in amounts] == shop.orders.amount.tolist()
    assert [int(Decimal(row["refund_amount"]) * 10_000) for row in rows] == shop.orders.refund.tolist()
    assert [row["ordered_at"] for row in rows] == [
        str(moment).replace("T", " ") for moment in shop.orders.ordered_at
    ]


def test_contacts_are_invented(rows: list[dict[str, str]]) -> None:
    """Reserved domains, numbers that no network gives out, names of trees."""
    assert all(row["email"].endswith("@mail.example") for row in rows)
    assert all(len(row["phone"]) == 11 and row["phone"].startswith("100") for row in rows)
    assert any(row["name"].isascii() for row in rows)
    assert any(not row["name"].isascii() for row in rows)


def test_a_customer_keeps_name_and_channel(rows: list[dict[str, str]]) -> None:
    """One person, one name."""
    people = {(row["customer_id"], row["name"], row["phone"], row["channel"]) for row in rows}

    assert len(people) == len({row["customer_id"] for row in rows})


def test_repeated_rows_are_identical(rows: list[dict[str, str]]) -> None:
    """An order id never stands for two different orders."""
    by_id: dict[str, dict[str, str]] = {}
    for row in rows:
        assert by_id.setdefault(row["order_id"], row) == row


def test_parquet_holds_the_same_rows_typed(shop: Shop, rows: list[dict[str, str]], tmp_path: Path) -> None:
    """Amounts are decimals, moments are timestamps."""
    path = tmp_path / "orders.parquet"
    write_orders(shop, path)
    with open_engine() as engine:
        types = dict(
            engine.run("select column_name, column_type from (describe from read_parquet($p))", p=str(path))
        )
        total = engine.value("select sum(amount) from read_parquet($p)", p=str(path))

    assert types["amount"] == types["refund_amount"] == "DECIMAL(18,2)"
    assert types["ordered_at"].startswith("TIMESTAMP")
    assert total == sum(Decimal(row["amount"]) for row in rows)


def test_the_truth_is_written_beside_it(shop: Shop, tmp_path: Path) -> None:
    """One row per customer, by the id of the export."""
    path = tmp_path / "truth.parquet"
    write_truth(shop.truth, path)
    with open_engine() as engine:
        columns = engine.arrays("select * from read_parquet($p) order by customer_id", p=str(path))

    assert columns["customer_id"][0] == "C000000"
    np.testing.assert_array_equal(columns["expected_value_12m"], shop.truth.expected_value_12m)


def test_other_formats_are_refused(shop: Shop, tmp_path: Path) -> None:
    """The sentence says which endings there are."""
    with pytest.raises(UnknownFormat, match=r"orders\.xlsx.*\.csv or \.parquet"):
        write_orders(shop, tmp_path / "orders.xlsx")

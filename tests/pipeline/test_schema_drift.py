"""A source whose columns change says so by name, and what every row needs is asked for when it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from evergrove.core import InputError
from evergrove.ingest import ReadOptions
from evergrove.ingest.facts.drift import ColumnsGone, ColumnsNew, ColumnsRenamed, ColumnsRetyped
from evergrove.pipeline.ingest_tables import ingest_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pipeline.conftest import Shop

DRIFT = (ColumnsGone, ColumnsNew, ColumnsRenamed, ColumnsRetyped)
HEADER = "order_id,customer_id,order_date,amount,status,campaign"


def told(shop: Shop, header: str, *rows: str) -> dict[type, str]:
    """What an import says of drift: kind of difference to names."""
    outcome = shop.tell(*rows, exported="2026-06-01", header=header)
    return {type(each): str(each.params["columns"]) for each in outcome.warnings if isinstance(each, DRIFT)}


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        (HEADER, "A2,ann,2026-05-02,11,paid,may", {}),
        ("campaign,status,amount,order_date,customer_id,order_id", "may,paid,11,2026-05-02,ann,A2", {}),
        ("order_id,customer_id,order_date,amount,campaign", "A2,ann,2026-05-02,11,may", {ColumnsGone: "status (status)"}),
        (f"{HEADER},colour", "A2,ann,2026-05-02,11,paid,may,red", {ColumnsNew: "colour"}),
        (
            "order_id,customer_id,order_date,amount,status,campaigns",
            "A2,ann,2026-05-02,11,paid,may",
            {ColumnsRenamed: "campaign → campaigns"},
        ),
        (
            "order_id,customer_id,paid_at,amount,status,campaign",
            "A2,ann,2026-05-02,11,paid,may",
            {ColumnsRenamed: "order_date → paid_at"},
        ),
        (
            "order_id,customer_id,order_date,amount,status,campaign",
            "A2,ann,2026-05-02,,cancelled,may",
            {},
        ),
    ],
)  # fmt: skip
def test_differences_are_told_by_name(
    one_shop: Shop, header: str, row: str, expected: dict[type, str]
) -> None:
    """New, gone, renamed; another order of columns, or an empty column, is no difference."""
    assert told(one_shop, HEADER, "A1,ann,2026-05-01,10,paid,may") == {}
    assert told(one_shop, header, row) == expected


def test_another_kind_of_values_is_told(one_shop: Shop) -> None:
    """Customers were numbers, and are words now; 20260501 may be both and is no change."""
    assert told(one_shop, HEADER, "A1,1001,2026-05-01,10,paid,may") == {}
    changed = told(one_shop, HEADER, "A2,annabel,2026-05-02,10,paid,may")
    assert changed == {ColumnsRetyped: "customer_id: number → text"}


def test_other_sources_are_not_compared(one_shop: Shop) -> None:
    """Two shop systems in one workspace: each is held against its own last export."""
    assert told(one_shop, HEADER, "A1,ann,2026-05-01,10,paid,may") == {}
    chinese = "订单编号,买家会员名,付款时间,实付款金额"
    assert told(one_shop, chinese, "B1,bo,2026-05-01 10:00:00,10") == {}
    assert told(one_shop, HEADER, "A2,ann,2026-05-02,10,paid,may") == {}


def test_a_column_that_is_needed_and_gone_is_an_error(one_shop: Shop) -> None:
    """As without any earlier import: the way out is said, and nothing comes in."""
    told(one_shop, HEADER, "A1,ann,2026-05-01,10,paid,may")
    with pytest.raises(InputError, match="--map"):
        told(one_shop, "order_id,order_date,amount,status,campaign", "A2,2026-05-02,10,paid,may")
    assert [order for order, _customer, _amount in one_shop.orders()] == ["A1"]


def test_declared_tables_too(new_shop: Callable[[str], Any]) -> None:
    """Their outcome carries the warning."""
    shop = new_shop("costs")
    files = [
        shop.write("order_id,cost_type,cost,date\nA1,freight,5,2026-05-01\n", "one.csv"),
        shop.write("order_id,cost_type,cost,date,extra\nA2,freight,5,2026-05-02,x\n", "two.csv"),
    ]
    outcomes = ingest_tables(shop, files, "costs", ReadOptions(), shop.clock)
    found = [type(each) for one in outcomes if one.read for each in one.read.intake.warnings]
    assert found == [ColumnsNew]

"""``evergrove value`` with files of costs beside the orders: the basis follows from what they tell, and is said."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Done

START, END = date(2025, 1, 1), date(2026, 3, 1)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Sixty customers of fourteen months; goods cost exactly half, a refund of 5 for each tenth order."""
    chance = np.random.default_rng(3)
    files: dict[str, list[str]] = {
        "orders.csv": ["order_id,customer_id,order_date,amount,status"],
        "costs.csv": ["order_id,cost_type,cost,date"],
        "lines.csv": ["order_id,line_id,sku,product_name,category,quantity,price"],
        "refunds.csv": ["order_id,customer_id,refund_date,refund_amount"],
    }
    number = 0
    for customer in range(60):
        day = START + timedelta(days=int(chance.integers(200)))
        while day < END:
            number, amount = number + 1, int(chance.integers(20, 100))
            files["orders.csv"].append(f"O{number},C{customer:02},{day},{amount}.00,paid")
            files["costs.csv"].append(f"O{number},goods,{amount / 2:.2f},{day}")
            files["lines.csv"].append(f"O{number},1,S1,Tee,Tops,{amount},1.00")
            if number % 10 == 0:
                files["refunds.csv"].append(f"O{number},C{customer:02},{day},5.00")
            day += timedelta(days=1 + int(chance.exponential(45)))
    files["products.csv"] = ["product_id,sku,product_name,price,cost", "P1,S1,Tee,1.00,0.50"]
    files["spend.csv"] = [
        "date,platform,campaign,spend,impressions,clicks",
        *(f"2025-0{month}-03,douyin,x,100.00,1,1" for month in range(1, 8)),
    ]
    for name, lines in files.items():
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def value(shop: Path, evergrove: Callable[..., Done]) -> Callable[..., dict[str, Any]]:
    """``value("orders.csv", "costs.csv", ...)``: the figures of summary.json, and what was printed."""

    def run(*arguments: str) -> dict[str, Any]:
        options = ("--currency", "CNY", "--no-xlsx", "--no-intervals", "--model", "mbg-nbd")
        done = evergrove("value", *arguments, "-o", "out", *options)
        assert done.status == 0, done.err
        found: dict[str, Any] = json.loads((shop / "out" / "summary.json").read_text(encoding="utf-8"))
        return found | {"printed": done.out}

    return run


def earned(shop: Path) -> float:
    """What all customers brought so far, on the basis of the run."""
    column = pq.read_table(shop / "out" / "customers.parquet")["historic_value"].to_pylist()
    return float(sum(map(float, column)))


def paid(shop: Path) -> float:
    """What all orders come to."""
    return sum(float(line.split(",")[3]) for line in (shop / "orders.csv").read_text().splitlines()[1:])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("beside", "tables", "basis", "share", "less"),
    [
        ((), (), "revenue", 1.0, 0),
        (("costs.csv",), ("costs",), "margin", 0.5, 0),
        (("lines.csv", "products.csv"), ("order_lines", "products"), "margin", 0.5, 0),
        (("costs.csv", "spend.csv"), ("costs", "spend"), "net_profit", 0.5, 700),
    ],
)
def test_the_basis_follows_from_the_tables(
    value: Callable[..., dict[str, Any]],
    shop: Path,
    beside: tuple[str, ...],
    tables: tuple[str, ...],
    basis: str,
    share: float,
    less: int,
) -> None:
    """Goods cost half, so the margin is half of what was paid; advertising of 700 comes off it. The words say so."""
    figures = value("orders.csv", *beside)
    assert figures["basis"] == basis
    told = [(each["table"], each["read"], each["good"]) for each in figures["beside"]]
    rows = [len((shop / file).read_text().splitlines()) - 1 for file in beside]
    assert told == list(zip(tables, rows, rows, strict=True))
    said = {"revenue": "revenue", "margin": "margin", "net_profit": "net profit"}[basis]
    assert f"Value in the next 12 months ({said})" in figures["printed"]
    assert all(f"{file}, {table}: " in figures["printed"] for file, table in zip(beside, tables, strict=True))
    page = (shop / "out" / "report.html").read_text(encoding="utf-8")
    meant = {"revenue": "revenue, net of refunds", "margin": "gross margin", "net_profit": "net profit"}[
        basis
    ]
    assert f"Value means {meant}" in page
    assert all(f"Good rows of {file}" in page for file in beside)
    assert earned(shop) == pytest.approx(share * paid(shop) - less, abs=0.01)


def test_refunds_of_a_file_of_their_own_come_off_what_was_paid(
    value: Callable[..., dict[str, Any]], shop: Path
) -> None:
    """Five back for each tenth order, under a name that its headers need not tell."""
    (shop / "back.csv").write_text(
        (shop / "refunds.csv").read_text().replace("refund_date,refund_amount", "date,amount")
    )
    figures = value("orders.csv", "--as", "refunds=back.csv")
    refunds = len((shop / "back.csv").read_text().splitlines()) - 1
    assert [(each["table"], each["good"]) for each in figures["beside"]] == [("refunds", refunds)]
    assert earned(shop) == pytest.approx(paid(shop) - 5 * refunds, abs=0.01)
    assert float(figures["net_amount"]) == pytest.approx(paid(shop) - 5 * refunds, abs=0.01)


def test_costs_in_another_currency_wait_until_rates_are_given(
    value: Callable[..., dict[str, Any]], shop: Path
) -> None:
    """Without a rate they are counted and said; with one they count."""
    day = (shop / "orders.csv").read_text().splitlines()[1].split(",")[2]
    (shop / "costs.csv").write_text(
        f"order_id,cost_type,cost,date,currency\nO1,goods,1.00,{day},USD\nO2,goods,7.00,{day},CNY\n"
    )
    (shop / "rates.csv").write_text(f"date,from_currency,to_currency,rate\n{day},USD,CNY,7.0\n")
    alone, rated = value("orders.csv", "costs.csv"), value("orders.csv", "costs.csv", "rates.csv")
    assert [(each["what"], each["rows"]) for each in alone["waiting"]] == [("costs", 1)]
    assert rated["waiting"] == []


def test_what_a_valuation_has_no_use_for_is_refused(shop: Path, evergrove: Callable[..., Done]) -> None:
    """The error names what it takes, and where the rest goes."""
    done = evergrove("value", "orders.csv", "--as", "events=costs.csv", "-o", "out")
    assert done.status == 2
    assert "costs.csv holds events" in done.err
    assert "evergrove init" in done.err
    assert evergrove("value", "orders.csv", "--as", "costs", "-o", "out").status == 2
    assert not (shop / "out").exists()


def test_a_preset_is_told_by_name(evergrove: Callable[..., Done], tmp_path: Path) -> None:
    """Of an export with fewer columns than its system writes; unknown names are refused with the known ones."""
    rows = "".join(
        f"{n},ann{n % 7},{10 + n}.00,交易成功,2026-0{1 + n % 6}-0{1 + n % 9} 10:00:00\n" for n in range(90)
    )
    head = "订单编号,买家会员名,买家实际支付金额,订单状态,订单付款时间\n"
    (tmp_path / "list.csv").write_text(head + rows, encoding="gb18030")
    options = ("--no-xlsx", "--no-intervals", "-o", "out")
    assert evergrove("value", "list.csv", "--preset", "taobao", *options).status == 0
    figures = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert (figures["currency"], figures["timezone"], figures["customers"]) == ("CNY", "Asia/Shanghai", 7)
    assert evergrove("value", "list.csv", "--preset", "nobody", *options).status == 2


def test_explain_reads_the_tables_again(
    value: Callable[..., dict[str, Any]], shop: Path, evergrove: Callable[..., Done]
) -> None:
    """A customer's refunds are those of the run; a changed file of costs is said."""
    value("orders.csv", "refunds.csv")
    customer = (shop / "refunds.csv").read_text().splitlines()[1].split(",")[1]
    done = evergrove("explain", customer, "-o", "out")
    assert done.status == 0, done.err
    assert "lowers the order that it names" in done.out
    (shop / "refunds.csv").write_text("order_id,customer_id,refund_date,refund_amount\n")
    assert evergrove("explain", customer, "-o", "out").status == 2

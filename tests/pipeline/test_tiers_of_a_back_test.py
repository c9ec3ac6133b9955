"""Groups of a back-test by tier: the very tiers that customers were in on the day of the origin."""

from __future__ import annotations

import csv
from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pytest

from evergrove.ingest import ReadOptions
from evergrove.pipeline import ValueRequest, value_files
from evergrove.pipeline.backtest import BacktestRequest, backtest_files
from evergrove.pipeline.tiers_then import tiers_then
from evergrove.scoring.rolling import Options
from evergrove.settings import Settings, TierSettings
from evergrove.simulation import ShopOptions, simulate_shop, write_orders
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = Options(origins=1, window_days=90, models=("mbg-nbd",), season=False)


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Orders and refunds of a small shop, in CNY."""
    file = tmp_path_factory.mktemp("tiers") / "orders.parquet"
    write_orders(simulate_shop(ShopOptions(customers=400, seed=11)), file)
    return file


def silent(_stage: str) -> None:
    """Announce nothing."""


def looked_back(orders: Path, out: Path) -> Any:
    """A back-test with one origin."""
    request = BacktestRequest(out=out, options=OPTIONS, files=(orders,), read=ReadOptions())
    with open_engine() as engine:
        return backtest_files(engine, request, Settings(), silent)


def test_the_tiers_of_an_origin_are_those_that_value_gives_on_that_day(orders: Path, tmp_path: Path) -> None:
    """The main job, told to stop at the origin, counts the same customers in every tier."""
    outcome = looked_back(orders, tmp_path / "back-test")
    [origin] = outcome.found.origins
    request = ValueRequest(
        files=(orders,), out=tmp_path / "then", read=ReadOptions(), as_of=origin.origin,
        model="mbg-nbd", report=False, csv=False, workbooks=False, intervals=False,
    )  # fmt: skip

    with open_engine() as engine:
        value_files(engine, request, Settings(), silent)

    counted = "select tier, count(*) from read_parquet($1) where tier is not null group by tier"
    then = dict(duckdb.execute(counted, [str(tmp_path / "then" / "customers.parquet")]).fetchall())
    for record in outcome.found.records:
        assert {row.label: row.customers for row in record.groups if row.by == "tier"} == then
    with (tmp_path / "back-test" / "groups.csv").open(encoding="utf-8-sig") as stream:
        assert {row["label"] for row in csv.DictReader(stream) if row["by"] == "tier"} == set(then)
    assert len(then) >= 3


def test_the_page_speaks_of_tiers_in_place_of_quarters(orders: Path, tmp_path: Path) -> None:
    """Two tables of the same thing are one too many."""
    looked_back(orders, tmp_path / "back-test")

    page = (tmp_path / "back-test" / "back-test.html").read_text(encoding="utf-8")

    assert 'id="tiers"' in page
    assert "Potential" in page
    assert 'id="bands"' not in page


def test_a_tier_is_the_median_of_three_bands_of_the_year_before() -> None:
    """Worked by hand with the bounds of the settings: 5000 / 6 / 800, 2000 / 3 / 400, 1000 / 1 / 200."""
    year = SimpleNamespace(
        spend=np.array([6000.0, 5600.0, 900.0, 0.0, 4999.0]),
        orders=np.array([7, 2, 1, 0, 6]),
        repeat_orders=np.array([6, 1, 0, 0, 5]),
    )
    # high, high, high | high, medium, high | low, low, high | low, low, low | potential, potential, high
    split: Any = SimpleNamespace(last_year=year, purchases=np.zeros(5))

    labels, of = tiers_then(TierSettings(bounds="fixed"), "CNY")(split)

    assert [labels[k] for k in of] == ["high", "potential", "low", "low", "potential"]


def test_without_amounts_nobody_is_in_a_tier(tmp_path: Path) -> None:
    """Quarters of the purchases so far stand in."""
    lines = [f"c{k % 40},{date(2024, 1 + k % 12, 1 + k % 27)}" for k in range(400)]
    file = tmp_path / "orders.csv"
    file.write_text("\n".join(["customer_id,order_date", *lines]) + "\n", encoding="utf-8")

    outcome = looked_back(file, tmp_path / "back-test")

    divisions = {row.by for record in outcome.found.records for row in record.groups}
    assert divisions == {"band", "cohort", "frequency"}

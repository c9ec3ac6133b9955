"""What is imported when: the promise behind a cold start of about a second, without timing anything."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.simulation import ShopOptions, simulate_shop, world
from evergrove.simulation.types import TEN_THOUSANDTHS
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = (
    "babel",
    "jinja2",
    "pandas",
    "polars",
    "pyarrow",
    "python_calamine",
    "rich",
    "scipy",
    "sqlglot",
    "xlsxwriter",
)
PRINT_MODULES = (
    "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
)
RUN_VALUE = """
import sys
from evergrove.cli import main
sys.argv = ["evergrove", "value", *sys.argv[1:]]
try:
    main()
except SystemExit as done:
    if done.code:
        raise
"""


def modules_after(code: str, *arguments: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after running some code."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{PRINT_MODULES}", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def typed_orders(folder: Path) -> Path:
    """Paid orders of a small shop as typed Parquet: customer, day, amount."""
    shop = simulate_shop(ShopOptions(customers=400))
    paid = np.isin(shop.orders.status, (world.COMPLETED, world.PAID))
    columns = {
        "customer_id": shop.orders.customer[paid],
        "order_date": shop.orders.ordered_at[paid].astype("datetime64[D]").astype("datetime64[us]"),
        "amount": shop.orders.amount[paid] / TEN_THOUSANDTHS,
    }
    with open_engine() as engine:
        engine.register("shop", columns)
        engine.copy_to("select * from shop", folder / "orders.parquet", "format parquet")
    return folder / "orders.parquet"


def test_importing_the_library_costs_nothing() -> None:
    """``import evergrove`` brings neither numpy nor DuckDB: names are looked up when first asked for."""
    loaded = modules_after("import evergrove")

    assert sorted(loaded & {*HEAVY, "numpy", "duckdb", "typer"}) == []


def test_asking_for_help_needs_no_table() -> None:
    """``evergrove --help`` answers without what draws, reads or writes tables."""
    loaded = modules_after(
        "from evergrove.cli import main\nimport sys\nsys.argv = ['evergrove', '--version']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass"
    )

    assert sorted(loaded & set(HEAVY)) == []


@pytest.mark.parametrize("model", ["bg-nbd", "mbg-nbd"])
def test_the_lean_path_imports_numpy_duckdb_and_typer_only(tmp_path: Path, model: str) -> None:
    """From typed Parquet to written scores, nothing heavy is imported."""
    orders = typed_orders(tmp_path)
    lean = ("--no-report", "--no-csv", "--no-xlsx", "--no-intervals", "--quiet")

    loaded = modules_after(RUN_VALUE, str(orders), "-o", str(tmp_path / "out"), "--model", model, *lean)

    assert loaded >= {"numpy", "duckdb", "typer"}
    assert sorted(loaded & set(HEAVY)) == []

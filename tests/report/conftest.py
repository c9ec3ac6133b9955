"""A simulated shop, valued by the real stations, and a stored summary.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.ingest import ReadOptions
from evergrove.pipeline import ValueRequest, value_files
from evergrove.settings import Settings
from evergrove.simulation import ShopOptions, simulate_shop, write_orders
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from evergrove.report import Figures

GOLDEN = Path(__file__).parent / "data" / "summary-1.json"


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the main job writes for a small shop."""
    folder = tmp_path_factory.mktemp("shop")
    orders = folder / "orders.parquet"
    write_orders(simulate_shop(ShopOptions(customers=500, seed=5)), orders)
    request = ValueRequest(
        files=(orders,),
        out=folder / "results",
        read=ReadOptions(),
        model="mbg-nbd",
        csv=False,
        workbooks=False,
    )
    with open_engine() as engine:
        value_files(engine, request, Settings(), lambda _stage: None)
    return folder / "results"


@pytest.fixture(scope="session")
def figures(results: Path) -> Figures:
    """The figures of that shop, as they stand in its summary.json."""
    stored: Figures = json.loads((results / "summary.json").read_text(encoding="utf-8"))
    return stored


@pytest.fixture
def golden() -> Figures:
    """A summary.json of format 1 as it was first written; a copy that a test may change."""
    stored: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return stored

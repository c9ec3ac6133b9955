"""The demo: simulate a shop, run the main job on its orders, compare the scores with the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.ingest import ReadOptions
from evergrove.pipeline.types import ValueOutcome, ValueRequest
from evergrove.pipeline.value import value_files
from evergrove.simulation import (
    Closeness,
    ShopOptions,
    compare_with_truth,
    simulate_shop,
    write_orders,
    write_truth,
)
from evergrove.warehouse import literal

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.pipeline.types import Announce
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine

CONTACTS = ("name", "phone", "email")
COMPARED = (
    "customer_id",
    "p_alive",
    "expected_purchases_12m",
    "clv_12m",
    "clv_12m_low",
    "clv_12m_high",
    "stage",
)


@dataclass(frozen=True)
class DemoOutcome:
    """
    What the demo found.

    Attributes:
        outcome: Of the main job.
        closeness: How close the scores came to the simulated truth.
        orders: The order export that the main job ran on.
    """

    outcome: ValueOutcome
    closeness: Closeness
    orders: Path


def run_demo(
    engine: Engine, folder: Path, customers: int, seed: int, settings: Settings, announce: Announce
) -> DemoOutcome:
    """
    Write ``orders.csv`` and ``truth.parquet`` into a folder, and the results into ``results`` below it.

    The truth is read only after everything was published.
    """
    announce(_("Simulating a shop"))
    options = ShopOptions(customers=customers, seed=seed)
    shop = simulate_shop(options)
    folder.mkdir(parents=True, exist_ok=True)
    orders = folder / "orders.csv"
    write_orders(shop, orders)
    write_truth(shop.truth, folder / "truth.parquet")
    request = ValueRequest(
        files=(orders,),
        out=folder / "results",
        read=ReadOptions(keep=CONTACTS),
        as_of=options.as_of,
    )
    outcome = value_files(engine, request, settings, announce)

    announce(_("Comparing with the truth"))
    columns = ", ".join(COMPARED)
    table = literal(str(request.out / "customers.parquet"))
    scored = engine.arrays(f"select {columns} from read_parquet({table}) where clv_12m is not null")
    return DemoOutcome(outcome, compare_with_truth(scored, shop.truth), orders)

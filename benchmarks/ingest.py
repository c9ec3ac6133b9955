"""
A million orders into a workspace: seconds from a CSV file to published facts, and to facts shown for a run.

``python -m benchmarks.ingest [ORDERS]`` prints one JSON line: the first import, a second export in which one
order in a hundred was cancelled, an export of one day on top of them, and showing all facts after each.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import commit, machine

from evergrove.core import SetClock
from evergrove.ingest import ReadOptions, show_facts
from evergrove.ledger import Ledger, create_all, open_ledger
from evergrove.pipeline import ingest_files
from evergrove.warehouse import Warehouse, open_engine

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ORDERS = """
select
    'A' || lpad(cast(i * 7919 % 1000003 as varchar), 9, '0') as order_id,
    'C' || lpad(cast(hash(i) % ($orders // 7) as varchar), 7, '0') as customer_id,
    timestamp '2023-01-01' + interval (i * 90000000 // $orders) second as ordered_at,
    round(10 + hash(i * 3) % 50000 / 100.0, 2) as amount,
    case when hash(i * 5) % $cancelled = 0 then 'cancelled' else 'paid' end as status
from range($orders) as numbers(i)
"""
FILES = {
    "first": (50, ""),
    "again": (33, ""),
    "one_day": (50, "where ordered_at >= (select max(ordered_at) from told) - interval 1 day"),
}
"""One order in so many is cancelled, and which orders the file holds."""


@dataclass(frozen=True)
class Parts:
    """What of a workspace an import needs."""

    folder: Path
    ledger: Ledger
    warehouse: Warehouse


def write(path: Path, orders: int, cancelled: int, only: str) -> None:
    """Write an order export."""
    with open_engine() as engine:
        engine.create("told", ORDERS, orders=orders, cancelled=cancelled)
        engine.copy_to(f"select * from told {only}", path, "format csv, header true")


def measured(parts: Parts, path: Path, clock: SetClock) -> dict[str, Any]:
    """Import one file and show what holds."""
    began = time.perf_counter()
    (file,) = ingest_files(parts, [path], ReadOptions(), clock).files
    imported = time.perf_counter()
    with open_engine() as engine:
        show_facts(engine, parts.warehouse, parts.warehouse.newest())
        orders = engine.value("select count(*) from orders")
    shown = time.perf_counter()
    return {
        "rows": file.rows.read,
        "good": file.rows.good,
        "import_s": round(imported - began, 2),
        "show_s": round(shown - imported, 2),
        "orders": orders,
    }


def main(orders: int) -> None:
    """Measure and print."""
    clock = SetClock(NOW)
    with tempfile.TemporaryDirectory(prefix="evergrove-") as name:
        folder = Path(name)
        ledger = open_ledger(folder / "ledger.sqlite", create=True)
        create_all(ledger)
        parts = Parts(folder, ledger, Warehouse(folder / "warehouse", ledger, clock))
        figures = {}
        for file, (cancelled, only) in FILES.items():
            path = folder / f"{file}.csv"
            write(path, orders, cancelled, only)
            clock.moment = datetime.now(UTC)
            figures[file] = measured(parts, path, clock)
        stored = sum(path.stat().st_size for path in (folder / "warehouse").glob("*/*"))
        ledger.close()
    print(json.dumps({"commit": commit(), **machine(), **figures, "stored_mb": round(stored / 1e6, 1)}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

"""
Orders into a workspace: seconds and memory from a CSV file to published facts, with every check that the command makes.

``python -m benchmarks.ingest`` writes CSV exports of one and of five million orders, runs ``evergrove ingest`` on each
as a cold process in a new workspace, then on a second export in which one order in thirty-three was cancelled, on
one of a single day, and on the first one again, which changes nothing; and writes benchmarks/results/ingest.{json,md}.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT, commit, machine
from benchmarks.processes import run_cold

from evergrove.warehouse import open_engine

RESULTS = ROOT / "benchmarks" / "results"
SIZES = (1_000_000, 5_000_000)
TARGET_ROWS, TARGET_S, TARGET_MB = 5_000_000, 60, 1500
ORDERS = """
select
    'A' || lpad(cast(i * 7919 % 1000003 as varchar), 9, '0') || '-' || (i // 1000003) as order_id,
    'C' || lpad(cast(hash(i) % ($orders // 7) as varchar), 7, '0') as customer_id,
    timestamp '2023-01-01' + interval (i * 90000000 // $orders) second as ordered_at,
    round(10 + hash(i * 3) % 50000 / 100.0, 2) as amount,
    case when hash(i * 5) % $cancelled = 0 then 'cancelled' else 'paid' end as status
from range($orders) as numbers(i)
"""
FILES = {
    "first": (50, ""),
    "again, other": (33, ""),
    "one day": (50, "where ordered_at >= (select max(ordered_at) from told) - interval 1 day"),
}
"""One order in so many is cancelled, and which orders the file holds."""


def write(path: Path, orders: int, cancelled: int, only: str) -> None:
    """Write an order export."""
    with open_engine() as engine:
        engine.create("told", ORDERS, orders=orders, cancelled=cancelled)
        engine.copy_to(f"select * from told {only}", path, "format csv, header true")


def measured(orders: int, folder: Path) -> list[dict[str, Any]]:
    """Import the exports of one size into one workspace, each by a process of its own."""
    home = folder / "workspace"
    evergrove = [sys.executable, "-m", "evergrove"]
    shop = [
        "--currency",
        "CNY",
        "--timezone",
        "Asia/Shanghai",
        "--key-file",
        str(folder / "key" / "master.key"),
    ]
    run_cold([*evergrove, "init", str(home), *shop, "--quiet"], folder)
    found = []
    given = [(name, *what) for name, what in FILES.items()]
    for name, cancelled, only in [*given, ("first once more", *FILES["first"])]:
        path = folder / "orders.csv"
        write(path, orders, cancelled, only)
        run = run_cold([*evergrove, "ingest", str(path), "--as", "orders", "-w", str(home), "--json"], folder)
        (file,) = json.loads(run.output)["files"]
        rows = file["rows"]
        if rows["good"] + rows["rejected"] + rows["duplicate"] != rows["read"]:
            raise ValueError(file)
        found.append(
            {
                "orders": orders,
                "file": name,
                "csv_mb": round(path.stat().st_size / 1e6, 1),
                **{part: rows[part] for part in ("read", "good", "rejected", "duplicate")},
                "wall_s": round(run.wall_s, 2),
                "processor_s": round(run.cpu_s, 2),
                "peak_mb": round(run.peak_mb),
            }
        )
        print(json.dumps(found[-1]), flush=True)
    return found


def table(result: dict[str, Any]) -> str:
    """As a table, with the target's line."""
    heads = ("orders", "file", "read", "good", "rejected", "duplicate", "wall_s", "processor_s", "peak_mb")
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += [
        "| " + " | ".join(f"{row[head]:,}" if head != "file" else row[head] for head in heads) + " |"
        for row in result["rows"]
    ]
    asked = f"Asked: {TARGET_ROWS:,} rows in under {TARGET_S} s and {TARGET_MB:,} MB."
    where = result["machine"]
    return "\n".join(
        [
            f"Commit {result['commit']}, {where['processor']}, {where['cores']} cores, load {where['load_average']}.",
            "",
            *lines,
            "",
            asked,
            "",
        ]
    )


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Orders into a workspace.")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    asked, where = parser.parse_args(), machine()
    rows = []
    for orders in asked.sizes:
        with tempfile.TemporaryDirectory(prefix="evergrove-") as name:
            rows += measured(orders, Path(name))
    result = {"format": "evergrove.ingest_benchmark/1", "commit": commit(), "machine": where, "rows": rows}
    stem = RESULTS / ("ingest" if tuple(asked.sizes) == SIZES else "ingest_partial")
    stem.with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    stem.with_suffix(".md").write_text(table(result), encoding="utf-8")
    print(table(result), end="")


if __name__ == "__main__":
    main()

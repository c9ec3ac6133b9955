"""
Backups of a great workspace: seconds and memory to make one, to try it out, to bring it back.

``python -m benchmarks.backups`` imports five million orders and a customers file of 200,000 into a new workspace, then
runs ``evergrove backup``, ``restore --verify`` and ``restore``, each as a cold process, and writes
benchmarks/results/backups.{json,md}. What a confined child takes is not in the memory of its parent.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.ingest import FILES, RESULTS, write
from benchmarks.machine import commit, machine
from benchmarks.processes import run_cold

from evergrove.warehouse import open_engine

ORDERS, PEOPLE = 5_000_000, 200_000
CUSTOMERS = """
select
    'C' || lpad(cast(i as varchar), 7, '0') as customer_id,
    'buyer-' || i || '@mail.example' as email,
    'Buyer ' || i as name,
    'yes' as consent
from range($people) as numbers(i)
"""


def size_mb(path: Path) -> float:
    """Of a file, or of all files in a folder."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return round(sum(each.stat().st_size for each in files) / 1e6, 1)


def exports(folder: Path, orders: int, people: int) -> None:
    """Write the files that are brought in."""
    cancelled, only = FILES["first"]
    write(folder / "orders.csv", orders, cancelled, only)
    with open_engine() as engine:
        engine.create("told", CUSTOMERS, people=people)
        engine.copy_to("select * from told", folder / "customers.csv", "format csv, header true")


def begun(folder: Path, orders: int, people: int) -> Path:
    """A workspace with so many orders and persons."""
    home, evergrove = folder / "workspace", [sys.executable, "-m", "evergrove"]
    key = ["--key-file", str(folder / "key" / "master.key")]
    shop = ["--currency", "CNY", "--timezone", "Asia/Shanghai", *key, "--quiet"]
    run_cold([*evergrove, "init", str(home), *shop], folder)
    # By another process: the peak of a command counts from what its parent held when it was started.
    writer = get_context("spawn").Process(target=exports, args=(folder, orders, people))
    writer.start()
    writer.join()
    for table in ("orders", "customers"):
        file = str(folder / f"{table}.csv")
        run_cold([*evergrove, "ingest", file, "--as", table, "-w", str(home), "--quiet"], folder)
    return home


def measured(folder: Path, orders: int, people: int) -> list[dict[str, Any]]:
    """One backup, tried out and brought back, each by a process of its own."""
    home, saved = begun(folder, orders, people), folder / "saved.tar.zst"
    evergrove, back = [sys.executable, "-m", "evergrove"], folder / "back"
    commands = {
        "backup": ["backup", str(saved), "-w", str(home)],
        "restore --verify": ["restore", str(saved), "--verify"],
        "restore": ["restore", str(saved), str(back)],
    }
    found = []
    for name, command in commands.items():
        run = run_cold([*evergrove, *command, "--json"], folder)
        said = json.loads(run.output)
        if name == "backup" and (said["rows"]["person"], said["rows"]["identity"]) != (people, people):
            raise ValueError(said["rows"])
        found.append(
            {
                "command": name,
                "wall_s": round(run.wall_s, 2),
                "processor_s": round(run.cpu_s, 2),
                "peak_mb": round(run.peak_mb),
            }
        )
        print(json.dumps(found[-1]), flush=True)
    sizes = {"workspace_mb": size_mb(home), "backup_mb": size_mb(saved), "restored_mb": size_mb(back)}
    return [{**row, **sizes} for row in found]


def table(result: dict[str, Any]) -> str:
    """As a table."""
    rows, where = result["rows"], result["machine"]
    lines = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
    lines += ["| " + " | ".join(str(value) for value in row.values()) + " |" for row in rows]
    about = f"Commit {result['commit']}, {where['processor']}, {where['cores']} cores, load {where['load_average']}."
    held = f"{result['orders']:,} orders, {result['people']:,} persons with a sealed address."
    return "\n".join([about, "", held, "", *lines, ""])


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Backups of a great workspace.")
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--people", type=int, default=PEOPLE)
    asked, where = parser.parse_args(), machine()
    with tempfile.TemporaryDirectory(prefix="evergrove-") as name:
        rows = measured(Path(name), asked.orders, asked.people)
    sizes = {"orders": asked.orders, "people": asked.people}
    result = {"format": "evergrove.backup_benchmark/1", "commit": commit(), "machine": where, **sizes}
    result["rows"] = rows
    stem = RESULTS / ("backups" if tuple(sizes.values()) == (ORDERS, PEOPLE) else "backups_partial")
    stem.with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    stem.with_suffix(".md").write_text(table(result), encoding="utf-8")
    print(table(result), end="")


if __name__ == "__main__":
    main()

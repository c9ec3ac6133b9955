"""
Fifty readers of the API, while a run publishes one day after the other in a process of its own.

``python -m benchmarks.readers_during_a_run`` simulates a shop, runs its first night and serves it. Fifty readers take
turns at a page of customers, the next page, and one customer of it, twice over: alone, and while ``evergrove run`` (at
nice 10) publishes further days. Every answer is then held against the tables of the snapshot that it names: none may
hold a row of another. Prints one table and writes benchmarks/results/readers_during_a_run.{json,md}. Asked: no error, no
mixed answer, the slowest hundredth less than twice as slow as alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import ROOT, commit, machine
from benchmarks.serving import percentile, serving

from evergrove.app import SETTINGS_FILE, create_workspace, open_workspace
from evergrove.ingest import ReadOptions
from evergrove.simulation import ShopOptions, simulate_shop, write_orders
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx2
    from benchmarks.serving import Serving

RESULTS = ROOT / "benchmarks" / "results"
READERS = 50
CUSTOMERS = 20_000
SECONDS = 30.0
THINKS_S = 0.25
"""How long a reader looks at an answer."""
PAGE = 50
CHOSEN = {"value": {"currency": "CNY", "timezone": "Asia/Shanghai"}}
UNHURRIED = "\n[server]\nburst = 100_000\nper_second = 10_000\n"


@dataclass
class Looked:
    """
    What the readers saw.

    Attributes:
        seconds: How long each answer took.
        errors: Answers that were none, by what they were.
        rows: What was said of customers: (snapshot, customer, tier, stage).
    """

    seconds: list[float] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)
    rows: set[tuple[int, str, str | None, str | None]] = field(default_factory=set)

    def figures(self) -> dict[str, Any]:
        """In numbers."""
        return {
            "answers": len(self.seconds),
            "errors": self.errors,
            "snapshots": sorted({row[0] for row in self.rows}),
            "p50_ms": round(percentile(self.seconds, 0.50), 2),
            "p99_ms": round(percentile(self.seconds, 0.99), 2),
        }


def measure(folder: Path, *, customers: int = CUSTOMERS, seconds: float = SECONDS) -> dict[str, Any]:
    """
    Let readers read, alone and during runs; what they saw, in numbers.

    Args:
        folder: An empty one, for the shop and its workspace.
        customers: Of the shop.
        seconds: How long either part takes.
    """
    workspace, last = _begun(folder, customers)
    nights = [last + timedelta(days=nth) for nth in range(1, 60)]
    options = ("--no-worker", "--no-live")
    with serving(workspace, folder / "serve.log", *options, scopes=["customers.read"]) as service:
        asyncio.run(_look(service, Looked(), 3.0))  # the first answers fill what later ones find
        alone, during = Looked(), Looked()
        asyncio.run(_look(service, alone, seconds))
        runs = asyncio.run(_look_during(service, during, seconds, workspace, nights))
    return {
        "commit": commit(),
        "machine": machine(),
        "readers": READERS,
        "customers": customers,
        "seconds": seconds,
        "alone": alone.figures(),
        "during": during.figures(),
        "runs": runs,
        "mixed": _mixed(workspace, alone.rows | during.rows),
        "ratio_of_p99": round(percentile(during.seconds, 0.99) / percentile(alone.seconds, 0.99), 3),
    }


def _begun(folder: Path, customers: int) -> tuple[Path, date]:
    """A workspace whose first night is done, two months before its orders end; and the day of that night."""
    options = ShopOptions(customers=customers, seed=7)
    shop = simulate_shop(options)
    orders = folder / "orders.csv"
    write_orders(shop, orders)
    workspace = folder / "workspace"
    create_workspace(workspace, chosen=CHOSEN, key_file=folder / "key")
    with (workspace / SETTINGS_FILE).open("a") as settings:
        settings.write(UNHURRIED)
    last = options.as_of - timedelta(days=61)
    with open_workspace(workspace) as here:
        here.ingest([orders], ReadOptions())
        here.run(as_of=last)
    return workspace, last


async def _look(service: Serving, looked: Looked, seconds: float) -> None:
    """Fifty readers for a while."""
    end = time.monotonic() + seconds
    async with service.client(READERS) as client:
        await asyncio.gather(*(_reader(client, looked, end, nth) for nth in range(READERS)))


async def _look_during(
    service: Serving, looked: Looked, seconds: float, workspace: Path, nights: list[date]
) -> int:
    """The same while runs publish; how many did."""
    runs = asyncio.create_task(_run_nights(workspace, nights, time.monotonic() + seconds))
    await _look(service, looked, seconds)
    return await runs


async def _run_nights(workspace: Path, nights: list[date], end: float) -> int:
    done = 0
    for night in nights:
        if time.monotonic() >= end:
            break
        command = (sys.executable, "-m", "evergrove", "run", "-w", str(workspace), "--as-of", str(night))
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdout=subprocess.DEVNULL, preexec_fn=lambda: os.nice(10)
        )
        if await process.wait():
            raise subprocess.CalledProcessError(process.returncode or 1, command)
        done += 1
    return done


async def _reader(client: httpx2.AsyncClient, looked: Looked, end: float, nth: int) -> None:
    await asyncio.sleep(THINKS_S * nth / READERS)
    while time.monotonic() < end:
        first = await _asked(client, looked, f"/v1/customers?limit={PAGE}")
        cursor = first.get("next_cursor")
        if cursor:
            await asyncio.sleep(THINKS_S)
            second = await _asked(client, looked, f"/v1/customers?limit={PAGE}&cursor={cursor}")
            named = second.get("items") or first["items"]
            await asyncio.sleep(THINKS_S)
            await _asked(client, looked, f"/v1/customers/{named[nth % len(named)]['customer_id']}")
        await asyncio.sleep(THINKS_S)


async def _asked(client: httpx2.AsyncClient, looked: Looked, path: str) -> dict[str, Any]:
    begun = time.perf_counter()
    try:
        answer = await client.get(path)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
        looked.errors[type(error).__name__] = looked.errors.get(type(error).__name__, 0) + 1
        return {}
    looked.seconds.append(time.perf_counter() - begun)
    if answer.status_code != 200:
        looked.errors[str(answer.status_code)] = looked.errors.get(str(answer.status_code), 0) + 1
        return {}
    said: dict[str, Any] = answer.json()
    snapshot = int(answer.headers["Evergrove-Snapshot"])
    for row in said.get("items", [said]):
        looked.rows.add((snapshot, row["customer_id"], _key(row["tier"]), _key(row["stage"])))
    return said


def _key(said: Any) -> str | None:
    """A tier or a stage, as a list tells it or as a card does."""
    key: str | None = said["key"] if isinstance(said, dict) else said
    return key


def _mixed(workspace: Path, rows: set[tuple[int, str, str | None, str | None]]) -> int:
    """Rows that are not those of the snapshot under which they were told."""
    wrong = 0
    with open_workspace(workspace) as here, open_engine() as engine:
        for snapshot in {row[0] for row in rows}:
            seen = here.warehouse.at(snapshot)
            assert seen is not None  # noqa: S101 - it has just been read
            here.warehouse.show(engine, seen, "tiers")
            published = {
                customer: (tier, stage)
                for customer, tier, stage in engine.run("select customer_id, tier, stage from tiers")
            }
            wrong += sum(
                published.get(customer) != (tier, stage)
                for of, customer, tier, stage in rows
                if of == snapshot
            )
    return wrong


def _table(found: Mapping[str, Any]) -> str:
    lines = ["| | answers | errors | snapshots | p50 ms | p99 ms |", "|---|---|---|---|---|---|"]
    for name in ("alone", "during"):
        each = found[name]
        errors = sum(each["errors"].values())
        lines.append(
            f"| {name} | {each['answers']} | {errors} | {len(each['snapshots'])} | {each['p50_ms']} | {each['p99_ms']} |"
        )
    lines.append(
        f"\n{found['readers']} readers, {found['customers']} customers, {found['runs']} runs beside them;"
        f" {found['mixed']} rows of another snapshot; p99 during / alone {found['ratio_of_p99']}."
    )
    return "\n".join(lines)


def main() -> None:
    """Measure, print, write down."""
    with tempfile.TemporaryDirectory(prefix="evergrove-readers-") as folder:
        found = measure(Path(folder))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "readers_during_a_run.json").write_text(json.dumps(found, indent=1) + "\n")
    (RESULTS / "readers_during_a_run.md").write_text(_table(found) + "\n")
    print(_table(found))


if __name__ == "__main__":
    main()

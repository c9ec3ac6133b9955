"""
How long a shop waits for the live value of a customer: of a pass alone, and from a POST until it can be read.

``python -m benchmarks.live_value`` simulates a shop and runs its first night. Then (1) passes over 1, 20 and 100 customers
of whom an order came in, in this process, in milliseconds and in milliseconds of one processor; (2) with ``--served``, a real
``evergrove serve`` is sent orders one at a time at a steady rate, while another look at the ledger says when the row of each
order's customer answers it. Prints one table and writes benchmarks/results/live_value.{json,md}. Asked on two cores: a pass
over tens of customers within 80 ms; from POST to row p99 below 250 ms at 200 orders a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.machine import ROOT, commit, machine
from benchmarks.plain_http import PlainClient
from benchmarks.serving import percentile, serving
from sqlalchemy import bindparam, select

from evergrove.app import SETTINGS_FILE, create_workspace, open_workspace
from evergrove.ingest import ReadOptions
from evergrove.ingest.events import Event, store
from evergrove.ingest.events.content import order_content
from evergrove.live import Base, Steps, heart
from evergrove.live.tables import STATE
from evergrove.simulation import ShopOptions, simulate_shop, write_orders
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.serving import Serving

    from evergrove.app import Workspace

RESULTS = ROOT / "benchmarks" / "results"
CUSTOMERS = 20_000
SIZES = (1, 20, 100)
REPEATS = 15
LOOK_S = 0.01
PATIENCE_S = 10.0
ANSWERED = select(STATE.c.customer_id, STATE.c.seq).where(STATE.c.seq >= bindparam("oldest"))
"""One statement, compiled once: looking must not take from the service what it is measured by."""
CHOSEN = {"value": {"currency": "CNY", "timezone": "Asia/Shanghai"}}
UNHURRIED = (
    "\n[server]\nburst = 100_000\nper_second = 10_000\nevent_burst = 100_000\nevents_per_second = 10_000\n"
)


def begun(folder: Path, customers: int) -> Path:
    """A workspace whose last run was as of yesterday."""
    yesterday = date.today() - timedelta(days=2)  # noqa: DTZ011 - the service goes by the real clock, too
    orders, workspace = folder / "orders.csv", folder / "workspace"
    write_orders(simulate_shop(ShopOptions(customers=customers, seed=7, as_of=yesterday)), orders)
    create_workspace(workspace, chosen=CHOSEN, key_file=folder / "key")
    with (workspace / SETTINGS_FILE).open("a") as settings:
        settings.write(UNHURRIED)
    with open_workspace(workspace) as here:
        here.ingest([orders], ReadOptions())
        here.run(as_of=yesterday)
    return workspace


def names_of(here: Workspace, most: int = 5000) -> list[str]:
    """Customers in no order that means anything."""
    run = here.warehouse.newest("run")
    assert run is not None  # noqa: S101 - it was published a moment ago
    with open_engine() as engine:
        here.warehouse.show(engine, run, "tiers")
        rows = engine.run(f"select customer_id from tiers order by hash(customer_id) limit {int(most)}")
    return [str(name) for (name,) in rows]


def passes(workspace: Path) -> list[dict[str, Any]]:
    """Passes over so many customers, each of whom has one new order."""
    found = []
    with open_workspace(workspace) as here, Base(here.warehouse, here.settings) as base:
        steps, names, told = Steps(base, here.ledger, here.clock), names_of(here), 0
        for size in SIZES:
            walls, cpus = [], []
            for nth in range(REPEATS + 2):
                some = [names[(told + k) % len(names)] for k in range(size)]
                told += size
                _tell(here, some, told)
                wall, cpu = time.perf_counter(), time.process_time()
                done = steps.once()
                if nth > 1:  # the first ones fill caches
                    walls.append(time.perf_counter() - wall)
                    cpus.append(time.process_time() - cpu)
                assert done.rows == size  # noqa: S101 - else nothing was measured
            found.append(
                {
                    "customers": size,
                    "median_ms": round(1000 * median(walls), 1),
                    "worst_ms": round(1000 * max(walls), 1),
                    "cpu_ms": round(1000 * median(cpus), 1),
                }
            )
    return found


def _tell(here: Workspace, customers: Sequence[str], number: int) -> None:
    now = here.clock.now()
    events = [
        Event(
            source="benchmark",
            message_id=f"{number}-{customer}",
            digest=sha256(f"{number}-{customer}".encode()).hexdigest(),
            kind="order",
            customer_id=customer,
            at=now,
            received_at=now,
            content=order_content(f"{number}-{customer}", Decimal(99)),
        )
        for customer in customers
    ]
    with here.ledger.writing() as connection:
        store(connection, events)


@dataclass
class Sent:
    """Orders on their way: when each was sent, and when its customer's row answered it."""

    open: dict[str, tuple[int, float]] = field(default_factory=dict)
    answered: list[float] = field(default_factory=list)
    posted: list[float] = field(default_factory=list)
    failed: int = 0


def served(folder: Path, workspace: Path, rate: int, seconds: float) -> dict[str, Any]:
    """Orders at a steady rate, until a row answers each."""
    with open_workspace(workspace) as here:
        names = names_of(here)
    scopes = ["events.write", "customers.read"]
    with serving(workspace, folder / "serve.log", "--no-worker", scopes=scopes) as service:
        _until_beating(workspace)
        sent = asyncio.run(_send(service, workspace, names, rate, seconds))
    return {
        "rate": rate,
        "orders": len(sent.posted),
        "failed": sent.failed,
        "unanswered": len(sent.open),
        "post_p99_ms": round(percentile(sent.posted, 0.99), 1) if sent.posted else None,
        "live_p50_ms": round(percentile(sent.answered, 0.5), 1) if sent.answered else None,
        "live_p99_ms": round(percentile(sent.answered, 0.99), 1) if sent.answered else None,
    }


def _until_beating(workspace: Path) -> None:
    """Wait for the live part: it begins some seconds after the service answers."""
    with open_workspace(workspace) as here:
        begun_at, end = here.clock.now(), time.monotonic() + 60.0
        while time.monotonic() < end:
            with here.ledger.reading() as connection:
                beat = heart(connection).beat_at
            if beat is not None and beat > begun_at:
                return
            time.sleep(0.05)


async def _send(service: Serving, workspace: Path, names: Sequence[str], rate: int, seconds: float) -> Sent:
    sent, begin = Sent(), time.monotonic() + 1.0
    with open_workspace(workspace) as here:
        looking = asyncio.create_task(_look(here, sent, begin + seconds + PATIENCE_S))
        async with PlainClient(service.address, service.headers) as client:
            await asyncio.gather(
                *(
                    _post(client, sent, names[nth % len(names)], nth, begin + nth / rate)
                    for nth in range(int(rate * seconds))
                )
            )
        await looking
    return sent


async def _post(client: PlainClient, sent: Sent, customer: str, nth: int, at: float) -> None:
    await asyncio.sleep(at - time.monotonic())
    begun_at = time.monotonic()
    body = {
        "order_id": f"{begun_at}-{nth}",
        "customer_id": customer,
        "ordered_at": datetime.now(UTC).isoformat(),
        "amount": "99",
    }
    answer = await client.post("/v1/orders", body)
    sent.posted.append(time.monotonic() - begun_at)
    if answer.status == 200:
        sent.open[customer] = answer.json()["items"][0]["event"], begun_at
    else:
        sent.failed += 1


async def _look(here: Workspace, sent: Sent, until: float) -> None:
    """Look every few milliseconds which orders are answered; each customer has one at most on the way."""
    seen = False
    while time.monotonic() < until and (sent.open or not seen):
        await asyncio.sleep(LOOK_S)
        if not sent.open:
            continue
        seen = True
        with here.ledger.reading() as connection:
            oldest = min(number for number, _begun_at in sent.open.values())
            rows = {row.customer_id: row.seq for row in connection.execute(ANSWERED, {"oldest": oldest})}
        now = time.monotonic()
        for customer, (number, begun_at) in list(sent.open.items()):
            if rows.get(customer, 0) >= number:
                sent.answered.append(now - begun_at)
                del sent.open[customer]


def table(found: dict[str, Any]) -> str:
    """In Markdown."""
    lines = [
        "| Customers of a pass | Median, ms | Slowest, ms | Processor, ms |",
        "|---:|---:|---:|---:|",
        *(
            f"| {row['customers']} | {row['median_ms']} | {row['worst_ms']} | {row['cpu_ms']} |"
            for row in found["passes"]
        ),
    ]
    if found["served"]:
        lines += [
            "",
            "| Orders a second | Sent | Unanswered | POST p99, ms | Live p50, ms | Live p99, ms |",
            "|---:|---:|---:|---:|---:|---:|",
            *(
                f"| {row['rate']} | {row['orders']} | {row['unanswered']} | {row['post_p99_ms']} | {row['live_p50_ms']} | {row['live_p99_ms']} |"
                for row in found["served"]
            ),
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--served", type=int, nargs="*", default=[], metavar="RATE")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--dry", action="store_true", help="Write nothing.")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        workspace = begun(folder, chosen.customers)
        found = {
            "commit": commit(),
            "machine": machine(),
            "customers": chosen.customers,
            "passes": passes(workspace),
            "served": [served(folder, workspace, rate, chosen.seconds) for rate in chosen.served],
        }
    print(table(found))
    if not chosen.dry:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "live_value.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        (RESULTS / "live_value.md").write_text(table(found), encoding="utf-8")


if __name__ == "__main__":
    main()

"""
Events sent to a real service over loopback: how many a second, and how long each answer takes.

``python -m benchmarks.event_intake`` makes an empty workspace, serves it (`evergrove serve`, with its worker and its
live process), and sends events from a process of its own: first single ones, then batches of 100, each at a fixed rate,
so that a slow answer makes later ones wait instead of slowing the sender down (times count from when a request was due).
Every fifth event is an order. Afterwards each acknowledged event is looked for in the ledger. Prints one table and
writes benchmarks/results/event_intake.{json,md}. Asked, on two cores and durable: 3,000 events a second in batches with
p99 below 150 ms, and 200 single ones a second with p99 below 60 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import ROOT, commit, machine
from benchmarks.plain_http import PlainClient
from benchmarks.serving import percentile, serving
from sqlalchemy import func, select

from evergrove.app import SETTINGS_FILE, create_workspace, open_workspace
from evergrove.ingest.events.tables import EVENT

if TYPE_CHECKING:
    from collections.abc import Mapping

RESULTS = ROOT / "benchmarks" / "results"
SCOPES = ("events.write",)
UNHURRIED = "\n[server]\nevent_burst = 100_000\nevents_per_second = 10_000\n"
CUSTOMERS = 5_000
AT_ONCE = 32
LOADS = {"single": (200.0, 1, 60.0), "batch": (30.0, 100, 150.0)}
"""By name: requests a second, events a request, and the most milliseconds that the slowest hundredth may take."""


def body_of(nth: int, events: int, run: str) -> dict[str, Any]:
    """One request of a shop: views of articles, and an order now and then."""
    told = [_event(nth * events + at, run) for at in range(events)]
    return told[0] if events == 1 else {"batch": told}


def _event(nth: int, run: str) -> dict[str, Any]:
    who = {"type": "track", "userId": f"C-{nth % CUSTOMERS}", "messageId": f"{run}-{nth}"}
    library = {"context": {"library": {"name": "a shop's own", "version": "1.0"}, "locale": "zh-CN"}}
    if nth % 5:
        return {
            **who,
            **library,
            "event": "Product Viewed",
            "properties": {"product_id": f"P-{nth % 97}", "path": "/p"},
        }
    lines = [{"product_id": f"P-{nth % 97}", "price": 14.25, "quantity": 2}]
    order = {"order_id": f"{run}-{nth}", "total": 28.5, "currency": "CNY", "products": lines}
    return {**who, **library, "event": "Order Completed", "properties": order}


async def send(address: str, key: str, load: str, seconds: float, run: str) -> dict[str, Any]:
    """Send one load at its rate; what came back, in numbers."""
    rate, events, _most = LOADS[load]
    headers = {"Authorization": f"Bearer {key}"}
    path, took, statuses = "/v1/track" if events == 1 else "/v1/batch", list[float](), dict[str, int]()
    async with PlainClient(address, headers, AT_ONCE) as client:
        await client.post(path, body_of(10**7, events, run))  # compiled statements
        begun = time.perf_counter()

        async def one(nth: int) -> None:
            due = begun + nth / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            answer = await client.post(path, body_of(nth, events, run))
            took.append(time.perf_counter() - due)
            statuses[str(answer.status)] = statuses.get(str(answer.status), 0) + 1

        async with asyncio.TaskGroup() as group:
            for nth in range(int(rate * seconds)):
                group.create_task(one(nth))
        whole = time.perf_counter() - begun
    return {
        "requests": len(took),
        "events_per_second": round(events * len(took) / whole, 1),
        "statuses": statuses,
        "p50_ms": round(percentile(took, 0.50), 1),
        "p99_ms": round(percentile(took, 0.99), 1),
        "most_ms": round(percentile(took, 1.0), 1),
    }


def measure(folder: Path, seconds: float, *options: str) -> dict[str, Any]:
    """
    Serve a new workspace and send each load to it.

    Args:
        folder: For the workspace.
        seconds: How long each load is sent.
        options: Of ``evergrove serve``.
    """
    here = folder / "workspace"
    create_workspace(here, chosen={"value": {"currency": "CNY"}}, key_file=folder / "key")
    with (here / SETTINGS_FILE).open("a") as stream:
        stream.write(UNHURRIED)
    found: dict[str, Any] = {}
    with serving(here, folder / "serve.log", *options, scopes=SCOPES) as service:
        for load in LOADS:
            command = [
                sys.executable,
                "-m",
                "benchmarks.event_intake",
                "--send",
                load,
                "--seconds",
                str(seconds),
            ]
            given = {**os.environ, "INTAKE_AT": service.address, "INTAKE_KEY": service.key}
            said = subprocess.run(command, cwd=ROOT, env=given, stdout=subprocess.PIPE, text=True, check=True)
            found[load] = json.loads(said.stdout)
    with open_workspace(here) as workspace, workspace.ledger.reading() as connection:
        for load, figures in found.items():
            mine = EVENT.c.message_id.like(f"{load}-%")
            stored = connection.execute(select(func.count()).select_from(EVENT).where(mine)).scalar_one()
            acknowledged = (figures["statuses"].get("200", 0) + 1) * LOADS[load][1]
            figures |= {"acknowledged": acknowledged, "stored": stored}
    return found


def as_table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """In Markdown."""
    rows = [
        f"| {load} | {each['requests']:,} | {each['events_per_second']:,.0f} | {each['p50_ms']} | {each['p99_ms']}"
        f" | {LOADS[load][2]:.0f} | {each['acknowledged']:,} | {each['stored']:,} |"
        for load, each in found.items()
    ]
    head = "| load | requests | events/s | p50 ms | p99 ms | asked | acknowledged | stored |\n|---|---|---|---|---|---|---|---|"
    return "\n".join([head, *rows])


def main() -> None:
    """Measure, print and write."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--send", choices=LOADS)
    asked.add_argument("--seconds", type=float, default=30.0)
    asked.add_argument("--alone", action="store_true", help="without worker and live process")
    chosen = asked.parse_args()
    if chosen.send:
        where = (os.environ["INTAKE_AT"], os.environ["INTAKE_KEY"])
        print(json.dumps(asyncio.run(send(*where, chosen.send, chosen.seconds, chosen.send))))
        return
    options = ("--no-worker", "--no-live") if chosen.alone else ()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), chosen.seconds, *options)
    print(as_table(found))
    told = {
        "commit": commit(),
        "machine": machine(),
        "seconds": chosen.seconds,
        "alone": chosen.alone,
        "loads": found,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "event_intake.json").write_text(json.dumps(told, indent=2) + "\n")
    (RESULTS / "event_intake.md").write_text(as_table(found) + "\n")


if __name__ == "__main__":
    main()

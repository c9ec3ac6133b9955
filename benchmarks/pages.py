"""
How long every page takes, by the customers of the shop.

``python -m benchmarks.pages [--customers 1000000]`` imports the orders of ``simulated_logs.py`` into a new workspace (seven
orders a customer, two years), runs two nights a month apart, and opens every page of the service as an administrator's
browser does, with its views, filters and the parts that it fetches by itself: once, after the newest run has come into
memory, and ten times more. Where a page is that of a customer, each time is another customer's. Prints one table and
writes benchmarks/results/pages.{json,md}; with another number of customers the files end in ``_partial``. Asked: no page
takes 300 ms. The processor's time of the whole process, all threads, is what holds on a machine that others work on.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

from benchmarks.machine import ROOT, commit, machine
from benchmarks.simulated_logs import build_log

from evergrove.access import Passwords
from evergrove.app import SETTINGS_FILE, create_workspace, open_workspace
from evergrove.app.asked import define_segment
from evergrove.app.jobs import queue_job
from evergrove.core import SetClock
from evergrove.ingest import ReadOptions
from evergrove.pipeline.segmented import catalogue_here
from evergrove.segments.language.parsing import parse
from evergrove.testing.door import CHEAP
from evergrove.testing.house import BASE, opened
from evergrove.testing.pages import SHOWN, paths
from evergrove.warehouse import literal, open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from starlette.testclient import TestClient

    from evergrove.testing.house import House

CACHE, RESULTS = ROOT / "benchmarks" / ".cache", ROOT / "benchmarks" / "results"
CUSTOMERS, REPEATS, SEED, TARGET_MS = 1_000_000, 10, 7, 300
CHOSEN = {"value": {"currency": "CNY", "timezone": "Asia/Shanghai"}, "access": {"base_url": BASE}}
UNHURRIED = "\n[server]\nburst = 100_000\nper_second = 10_000\n"
ORDERS = """
select
    'A' || lpad(cast(row_number() over () as varchar), 9, '0') as order_id,
    'C' || lpad(cast(customer_id as varchar), 7, '0') as customer_id,
    cast(order_date as date) as order_date,
    cast(amount as decimal(12, 2)) as amount
from read_parquet({log})
"""
SOMEBODY = "/customers/{customer}"
MORE = (
    f"{SOMEBODY}?view=timeline",
    f"{SOMEBODY}?view=past",
    f"{SOMEBODY}?view=past&only=alive",
    f"{SOMEBODY}?view=lineage",
    f"{SOMEBODY}?view=person",
    "/customers?sort=customer_id&order=asc",
    "/customers?tier=high&stage=decline",
    "/customers?where=clv_12m > 400 and days_since_last_order > 60",
    "/customers?tier=high&where=simple_clv > 400",
    "/segments/looked-at/changes",
)
"""Views and filters of pages."""
PARTS = (
    "/overview/targets",
    "/data/readiness/list",
    f"{SOMEBODY}?only=alive",
    "/segments/personas/part?group=tier=high",
    "/segments/policy/preview?name=three_tiers",
)
"""What pages fetch when they stand already: some of it looks through all orders, and may take longer."""


@dataclass(frozen=True)
class Timed:
    """
    One page.

    Attributes:
        path: Of the page.
        is_part: Whether it is fetched when its page stands already.
        first_ms: The first time.
        median_ms: Half of the later ones were quicker.
        p95_ms: Nineteen of twenty of these were quicker.
        cpu_ms: The processor's time for one of these, in the mean.
        kb: Length of the page.
    """

    path: str
    is_part: bool
    first_ms: float
    median_ms: float
    p95_ms: float
    cpu_ms: float
    kb: float


@contextmanager
def lived(folder: Path, customers: int, cache: Path = CACHE) -> Iterator[House]:
    """
    A service over a workspace in which two nights have valued so many customers.

    Args:
        folder: An empty one.
        customers: Of the simulated log.
        cache: Where the log lies, or is put.
    """
    orders, workspace = folder / "orders.parquet", folder / "workspace"
    last = _write_orders(orders, build_log(customers, cache))
    clock = SetClock(datetime.combine(last + timedelta(days=1), time(3), UTC))
    create_workspace(workspace, chosen=CHOSEN, key_file=folder / "key", clock=clock)
    with (workspace / SETTINGS_FILE).open("a") as settings:
        settings.write(UNHURRIED)
    with open_workspace(workspace, clock) as here:
        here.ingest([orders], ReadOptions())
        here.run(last - timedelta(days=30))
        with here.ledger.reading() as connection:
            known = catalogue_here(connection)
        define_segment(here, "looked-at", parse("tier = 'high'", known), "to be looked at")
        here.run(last)
    passwords = Passwords(CHEAP)
    try:
        with opened(workspace, passwords, clock) as house:
            queue_job(house.here, "night")
            yield house
    finally:
        passwords.close()


def _write_orders(path: Path, simulated: Path) -> date:
    """An order export; its last day."""
    log = literal(str(simulated))
    with open_engine() as engine:
        engine.copy_to(ORDERS.format(log=log), path, "format parquet")
        last: date = engine.value(f"select cast(max(order_date) as date) from read_parquet({log})")
    return last


def measured(house: House, customers: int, repeats: int = REPEATS) -> list[Timed]:
    """
    Open every page.

    Args:
        house: The service.
        customers: How many it has.
        repeats: How often each is opened after the first time.
    """
    client, _opened = house.signed_in("admin")
    client.headers["Accept"] = "text/html"
    house.service.reader.warm()
    everywhere = paths(house, {**SHOWN, "/customers/{customer_id}": SOMEBODY})
    random = Random(SEED)  # noqa: S311 - whom to look at, not a secret
    pages = [_timed(client, path, customers, repeats, random) for path in (*everywhere, *MORE)]
    client.headers["HX-Request"] = "true"
    return pages + [_timed(client, path, customers, repeats, random, is_part=True) for path in PARTS]


def _timed(
    client: TestClient, path: str, customers: int, repeats: int, random: Random, *, is_part: bool = False
) -> Timed:
    taken, cpu, length = [], 0.0, 0
    for _ in range(repeats + 1):
        asked = path.format(customer=f"C{random.randint(1, customers):07d}")
        begun, worked = perf_counter(), process_time()
        answer = client.get(asked)
        taken.append((perf_counter() - begun) * 1000)
        cpu = cpu + (process_time() - worked) * 1000 if len(taken) > 1 else 0.0
        length = len(answer.content)
        if answer.status_code != 200:
            raise ValueError(asked, answer.status_code, answer.text[:500])
    later = sorted(taken[1:])
    return Timed(
        path,
        is_part,
        round(taken[0], 1),
        round(later[len(later) // 2], 1),
        round(later[min(len(later) - 1, int(0.95 * len(later)))], 1),
        round(cpu / repeats, 1),
        round(length / 1000, 1),
    )


def slow_pages(found: Mapping[str, Any]) -> list[str]:
    """Pages that take as much of the processor as none may; their parts may."""
    return [each["path"] for each in found["pages"] if not each["is_part"] and each["cpu_ms"] >= TARGET_MS]


def table(found: Mapping[str, Any]) -> str:
    """As a table, the slowest first, with the target's line."""
    slowest: list[Mapping[str, Any]] = sorted(found["pages"], key=lambda each: each["cpu_ms"], reverse=True)
    pages = [each for each in slowest if not each["is_part"]]
    parts = [each for each in slowest if each["is_part"]]
    where = found["machine"]
    slow = len(slow_pages(found))
    lines = [
        f"Commit {found['commit']}, {where['processor']}, {where['cores']} cores, load {where['load_average']}.",
        f"{found['customers']:,} customers; {found['prepared_s']} s to prepare, {found['warmed_s']} s into memory.",
        "",
        *_rows("page", pages),
        "",
        f"Asked of pages: less than {TARGET_MS} ms; {slow} of {len(pages)} take more of the processor.",
        "",
        *_rows("part, fetched when its page stands", parts),
    ]
    return "\n".join(lines)


def _rows(title: str, timed: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield f"| {title} | processor ms | median ms | p95 ms | first ms | KB |"
    yield "|---|---|---|---|---|---|"
    for each in timed:
        figures = (each[name] for name in ("cpu_ms", "median_ms", "p95_ms", "first_ms", "kb"))
        yield f"| `{each['path']}` | {' | '.join(map(str, figures))} |"


def measure(folder: Path, customers: int, repeats: int = REPEATS, cache: Path = CACHE) -> dict[str, Any]:
    """Prepare and open everything; what was found, in numbers."""
    where, begun = machine(), perf_counter()
    with lived(folder, customers, cache) as house:
        prepared = perf_counter()
        house.service.reader.warm()
        warmed = perf_counter()
        pages = measured(house, customers, repeats)
    return {
        "format": "evergrove.pages_benchmark/1",
        "commit": commit(),
        "machine": where,
        "customers": customers,
        "prepared_s": round(prepared - begun, 1),
        "warmed_s": round(warmed - prepared, 2),
        "pages": [vars(each) for each in pages],
    }


def main() -> None:
    """Measure, print, write down."""
    parser = argparse.ArgumentParser(description="How long every page takes.")
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    customers = parser.parse_args().customers
    with tempfile.TemporaryDirectory(prefix="evergrove-pages-") as folder:
        found = measure(Path(folder), customers)
    stem = RESULTS / ("pages" if customers == CUSTOMERS else "pages_partial")
    RESULTS.mkdir(exist_ok=True)
    stem.with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n")
    stem.with_suffix(".md").write_text(table(found) + "\n")
    print(table(found))
    if slow_pages(found):
        raise SystemExit(1)


if __name__ == "__main__":
    main()

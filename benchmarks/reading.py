"""
How long readers of a published run wait, by its customers.

``python -m benchmarks.reading [--customers 1000000]`` publishes tables of so many made-up customers in a workspace, brings
them into memory as the service does, and asks each kind of question a number of times. Prints one table, and writes
benchmarks/results/reading.json. Numbers are drawn at random, which no compression makes smaller: real ones are read
faster.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.machine import ROOT, commit, machine

from evergrove.export import SCORE_COLUMNS, TIER_COLUMNS, TRANSITION_COLUMNS
from evergrove.export.due import DUE_COLUMNS
from evergrove.export.health import HEALTH_COLUMNS
from evergrove.pipeline.export import NothingPublished
from evergrove.reading import (
    Asked,
    MovesAsked,
    Reader,
    count_customers,
    customer_card,
    customers_page,
    moves_page,
)
from evergrove.segments.language.parsing import parse
from evergrove.simulation import LivingOptions
from evergrove.testing.workspaces import living, silent
from evergrove.warehouse import identifier, literal, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evergrove.app import Workspace
    from evergrove.export import Column
    from evergrove.reading import View
    from evergrove.warehouse import Draft

RESULTS = ROOT / "benchmarks" / "results" / "reading.json"
REPEATS, SEED = 30, 7
MEMORY = "select sum(memory_usage_bytes) from duckdb_memory()"
WORDS = {
    "tier": ("high", "potential", "medium", "low"),
    "stage": ("new", "growth", "mature", "decline", "churned"),
    "action": ("T1", "T2", "L5"),
    "axis": ("tier",),
    "from_": ("low",),
    "to_": ("medium",),
    "cause": ("evidence",),
    "tier_reason": ("segments.tier_measured",),
    "stage_reason": ("segments.stage_new",),
    "realised_tier": ("medium",),
    "spend_band": ("low",),
    "frequency_band": ("low",),
    "average_order_band": ("low",),
    "order_trend": ("steady",),
    "evidence": ('{"code": "segments.tier_measured", "params": {}, "facts": 1}',),
}
"""Values of columns of words; others hold one of four texts."""
EMPTY = ("own_tier",)


@dataclass(frozen=True)
class Timed:
    """
    One question.

    Attributes:
        name: Of the question.
        first_ms: The first time it was asked.
        median_ms: Half of the later ones were quicker.
        worst_ms: The slowest of these.
    """

    name: str
    first_ms: float
    median_ms: float
    worst_ms: float


def drawn(columns: Sequence[Column], customers: int) -> str:
    """A query for a table of made-up customers."""
    listed = ", ".join(f"{_value(each)} as {identifier(each.name)}" for each in columns)
    return f"select {listed} from range({customers}) as made(i)"


def _value(column: Column) -> str:
    name, kind = column.name, column.type
    if name == "customer_id":
        return "printf('C-%08d', i)"
    if name in EMPTY:
        return "cast(null as varchar)"
    if name == "run_seq":
        return "cast(1 as bigint)"
    if kind == "VARCHAR":
        words = WORDS.get(name, ("one", "two", "three", "four"))
        return f"[{', '.join(map(literal, words))}][1 + cast(floor(random() * {len(words)}) as integer)]"
    if kind == "DATE":
        return "date '2025-01-01' + cast(random() * 500 as integer)"
    return f"cast(random() * {5 if kind in ('TINYINT', 'SMALLINT') else 5000} as {kind})"


def published(here: Workspace, customers: int) -> None:
    """Publish tables of made-up customers in the place of a workspace's own."""
    before = here.warehouse.newest("run")
    if before is None:
        raise NothingPublished
    tables = {
        "scores": SCORE_COLUMNS,
        "tiers": TIER_COLUMNS,
        "health": HEALTH_COLUMNS,
        "due": DUE_COLUMNS,
        "transitions": TRANSITION_COLUMNS,
    }
    with open_engine() as engine:
        drafts: list[Draft] = [
            here.warehouse.write(engine, name, drawn(columns, customers)) for name, columns in tables.items()
        ]
    with here.ledger.writing() as connection:
        here.warehouse.publish(connection, drafts, kind="run", as_of=before.as_of, details=before.details)


def timed(name: str, ask: Callable[[], object]) -> Timed:
    """Ask a question again and again."""
    taken = []
    for _ in range(REPEATS + 1):
        begun = perf_counter()
        ask()
        taken.append((perf_counter() - begun) * 1000)
    later = sorted(taken[1:])
    return Timed(name, round(taken[0], 1), round(later[len(later) // 2], 1), round(later[-1], 1))


def questions(here: Workspace, view: View, customers: int) -> list[Timed]:
    """Every kind of question that lists and cards ask."""
    random = Random(SEED)  # noqa: S311 - whom to ask for, not a secret

    def anybody() -> str:
        return f"C-{random.randrange(customers):08d}"

    last = customers_page(view, Asked(sort="clv_12m", is_descending=True)).after
    filtered = parse("tier = 'high' and clv_12m > 4000 and days_since_last_order > 60")
    by_file = parse("simple_clv > 4000 and tier = 'high'")
    pages: dict[str, Callable[[], Any]] = {
        "a page by id": lambda: Asked(after=(None, anybody())),
        "a page by value, the greatest first": lambda: Asked(sort="clv_12m", is_descending=True),
        "the page after it": lambda: Asked(sort="clv_12m", is_descending=True, after=last),
        "a filtered page": lambda: Asked(where=filtered),
        "a filtered page by value": lambda: Asked(where=filtered, sort="clv_12m", is_descending=True),
        "a page filtered by a column of files, kept": lambda: Asked(where=by_file),
    }
    return [
        timed(
            "one customer, figures in memory",
            lambda: customer_card(view, here.seal, anybody()),
        ),
        timed(
            "one customer, all columns and moves",
            lambda: customer_card(view, here.seal, anybody(), is_full=True),
        ),
        *(timed(name, partial(_page, view, asked)) for name, asked in pages.items()),
        timed("a count by a condition", lambda: count_customers(view, filtered)),
        timed("moves, the newest", lambda: moves_page(view, MovesAsked())),
    ]


def _page(view: View, asked: Callable[[], Asked]) -> object:
    return customers_page(view, asked())


def main() -> None:
    """Measure, print, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    customers = parser.parse_args().customers
    with (
        tempfile.TemporaryDirectory() as folder,
        living(Path(folder), LivingOptions(customers=200, seed=5, days=1)) as life,
    ):
        life.begin(silent)
        published(life.workspace, customers)
        reader = Reader(life.workspace)
        begun = perf_counter()
        with reader.pinned() as view:
            opening_s = round(perf_counter() - begun, 2)
            memory_mb = round(int(view.memory.value(MEMORY)) / 1_000_000)
            found = questions(life.workspace, view, customers)
        reader.close()
    print(f"{customers:,} customers; into memory in {opening_s} s, {memory_mb} MB")
    for each in found:
        print(f"{each.name:<46} {each.median_ms:>8} ms  worst {each.worst_ms:>8}  first {each.first_ms:>8}")
    told = {
        "customers": customers,
        "opening_s": opening_s,
        "memory_mb": memory_mb,
        "questions": [vars(each) for each in found],
    }
    RESULTS.write_text(json.dumps({**told, "commit": commit(), "machine": machine()}, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""
How long it takes to plan a night of all playbooks for a million customers: conditions asked, triggers met, steps due.

    python benchmarks/plan.py [--customers 1000000]

Customers are drawn at random with all that playbooks look at; one in fifty has moved tonight, and everybody's tiers and
stages are as published tables hold them. The shipped playbooks that are not locked all work. What the night itself takes is
another measurement (``nightly_states.py``).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

import evergrove.app.tables  # noqa: F401 - registers the tables of all stations
from evergrove.campaigns import due, install_playbooks, installed, start_playbook, started_playbooks
from evergrove.campaigns.conditions import known_words
from evergrove.campaigns.types import Earlier, Situation
from evergrove.ledger import create_all, open_ledger
from evergrove.segments.codes import ACTIONS, STAGES, TIERS
from evergrove.segments.language.evaluating import Population
from evergrove.segments.language.parsing import parse
from evergrove.testing.situations import SetMoves
from evergrove.warehouse import open_engine

AS_OF = date(2026, 3, 4)
NOW = datetime(2026, 3, 5, 3, tzinfo=UTC)
LIMIT_S = 60.0


def main() -> None:
    """Measure, and print the times and the ratio to a minute."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--customers", type=int, default=1_000_000)
    n = parser.parse_args().customers
    rng = np.random.default_rng(7)
    ids = np.array([f"C{i:08d}" for i in range(n)], dtype=object)
    tier, stage = rng.integers(0, len(TIERS), n), rng.integers(1, len(STAGES), n)
    orders = rng.integers(1, 15, n)
    last = np.datetime64(AS_OF) - rng.integers(0, 400, n)
    first = last - rng.integers(0, 900, n)
    with tempfile.TemporaryDirectory() as folder, open_engine() as engine:
        engine.register(
            "drawn",
            {
                "row": np.arange(n),
                "tier": tier,
                "stage": stage,
                "orders": orders,
                "action": rng.integers(0, len(ACTIONS), n),
            },
        )
        engine.create(
            "scores",
            f"select 'C' || lpad(cast(row as varchar), 8, '0') as customer_id, {list(TIERS)}[tier + 1] as tier,"
            f" {list(STAGES)}[stage + 1] as stage, {list(ACTIONS)}[action + 1] as action, orders,"
            " date '2026-03-04' - cast(orders * 20 as integer) as first_order_date,"
            " date '2026-03-04' - cast(orders as integer) as last_order_date from drawn",
        )
        engine.create("tiers", "select customer_id, tier, stage, action from scores")
        ledger = open_ledger(Path(folder) / "ledger.sqlite", create=True)
        create_all(ledger)
        with ledger.writing() as connection:
            install_playbooks(connection, NOW)
            for each in installed(connection):
                if not each.playbook.missing:
                    start_playbook(connection, each.playbook.key, NOW)
            playbooks = started_playbooks(connection)
        began = time.perf_counter()
        with ledger.reading() as connection:
            words = known_words(connection)
            texts = dict.fromkeys(text for each in playbooks for text in each.conditions)
            holding = {}
            with Population(engine, words, AS_OF, limit_s=LIMIT_S) as population:
                for text in texts:
                    members = population.members(parse(text, words))["customer_id"].to_numpy(
                        zero_copy_only=False
                    )
                    holding[text] = np.isin(np.arange(n), np.array([int(each[1:]) for each in members]))
            asked = time.perf_counter()
            situation = Situation(
                customer_id=ids,
                tier=np.array(TIERS, dtype=object)[tier],
                stage=np.array(STAGES, dtype=object)[stage],
                orders=orders,
                last_order=last,
                next_order_p25=np.datetime64(AS_OF) + rng.integers(-5, 60, n),
                next_order_p50=np.datetime64(AS_OF) + rng.integers(60, 90, n),
                next_order_p75=np.datetime64(AS_OF) + rng.integers(90, 200, n),
                p_purchase_7d=rng.random(n),
                average_order=rng.random(n) * 500,
                first_order=first,
                spend=rng.random(n) * 9000,
                health=rng.random(n) * 100,
                earlier=Earlier(
                    AS_OF - timedelta(days=1),
                    orders - (rng.random(n) < 0.02),
                    rng.random(n),
                    rng.random(n) * 100,
                ),
                holding=holding,
            )
            moved = np.flatnonzero(rng.random(n) < 0.02)
            moves = SetMoves(
                ids[moved],
                np.full(len(moved), "stage", dtype=object),
                np.array(STAGES, dtype=object)[rng.integers(1, len(STAGES), len(moved))],
                np.array(STAGES, dtype=object)[stage[moved]],
                np.full(len(moved), "evidence", dtype=object),
            )
            made = time.perf_counter()
            found = due(connection, playbooks, situation, moves, AS_OF, "salt")
            planned = time.perf_counter()
        ledger.close()
    conditions, planning = asked - began, planned - made
    print(f"{n:,} customers, {len(playbooks)} playbooks, {len(texts)} conditions, {len(moved):,} moves")
    print(
        f"conditions {conditions:.1f} s; planning {planning:.1f} s: {len(found.entered):,} enter, {len(found.proposals):,} steps due"
    )
    print(
        f"together {conditions + planning:.1f} s, {60 / (conditions + planning):.1f} times as fast as a minute"
    )


if __name__ == "__main__":
    main()

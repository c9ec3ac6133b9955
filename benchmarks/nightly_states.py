"""
States and moves of one night, for a million customers who were placed the night before.

``python -m benchmarks.nightly_states [CUSTOMERS]`` prints the seconds of each step. Orders are drawn in SQL from a
hash, four a customer over two years; one customer in a hundred buys on the day of the second night.
"""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
from benchmarks.stages import Stages

from evergrove.customers import summarise
from evergrove.customers.news import facts_since
from evergrove.export import tiers_query, transitions_query
from evergrove.scoring import purchase_chance
from evergrove.scoring.choose import model_class
from evergrove.segments import (
    draw_up,
    heard,
    place,
    placement_of,
    policy_of,
    realise,
    states_before,
    transitions_between,
)
from evergrove.settings import Settings
from evergrove.warehouse import open_engine
from evergrove.warehouse.digests import digest_of

if TYPE_CHECKING:
    from evergrove.models import Floats
    from evergrove.warehouse import Engine

FIRST = date(2026, 6, 29)
HISTORY = """
select
    'C' || lpad(cast(c as varchar), 8, '0') as customer_id,
    $day - cast(hash(c, k) % (10 + hash(c) % 720) as integer) as order_date,
    cast(20 + hash(k, c) % 400 as decimal(18, 4)) as amount,
    cast(1 as bigint) as import_seq
from range($customers) customers(c), range(4) orders(k)
"""
TODAY = """
select 'C' || lpad(cast(c as varchar), 8, '0'), $day, cast(99 as decimal(18, 4)), cast(2 as bigint)
from range(0, $customers, 100) customers(c)
"""


def load(engine: Engine, customers: int) -> None:
    """Facts of two imports, and what reading shows of them."""
    engine.create("order_facts", HISTORY, customers=customers, day=FIRST)
    engine.run(f"insert into order_facts {TODAY}", customers=customers, day=FIRST + timedelta(days=1))
    engine.view("orders", "select cast(null as varchar) as order_id, * exclude import_seq from order_facts")
    engine.run(
        "create table refunds (order_id varchar, customer_id varchar, refund_date date, amount decimal(18, 4))"
    )
    engine.view("refund_facts", "select *, cast(1 as bigint) as import_seq from refunds")
    engine.view("known_customers", "select distinct customer_id from orders")


def measured(customers: int) -> dict[str, object]:
    """Two nights: the first by way of preparation, the second timed."""
    settings = Settings()
    policy, today = policy_of(settings), FIRST + timedelta(days=1)
    model = model_class("pareto-nbd")(r=0.6, alpha=9.0, s=0.6, beta=12.0, unit="week")  # type: ignore[call-arg]

    def chance(base: object) -> Floats:
        return purchase_chance(model, base, 180.0)  # type: ignore[arg-type]

    with open_engine() as engine:
        load(engine, customers)
        base = summarise(engine, FIRST, settings.stages)
        segments = realise(engine, base, chance(base), policy, cut=0.2)
        first = place(segments, draw_up(engine, base), policy)
        engine.create("earlier", f"{tiers_query(engine, first)} order by customer_id")
        yardsticks = placement_of(policy, segments).yardsticks

        stages = Stages()
        base = summarise(engine, today, settings.stages)
        stages.end("summarise")
        active = chance(base)
        stages.end("p_active")
        segments = realise(engine, base, active, policy, yardsticks=yardsticks)
        stages.end("realise")
        roster = draw_up(engine, base)
        stages.end("roster")
        earlier = states_before(engine, "earlier", roster, FIRST)
        stages.end("states_before")
        facts_since(engine, after_seq=1, previous_day=FIRST, as_of=today)
        news = heard(engine, roster)
        stages.end("news")
        states = place(segments, roster, policy, earlier, news=news, late_days=7)
        stages.end("place")
        moves = transitions_between(earlier, states, policy, news=news, late_days=7, run_seq=2)
        stages.end("transitions")
        engine.create("tiers", tiers_query(engine, states))
        engine.create("transitions", transitions_query(engine, moves))
        stages.end("tables")
        digest = digest_of(engine, "select * from tiers")
        stages.end("digest")
    causes = np.bincount(moves.cause, minlength=6).tolist()
    return {
        "customers": len(states),
        "moves": len(moves),
        "by_cause": causes,
        "seconds": {name: round(spent["wall_s"], 3) for name, spent in stages.seconds.items()},
        "tiers": digest,
    }


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000), indent=1))

"""Events in any order, portions and repetitions are the facts of one file of the same orders."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evergrove.app import open_workspace
from evergrove.app.creation import create_workspace
from evergrove.core import SetClock
from evergrove.ingest import ReadOptions, show_facts
from evergrove.ingest.events.reading import Desk
from evergrove.ingest.events.segment import read_message
from evergrove.ingest.events.store import store
from evergrove.ingest.facts.tables import show_tables
from evergrove.pipeline.compaction import compact_events
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evergrove.app import Workspace

BEGAN = datetime(2026, 5, 1, 9, tzinfo=UTC)
NOW = BEGAN + timedelta(days=10)
FILE = """order_id,customer_id,order_date,amount,status,parent_order_id
A1,ann,2026-05-01 11:00,10.50,paid,
A2,ben,2026-05-01 12:00,25,paid,
A3,ben,2026-05-01 13:00,30,cancelled,
A4,cyd,2026-05-01 14:00,40,paid,
,cyd,2026-05-03 11:00,-15,paid,A4
A5,dan,2026-05-01 15:00,7,paid,
,dan,2026-05-04 11:00,-7,paid,A5
"""
TABLES = {
    "orders": "select order_id, customer_id, order_date, amount from orders order by all",
    "refunds": "select order_id, customer_id, refund_date, amount from refunds order by all",
    "known": "select customer_id from known_customers order by all",
}
EXAMPLES = 60 if "EVERGROVE_PROVE" in os.environ else 5
numbers = count()


def told(name: str, order: str, customer: str, hours: float, **properties: Any) -> dict[str, Any]:
    """A message of a shop in Berlin."""
    at = BEGAN + timedelta(hours=hours)
    said = {"order_id": order, "currency": "EUR", **properties}
    message = {"type": "track", "event": name, "messageId": f"{name} {order}", "userId": customer}
    return {**message, "timestamp": at.isoformat(), "properties": said}


MESSAGES = [
    told("Order Completed", "A1", "ann", 0, total=10.5, products=[{"product_id": "P1", "price": 10.5}]),
    told("Order Completed", "A2", "ben", 1, total=20),
    told("Order Updated", "A2", "ben", 30, total=25),
    told("Order Completed", "A3", "ben", 2, total=30),
    told("Order Cancelled", "A3", "ben", 50),
    told("Order Completed", "A4", "cyd", 3, total=40),
    told("Order Refunded", "A4", "cyd", 48, products=[{"product_id": "P1", "price": 7.5, "quantity": 2}]),
    told("Order Completed", "A5", "dan", 4, total="7"),
    told("Order Refunded", "A5", "dan", 72),
]


@st.composite
def ways(draw: st.DrawFn) -> list[Sequence[dict[str, Any]]]:
    """All messages in some order, two of them again, in up to four portions."""
    again = draw(st.lists(st.sampled_from(MESSAGES), min_size=2, max_size=2))
    order = draw(st.permutations([*MESSAGES, *again]))
    cuts = sorted(draw(st.sets(st.integers(1, len(order) - 1), max_size=3)) | {0, len(order)})
    return [order[start:end] for start, end in pairwise(cuts)]


def new_workspace(folder: Path) -> Path:
    """An empty one, in Berlin."""
    made = folder / f"shop-{next(numbers)}"
    chosen = {"value": {"currency": "EUR", "timezone": "Europe/Berlin"}}
    create_workspace(made, chosen=chosen, key_file=folder / f"{made.name}.key", clock=SetClock(NOW))
    return made


def facts(here: Workspace) -> dict[str, list[tuple[Any, ...]]]:
    """What holds."""
    seen = here.warehouse.newest()
    with open_engine(threads=1) as engine:
        show_facts(engine, here.warehouse, seen)
        show_tables(engine, here.warehouse, seen)
        assert engine.value("select count(*) from order_lines") in (0, 1)
        return {name: engine.run(sql) for name, sql in TABLES.items()}


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, ...]]]:
    """The facts of one file."""
    folder = tmp_path_factory.mktemp("filed")
    (folder / "orders.csv").write_text(FILE)
    with open_workspace(new_workspace(folder), SetClock(NOW)) as here:
        here.ingest([folder / "orders.csv"], ReadOptions())
        return facts(here)


@pytest.mark.slow
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(way=ways())
def test_any_order_portions_and_repetitions_are_the_facts_of_one_file(
    tmp_path: Path, filed: dict[str, list[tuple[Any, ...]]], way: list[Sequence[dict[str, Any]]]
) -> None:
    """Reliability c25, with a compaction between portions and one at the end."""
    with open_workspace(new_workspace(tmp_path), SetClock(NOW)) as here:
        for portion in way:
            desk = Desk.at(here.seal, "shop", NOW)
            events = [read_message(desk, message, "track")[0] for message in portion]
            with here.ledger.writing() as connection:
                store(connection, [event for event in events if event is not None])
            compact_events(here, here.clock)

        assert facts(here) == filed

"""A shop small enough to count by hand, and ways to put assignments and messages into a ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import evergrove.measurement.tables
import evergrove.outbox.tables  # noqa: F401 - their tables are in the ledger
from evergrove.campaigns import assignment
from evergrove.core import stable_id
from evergrove.ledger import insert_new
from evergrove.outbox import OUTBOX
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from evergrove.ledger import Ledger
    from evergrove.warehouse import Engine

START = date(2026, 6, 1)
MORNING = datetime(2026, 6, 2, 10, tzinfo=UTC)


def day(number: int) -> date:
    """Day 0 is the as_of of the first assignments; day 1 the first on which a message can act."""
    return START + timedelta(days=number)


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine whose shop has sold nothing yet."""
    with open_engine(threads=1) as opened:
        sell(opened, [], [])
        yield opened


def sell(
    engine: Engine, orders: Iterable[tuple[str, date, float]], refunds: Iterable[tuple[str, date, float]] = ()
) -> None:
    """Show orders and refunds as ingest publishes them."""
    for name, when, rows in (
        ("orders", "order_date", list(orders)),
        ("refunds", "refund_date", list(refunds)),
    ):
        engine.create(
            name,
            f"select cast(unnest($order_id) as varchar) as order_id, cast(unnest($customer) as varchar) as customer_id, "
            f"cast(unnest($day) as date) as {when}, cast(unnest($amount) as decimal(18, 4)) as amount",
            order_id=[str(k) for k in range(len(rows))],
            customer=[row[0] for row in rows],
            day=[row[1] for row in rows],
            amount=[row[2] for row in rows],
        )


@pytest.fixture
def assign(ledger: Ledger) -> Callable[..., None]:
    """Put customers into an arm of a layer; a list is one value for each customer."""

    def put(layer_key: str, arm: str, customers: Iterable[str], **more: Any) -> None:
        named = list(customers)
        given = {"arm": arm, "probability": 0.9, "tier": "medium", "stage": "new", "as_of": day(0)} | more
        rows = [
            {
                "id": stable_id("assignment", layer_key, customer),
                "layer": "global" if layer_key.startswith("global") else "playbook",
                "layer_key": layer_key,
                "customer_id": customer,
                "salt": "s",
                "assigned_at": MORNING,
                "run_id": 1,
                **{name: value[k] if isinstance(value, list) else value for name, value in given.items()},
            }
            for k, customer in enumerate(named)
        ]
        with ledger.writing() as connection:
            insert_new(connection, assignment, rows)

    return put


@pytest.fixture
def post(ledger: Ledger) -> Callable[..., None]:
    """Put messages into the outbox, in whatever state."""

    def put(playbook: str, state: str, customers: Iterable[str], **more: Any) -> None:
        attempted = state in {
            "attempting",
            "accepted",
            "delivered",
            "bounced",
            "complained",
            "unknown",
            "failed",
        }
        rows = [
            {
                "id": stable_id("outbox", playbook, customer, state),
                "playbook": playbook,
                "version": 1,
                "customer_id": customer,
                "occasion": state,
                "step": 0,
                "channel": "email",
                "arm": "treated",
                "category": "marketing",
                "template": "new-thanks",
                "params": {},
                "cost": Decimal("0.0150"),
                "decision_id": "d",
                "run_id": 1,
                "state": state,
                "reason": None,
                "not_before": MORNING,
                "valid_until": MORNING + timedelta(days=3),
                "queued_at": MORNING,
                "token": 0,
                "attempts": int(attempted),
                "attempting_at": MORNING if attempted else None,
                **more,
            }
            for customer in customers
        ]
        with ledger.writing() as connection:
            insert_new(connection, OUTBOX, rows)

    return put

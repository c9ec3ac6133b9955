"""Batches that start nothing until a person says so: counted, released in full or in part, and settled by the next run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from evergrove.campaigns.library import known_playbook
from evergrove.campaigns.store import parts
from evergrove.campaigns.tables import held_entry
from evergrove.core import stable_id
from evergrove.ledger import insert_new

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from evergrove.campaigns.types import Due, HeldEntry


@dataclass(frozen=True)
class HeldBatch:
    """
    Customers who met a playbook's trigger on one day for one reason, and wait.

    Attributes:
        playbook: Its key.
        as_of: The day.
        cause: Why nothing was started.
        customers: How many wait still.
    """

    playbook: str
    as_of: date
    cause: str
    customers: int


def store_held(connection: Connection, held: Sequence[HeldEntry], run_id: int) -> int:
    """Store who waits; one who waits already for the same day stays as he is. How many were new."""
    rows = [
        {
            "id": stable_id("held", each.playbook, each.customer_id, each.as_of.isoformat()),
            "playbook": each.playbook,
            "customer_id": each.customer_id,
            "as_of": each.as_of,
            "cause": each.cause,
            "run_id": run_id,
            "state": "held",
        }
        for each in held
    ]
    return insert_new(connection, held_entry, rows)


def held_batches(connection: Connection, key: str | None = None) -> tuple[HeldBatch, ...]:
    """
    What waits, the oldest day first.

    Args:
        connection: Of any block.
        key: Of one playbook; None: of all.
    """
    row = held_entry.c
    columns = (row.playbook, row.as_of, row.cause)
    query = select(*columns, func.count()).where(row.state == "held").group_by(*columns).order_by(*columns)
    if key is not None:
        query = query.where(row.playbook == key)
    return tuple(HeldBatch(*each) for each in connection.execute(query))


def release(
    connection: Connection, key: str, by: str, now: datetime, most: int | None = None, cause: str = ""
) -> int:
    """
    Let those who wait for a playbook enter it with the next run, the oldest day first.

    Args:
        connection: Of a ``writing`` block.
        key: Of the playbook.
        by: Who says so.
        now: When.
        most: At most so many; None: all.
        cause: Only those who wait for this reason; empty: for any.

    Returns:
        How many.

    Raises:
        UnknownPlaybook: It is not installed.
    """
    known_playbook(connection, key)
    row = held_entry.c
    asked = select(row.id).where(row.playbook == key, row.state == "held")
    asked = asked.where(row.cause == cause) if cause else asked
    chosen = connection.execute(asked.order_by(row.as_of, row.customer_id).limit(most)).scalars().all()
    for part in parts(chosen):
        waiting = held_entry.update().where(row.id.in_(part), row.state == "held")
        connection.execute(waiting.values(state="released", released_by=by, released_at=now))
    return len(chosen)


def released_in(connection: Connection, key: str) -> tuple[tuple[str, str], ...]:
    """Those of a playbook who were released and not looked at yet: id and customer."""
    row = held_entry.c
    asked = select(row.id, row.customer_id).where(row.playbook == key, row.state == "released")
    return tuple((which, customer) for which, customer in connection.execute(asked.order_by(row.id)))


def held_since(connection: Connection, key: str, customers: Collection[str], day: date) -> set[str]:
    """Those of some customers who were held back from a playbook on a day or later, whatever became of it."""
    row = held_entry.c
    return {
        customer
        for part in parts(set(customers))
        for customer in connection.execute(
            select(row.customer_id).where(row.playbook == key, row.as_of >= day, row.customer_id.in_(part))
        ).scalars()
    }


def settle_released(connection: Connection, found: Due, run_id: int) -> None:
    """Note what became of those who were released: they entered, or could not any more."""
    row = held_entry.c
    entered = {(each.playbook, each.customer_id) for each in found.entered}
    for part in parts(found.released):
        asked = select(row.id, row.playbook, row.customer_id).where(row.id.in_(part))
        states: dict[str, list[str]] = {"entered": [], "dropped": []}
        for which, key, customer in connection.execute(asked):
            states["entered" if (key, customer) in entered else "dropped"].append(which)
        for state, ids in states.items():
            if ids:
                settled = held_entry.update().where(row.id.in_(ids))
                connection.execute(settled.values(state=state, run_id=run_id))

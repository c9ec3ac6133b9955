"""After something was published, or said of who is who: rows that it covers go, and whom it does not cover is marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from evergrove.ingest.events import mark
from evergrove.ingest.events.content import FACT_KINDS
from evergrove.ingest.events.tables import DIRTY, EVENT
from evergrove.live.lease import NAME
from evergrove.live.tables import LEASE, MOVE, SETBACK, STATE
from evergrove.people.identity import persons_at, persons_now
from evergrove.people.parts import in_parts

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from evergrove.ledger import Ledger
    from evergrove.live.ground import Base, Ground

LATER = """
select customer_id from {orders} where order_date > $day
union
select customer_id from {refunds} where refund_date > $day
"""
"""Customers with facts that the run did not count as they were not dated by then."""


def follow(base: Base, ledger: Ledger) -> bool:
    """
    Bring rows and marks up to what was published; a process that holds the lease calls it before each pass.

    Args:
        base: With what passes stand on.
        ledger: Fenced.

    Returns:
        Whether there was anything to do.
    """
    with ledger.reading() as connection:
        ground = base.follow(connection)
        lease = connection.execute(select(LEASE).where(LEASE.c.name == NAME)).one_or_none()
        if ground is None or lease is None:
            return False
        run_id, word = ground.run.id, ground.stands_on[-1]
        is_new_run = lease.run_id != run_id
        since = ground.run.details.get("identity_seq", 0) if is_new_run else lease.word
        if not is_new_run and since == word:
            return False
        others = _renamed(connection, since) if since != word else set()
        if is_new_run:
            others |= _not_in(connection, ground.run.details["import_seq"])
    later = _dated_later(base, ground) if is_new_run else set()
    with ledger.writing() as connection:
        mark(connection, dict.fromkeys(others | later, 0))
        if is_new_run:
            _drop_covered(connection, run_id)
        done = {"run_id": run_id, "word": word}
        connection.execute(update(LEASE).where(LEASE.c.name == NAME).values(done))
    return True


def _renamed(connection: Connection, since: int) -> set[str]:
    """Everybody who stands under another name than when the log had so many rows, or is stood under."""
    then, now = persons_at(connection, since), persons_now(connection)
    changed = {name for name in then.keys() | now.keys() if then.get(name) != now.get(name)}
    return {each for name in changed for each in (name, then.get(name, name), now.get(name, name))}


def _not_in(connection: Connection, import_seq: int) -> set[str]:
    """Of whom an event tells that the run did not know: it waits, or was taken since by a later import."""
    row = EVENT.c
    is_later = (row.state == "waiting") | ((row.state == "taken") & (row.import_seq > import_seq))
    told = select(row.customer_id).where(is_later, row.kind.in_(FACT_KINDS)).distinct()
    return set(connection.execute(told).scalars())


def _dated_later(base: Base, ground: Ground) -> set[str]:
    with base.bench() as engine:
        sql = LATER.format(orders=ground.far["orders"], refunds=ground.far["refunds"])
        return {str(customer) for (customer,) in engine.run(sql, day=ground.yesterday.as_of)}


def _drop_covered(connection: Connection, run_id: int) -> None:
    """Rows of earlier runs go; those that are marked stay to be read until the next pass replaces them."""
    marked = select(DIRTY.c.customer_id)
    old = (STATE.c.run_id != run_id) & STATE.c.customer_id.not_in(marked)
    connection.execute(delete(STATE).where(old))


def forget(connection: Connection, customer_ids: Collection[str]) -> int:
    """
    Let nothing of live value remain of some customers.

    Args:
        connection: Of a ``writing`` block.
        customer_ids: All ids of a person.

    Returns:
        How many rows there were.
    """
    gone = 0
    for part in in_parts(customer_ids):
        for table in (STATE, MOVE, SETBACK, DIRTY):
            gone += connection.execute(delete(table).where(table.c.customer_id.in_(part))).rowcount
    return gone

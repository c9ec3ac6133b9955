"""Forgetting identifiers: what they were goes, what keeps them from coming back stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from evergrove.ledger import insert_new
from evergrove.people.identity.tables import identity, tombstone

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def forget_identifiers(connection: Connection, customer_id: str, now: datetime) -> int:
    """
    Delete a customer's identifiers, and leave a keyed tombstone for each.

    The log of links stays: it names customers and keyed hashes only, and a past night is computed by it.

    Args:
        connection: Of a ``writing`` block.
        customer_id: Whose.
        now: When.

    Returns:
        How many there were.
    """
    row = identity.c
    own = connection.execute(select(row.kind, row.value_hash).where(row.customer_id == customer_id)).all()
    marks = [{"kind": kind, "value_hash": hashed, "erased_at": now} for kind, hashed in own]
    insert_new(connection, tombstone, marks)
    connection.execute(delete(identity).where(row.customer_id == customer_id))
    return len(own)

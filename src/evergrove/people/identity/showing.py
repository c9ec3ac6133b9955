"""What is known of somebody's identifiers, and of how customers became one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, select

from evergrove.people.identity.kinds import APART
from evergrove.people.identity.log import words_of
from evergrove.people.identity.store import owner_of
from evergrove.people.identity.tables import identity, merge_event
from evergrove.people.identity.types import Joining, KnownIdentifier, Link
from evergrove.people.parts import in_parts

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from evergrove.people.seal import Seal


def identifiers_of(connection: Connection, seal: Seal, customers: Collection[str]) -> list[KnownIdentifier]:
    """
    The identifiers of some customers, opened.

    Raises:
        SealBroken: One of them does not open.
    """
    words = words_of(connection, customers=customers)
    found = []
    for part in in_parts(sorted(customers)):
        for row in connection.execute(select(identity).where(identity.c.customer_id.in_(part))):
            link = Link(row.customer_id, row.kind, row.value_hash)
            value = None if row.sealed is None else str(seal.unseal(row.sealed, owner_of(link))["value"])
            word = words.get(link)
            state, reason = (word.action, word.reason) if word else (None, None)
            found.append(KnownIdentifier(row.customer_id, row.kind, value, state, reason, row.recorded_at))
    return sorted(found, key=lambda each: (each.customer_id, each.kind, each.recorded_at, each.value or ""))


def joinings_of(connection: Connection, customers: Collection[str]) -> list[Joining]:
    """The log of some customers' links, oldest first, each with the others among them who share the value."""
    row, found = merge_event.c, list[Row[Any]]()
    for part in in_parts(sorted(customers)):
        found += connection.execute(select(merge_event).where(row.customer_id.in_(part))).all()
    sharing: dict[tuple[str, str], set[str]] = {}
    for each in found:
        sharing.setdefault((each.kind, each.value_hash), set()).add(each.customer_id)
    return [
        Joining(
            each.customer_id,
            each.kind,
            each.action,
            each.reason,
            each.recorded_at,
            ()
            if each.kind == APART
            else tuple(sorted(sharing[each.kind, each.value_hash] - {each.customer_id})),
        )
        for each in sorted(found, key=lambda each: int(each.id))
    ]

"""The log of links: written once, read as it stood at any of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select

from evergrove.people.identity.joining import persons_of
from evergrove.people.identity.tables import merge_event, same_person
from evergrove.people.identity.types import Link, Word
from evergrove.people.parts import CHUNK, in_parts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.people.identity.types import Action


def newest_word(connection: Connection) -> int:
    """The number of the log's newest row; 0 without any. A night notes it, and can be computed again."""
    return int(connection.execute(select(func.coalesce(func.max(merge_event.c.id), 0))).scalar_one())


def words_of(
    connection: Connection, until: int | None = None, customers: Collection[str] | None = None
) -> dict[Link, Word]:
    """
    The newest that the log says of each link.

    Args:
        connection: Of any block.
        until: Rows up to this number; None: all.
        customers: Links of these only; None: of everybody.
    """
    if customers is None:
        return _words(connection, until, None)
    found: dict[Link, Word] = {}
    for part in in_parts(customers):
        found |= _words(connection, until, part)
    return found


def _words(connection: Connection, until: int | None, customers: Collection[str] | None) -> dict[Link, Word]:
    row = merge_event.c
    # By row number, not by clock, as in consent: a clock may be set back.
    newest = select(func.max(row.id)).group_by(row.customer_id, row.kind, row.value_hash)
    if until is not None:
        newest = newest.where(row.id <= until)
    if customers is not None:
        newest = newest.where(row.customer_id.in_(customers))
    rows = connection.execute(select(merge_event).where(row.id.in_(newest)))
    return {
        Link(each.customer_id, each.kind, each.value_hash): Word(
            each.id, each.action, each.reason, each.recorded_at
        )
        for each in rows
    }


def persons_at(connection: Connection, until: int | None = None) -> dict[str, str]:
    """
    Customer to person as the log stood at one of its rows, where the two differ.

    Args:
        connection: Of any block.
        until: Number of that row; None: as it stands.
    """
    if until == 0:
        return {}
    words = words_of(connection, until)
    return persons_of(link for link, word in words.items() if word.action == "join")


def say(connection: Connection, said: Mapping[Link, tuple[Action, str]], now: datetime) -> None:
    """Add what became of some links, action and reason, in the order of their names."""
    rows = [
        {**link._asdict(), "action": action, "reason": reason, "recorded_at": now}
        for link, (action, reason) in sorted(said.items())
    ]
    for start in range(0, len(rows), CHUNK):
        connection.execute(insert(merge_event), rows[start : start + CHUNK])


def write_persons(connection: Connection, before: Mapping[str, str], after: Mapping[str, str]) -> int:
    """
    Write down who stands under whose name; what stands so already is not touched.

    Args:
        connection: Of a ``writing`` block.
        before: Customer to person as it is written down.
        after: The same as the log says.

    Returns:
        Customers who stand under another name than before.
    """
    changed = {customer for customer, person in after.items() if before.get(customer) != person}
    gone = before.keys() - after.keys()
    for part in in_parts(gone | (changed & before.keys())):
        connection.execute(delete(same_person).where(same_person.c.customer_id.in_(part)))
    rows = [{"customer_id": customer, "person_id": after[customer]} for customer in sorted(changed)]
    for start in range(0, len(rows), CHUNK):
        connection.execute(insert(same_person), rows[start : start + CHUNK])
    return len(gone | changed)


def rebuilt_persons(connection: Connection) -> int:
    """Write down who stands under whose name from the log alone; how many stood otherwise."""
    before = {row.customer_id: row.person_id for row in connection.execute(select(same_person))}
    return write_persons(connection, before, persons_at(connection))

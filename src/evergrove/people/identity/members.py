"""Who stands under whose name, asked for a few customers at a time."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.people.identity.tables import same_person
from evergrove.people.parts import in_parts

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection


def person_ids(connection: Connection, customer_ids: Collection[str]) -> dict[str, str]:
    """The person behind each customer: the customer itself, unless it was joined with others."""
    found = {customer: customer for customer in customer_ids}
    row = same_person.c
    for part in in_parts(customer_ids):
        query = select(row.customer_id, row.person_id).where(row.customer_id.in_(part))
        found |= {each.customer_id: each.person_id for each in connection.execute(query)}
    return found


def members_of(connection: Connection, customer_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """All customers who are one person with each of some, that one among them."""
    person_of = person_ids(connection, customer_ids)
    members: dict[str, set[str]] = defaultdict(set)
    row = same_person.c
    for part in in_parts(set(person_of.values())):
        rows = connection.execute(select(row.customer_id, row.person_id).where(row.person_id.in_(part)))
        for customer, person in rows:
            members[person].add(customer)
    return {
        customer: tuple(sorted({customer, person, *members[person]}))
        for customer, person in person_of.items()
    }


def persons_now(connection: Connection) -> dict[str, str]:
    """Everybody who stands under another's name, and that name."""
    return {row.customer_id: row.person_id for row in connection.execute(select(same_person))}

"""Who stands under whose name, asked for a few customers at a time."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.people.identity.tables import same_person
from evergrove.people.parts import among, in_parts

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

_JOINED = same_person.c
_NAMED = select(_JOINED.customer_id, _JOINED.person_id).where(
    among(_JOINED.customer_id) | among(_JOINED.person_id)
)


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
    asked = set(customer_ids)
    rows = _naming(connection, asked)
    person_of = {customer: customer for customer in customer_ids}
    person_of |= {customer: person for customer, person in rows if customer in asked}
    rows |= _naming(connection, set(person_of.values()) - asked)
    members: dict[str, set[str]] = defaultdict(set)
    for customer, person in rows:
        members[person].add(customer)
    return {
        customer: tuple(sorted({customer, person, *members[person]})) if person in members else (customer,)
        for customer, person in person_of.items()
    }


def _naming(connection: Connection, names: set[str]) -> set[tuple[str, str]]:
    """Customer and person of every joining that one of some names has a part in."""
    found = set[tuple[str, str]]()
    for part in in_parts(names):
        found |= {(customer, person) for customer, person in connection.execute(_NAMED, {"some": part})}
    return found


def persons_now(connection: Connection) -> dict[str, str]:
    """Everybody who stands under another's name, and that name."""
    return {row.customer_id: row.person_id for row in connection.execute(select(same_person))}

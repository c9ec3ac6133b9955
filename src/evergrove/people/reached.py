"""Under which identifier a customer is reached on a channel, and who else is reached under the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from evergrove.people.identity.tables import identity
from evergrove.people.parts import among, in_parts
from evergrove.people.tables import person
from evergrove.people.types import EMAIL

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection, Row


REACHED_BY: Mapping[str, str] = {
    EMAIL: "email",
    "sms": "phone",
    "phone": "phone",
    "whatsapp": "phone",
    "wechat": "open_id",
    "wecom": "external_id",
    "line": "external_id",
    "task": "phone",
    "push": "device_id",
}
"""Kind of identifier by channel; on a channel that is not among them nobody has an address yet."""
BY_CUSTOMER = ("webhook", "file", "console")
"""Channels that hand a message over to the shop's own side, which knows the customer by id."""
CONSENT_TO: Mapping[str, str] = {"task": "phone", "wecom": "wechat", **dict.fromkeys(BY_CUSTOMER, "any")}
"""Under which channel's name people agree, where it is another one: a task is a call, and whatever the shop's own side
does with a message needs a yes that holds on any channel."""


def addresses_of(
    connection: Connection, customer_ids: Collection[str], known: Mapping[str, Row[Any]], channel: str
) -> dict[str, str]:
    """
    The keyed hash of where each customer is reached; who cannot be is not among them.

    Args:
        connection: Of any block.
        customer_ids: Whose.
        known: Rows of persons, those of the customers among them.
        channel: On which; of several identifiers of one kind the newest counts.
    """
    if channel == EMAIL:
        return {each: row.email_hash for each, row in known.items() if row.email_hash is not None}
    if channel in BY_CUSTOMER:
        return {each: f"customer:{each}" for each in customer_ids}
    row, found = identity.c, dict[str, str]()
    for part in in_parts(customer_ids if channel in REACHED_BY else ()):
        query = select(row.customer_id, row.value_hash).where(
            row.customer_id.in_(part), row.kind == REACHED_BY[channel]
        )
        newest_last = query.order_by(row.recorded_at, row.value_hash)
        found |= {each.customer_id: each.value_hash for each in connection.execute(newest_last)}
    return found


def sharing_address(connection: Connection, hashes: Collection[str], channel: str) -> set[tuple[str, str]]:
    """Customers who are known under one of some addresses of a channel, and which."""
    found: set[tuple[str, str]] = set()
    for part in in_parts(hashes if channel in REACHED_BY else ()):
        named = connection.execute(_NAMED, {"kind": REACHED_BY[channel], "some": part})
        found |= {(customer, hashed) for customer, hashed in named}
        if channel == EMAIL:
            written = connection.execute(_WRITTEN_TO, {"some": part})
            found |= {(customer, hashed) for customer, hashed in written}
    return found


_NAMED = select(identity.c.customer_id, identity.c.value_hash).where(
    identity.c.kind == bindparam("kind"), among(identity.c.value_hash)
)
_WRITTEN_TO = select(person.c.customer_id, person.c.email_hash).where(among(person.c.email_hash))


def sealed_places(
    connection: Connection, places: Collection[tuple[str, str]], channel: str
) -> dict[tuple[str, str], bytes]:
    """
    The sealed addresses of customers by customer and keyed hash; who was erased meanwhile is not among them.

    Args:
        connection: Of the transaction in which the hashes were read.
        places: Customer and keyed hash of each.
        channel: Other than e-mail, whose addresses stand in the person's own row.
    """
    row, found = identity.c, dict[tuple[str, str], bytes]()
    for part in in_parts({hashed for _customer, hashed in places} if channel in REACHED_BY else ()):
        query = select(row.customer_id, row.value_hash, row.sealed).where(
            row.kind == REACHED_BY[channel], row.value_hash.in_(part), row.sealed.is_not(None)
        )
        found |= {(each.customer_id, each.value_hash): each.sealed for each in connection.execute(query)}
    return {place: sealed for place, sealed in found.items() if place in set(places)}

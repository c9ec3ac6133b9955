"""Whom one may write to, and where: read again in the very transaction before a message leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.people.consent import newest_words
from evergrove.people.store import details_of, opened, people_of, sharing_address
from evergrove.people.suppression import suppressed_hashes
from evergrove.people.types import EMAIL, MARKETING, Contact, Standing

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from evergrove.people.seal import Seal
    from evergrove.people.types import PersonStatus


def contacts(connection: Connection, seal: Seal, customer_ids: Collection[str]) -> dict[str, Contact]:
    """Where living persons are reached; erased and unknown ones are not among them."""
    found = {}
    for customer, row in people_of(connection, customer_ids).items():
        if row.status == "active":
            details = details_of(seal, row)
            found[customer] = Contact(customer, details["email"], details["name"], row.language, row.zone)
    return found


def status_of(connection: Connection, customer_ids: Collection[str]) -> dict[str, PersonStatus]:
    """Active, erased, or unknown where no file has told of the customer."""
    known = people_of(connection, customer_ids)
    return {customer: known[customer].status if customer in known else "unknown" for customer in customer_ids}


def suppressed(connection: Connection, customer_ids: Collection[str], channel: str = EMAIL) -> dict[str, str]:
    """Customers to whose address nothing is sent, and why."""
    known = people_of(connection, customer_ids)
    hashes = {customer: row.email_hash for customer, row in known.items() if row.email_hash is not None}
    reasons = suppressed_hashes(connection, set(hashes.values()), channel)
    return {customer: reasons[hashed] for customer, hashed in hashes.items() if hashed in reasons}


def standing_of(
    connection: Connection,
    customer_ids: Collection[str],
    channel: str = EMAIL,
    purpose: str = MARKETING,
) -> dict[str, Standing]:
    """
    Everything about customers that decides whether they may be written to, in four queries.

    Who has no wish to be written to at an address is heard for all customers who have it: it is one person as far
    as anybody can see, and the more restrictive word holds.
    """
    known = people_of(connection, customer_ids)
    hashes = {row.email_hash for row in known.values() if row.email_hash is not None}
    sharing = sharing_address(connection, hashes)
    words = newest_words(connection, {*customer_ids, *sharing}, channel, purpose)
    refused = {
        hashed: words[customer].status
        for customer, hashed in sharing.items()
        if customer in words and words[customer].status != "granted"
    }
    reasons = suppressed_hashes(connection, hashes, channel)
    found: dict[str, Standing] = {}
    for customer in customer_ids:
        row = known.get(customer)
        hashed = None if row is None else row.email_hash
        own = words[customer].status if customer in words else "unknown"
        found[customer] = Standing(
            status="unknown" if row is None else row.status,
            consent=refused.get(hashed, own) if hashed is not None and own == "granted" else own,
            suppressed=reasons.get(hashed) if hashed is not None else None,
            has_address=hashed is not None,
            language=None if row is None else row.language,
            zone=None if row is None else row.zone,
            sealed=None if row is None else row.sealed,
        )
    return found


def contact_of(seal: Seal, customer_id: str, standing: Standing) -> Contact:
    """
    Where a person is reached: at the very address that was judged, whatever was written since.

    Raises:
        SealBroken: It does not open.
    """
    details = opened(seal, standing.sealed, customer_id)
    return Contact(customer_id, details["email"], details["name"], standing.language, standing.zone)

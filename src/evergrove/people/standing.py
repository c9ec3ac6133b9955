"""Whom one may write to, and where: read again in the very transaction before a message leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.ledger import database_now
from evergrove.people.ages import LEAST_AGE, minors_among
from evergrove.people.consent.asking import person_state, words_of
from evergrove.people.consent.rules import state_of
from evergrove.people.identity.members import members_of
from evergrove.people.identity.store import owner_of
from evergrove.people.identity.types import Link
from evergrove.people.profiling import unprofiled_persons
from evergrove.people.reached import (
    CONSENT_TO,
    REACHED_BY,
    addresses_of,
    sealed_places,
    sharing_address,
)
from evergrove.people.store import details_of, opened, people_of
from evergrove.people.suppression import suppressed_hashes
from evergrove.people.types import EMAIL, MARKETING, Contact, Standing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from evergrove.people.consent.types import Said
    from evergrove.people.seal import Seal
    from evergrove.people.types import PersonStatus

BOUNCED, UNREACHABLE = "people.bounced", "people.unreachable"
OF_THE_ADDRESS = frozenset({BOUNCED, UNREACHABLE})


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
    *,
    now: datetime | None = None,
    least_age: int = LEAST_AGE,
) -> dict[str, Standing]:
    """
    Everything about customers that decides whether they may be written to, in a few queries.

    Customers who are one person, or have one address, are heard as one: the most restrictive word of any of them
    holds, and an erasure or a wish to be left alone speaks for all. The address is the customer's own, or else that
    of the first other member who has one: an e-mail address, a phone, or what else the channel reaches people by.

    Args:
        connection: Of any block; before the wire, of the transaction in which the message is begun.
        customer_ids: Whose.
        channel: On which one would write.
        purpose: For what.
        now: The present moment, at which a yes may have expired; None: by the clock of the database.
        least_age: Below which a guardian must have agreed; 0: nobody is asked for the age.
    """
    now = now or database_now(connection)
    members = members_of(connection, customer_ids)
    everybody = {each for group in members.values() for each in group}
    known = people_of(connection, everybody)
    places = addresses_of(connection, everybody, known, channel)
    sharing = sharing_address(connection, set(places.values()), channel)
    asked = CONSENT_TO.get(channel, channel)
    words = words_of(connection, {*everybody, *(each for each, _ in sharing)}, asked, purpose)
    young = minors_among(connection, everybody, now, least_age)
    off = unprofiled_persons(connection, members, young, now)
    refused = {
        hashed: state
        for customer, hashed in sorted(sharing)
        if customer in words
        and (state := state_of(words[customer], _counted(words[customer], now))) != "granted"
    }
    reasons = suppressed_hashes(connection, set(places.values()), channel)
    sealed = sealed_places(connection, [*places.items()], channel) if channel != EMAIL else {}
    found: dict[str, Standing] = {}
    for customer, group in members.items():
        own_first = (customer, *(each for each in group if each != customer))
        rows = [known[each] for each in own_first if each in known]
        said = [words[each] for each in own_first if each in words]
        owner = next((each for each in own_first if each in places), None)
        hashed = None if owner is None else places[owner]
        row = known.get(customer if owner is None else owner, rows[0] if rows else None)
        moment = _counted([word for each in said for word in each], now)
        own = person_state(said, moment, is_minor=not young.isdisjoint(group))
        found[customer] = Standing(
            status=_status(rows),
            consent=refused.get(hashed, own) if hashed is not None and own == "granted" else own,
            suppressed=_suppressed(hashed, [places[each] for each in group if each in places], reasons),
            has_address=hashed is not None,
            language=_first(rows, "language"),
            zone=_first(rows, "zone"),
            sealed=None if row is None else row.sealed,
            owner=customer if row is None else row.customer_id,
            unprofiled=off.get(customer),
            place=_place(owner, hashed, channel),
            sealed_place=sealed.get((owner or "", hashed or "")),
        )
    return found


def _counted(said: Sequence[Said], now: datetime) -> datetime:
    """Until when words count: a clock that was set back does not unsay what was said."""
    return max((now, *(each.given_at for each in said)))


def _status(rows: Sequence[Row[Any]]) -> PersonStatus:
    statuses = {row.status for row in rows}
    return "erased" if "erased" in statuses else "active" if rows else "unknown"


def _suppressed(hashed: str | None, places: Sequence[str], reasons: Mapping[str, str]) -> str | None:
    """Why nothing is sent: of the address itself, or a person's wish at any other of the person's addresses."""
    if hashed is not None and hashed in reasons:
        return reasons[hashed]
    others = (reasons[each] for each in places if each in reasons)
    return next((reason for reason in others if reason not in OF_THE_ADDRESS), None)


def _first(rows: Sequence[Row[Any]], name: str) -> Any:
    """What the customer's own row says, else the first member's that says anything."""
    return next((value for row in rows if (value := getattr(row, name)) is not None), None)


def _place(owner: str | None, hashed: str | None, channel: str) -> tuple[str, str, str] | None:
    """Whose address it is and of which kind, where it is not the e-mail address of the person's own row."""
    if owner is None or hashed is None or channel == EMAIL:
        return None
    return REACHED_BY.get(channel, ""), hashed, owner


def contact_of(seal: Seal, customer_id: str, standing: Standing) -> Contact:
    """
    Where a person is reached: at the very address that was judged, whatever was written since.

    Raises:
        SealBroken: It does not open.
    """
    details = opened(seal, standing.sealed, standing.owner or customer_id)
    address = details["email"]
    if standing.place is not None:
        address = _opened_place(seal, customer_id, standing)
    return Contact(customer_id, details["email"], details["name"], standing.language, standing.zone, address)


def _opened_place(seal: Seal, customer_id: str, standing: Standing) -> str | None:
    kind, hashed, owner = standing.place or ("", "", "")
    if not kind:  # the shop's own side knows the customer
        return customer_id
    if standing.sealed_place is None:
        return None
    link = Link(owner, kind, hashed)
    return str(seal.unseal(standing.sealed_place, owner_of(link))["value"])

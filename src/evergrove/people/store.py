"""Rows of a customers file into the ledger: sealed, idempotent, and never against a person's own refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.ledger import upsert
from evergrove.people.addresses import compared_address
from evergrove.people.ages import store_ages
from evergrove.people.consent.recording import record_list
from evergrove.people.identity.store import brought_back, link_of, take_identifiers
from evergrove.people.identity.types import Identifier
from evergrove.people.parts import CHUNK, among, in_parts
from evergrove.people.suppression import erased_hashes
from evergrove.people.tables import person
from evergrove.people.types import EMAIL, Stored

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from evergrove.people.seal import Seal
    from evergrove.people.types import PersonRow

PERSON_FORMAT = "evergrove.person/1"
ERASED = "erased"


def store_people(
    connection: Connection,
    seal: Seal,
    rows: Sequence[PersonRow],
    now: datetime,
    *,
    proof: str | None = None,
    written_at: datetime | None = None,
) -> Stored:
    """
    Store what rows say of persons; storing the same rows again changes nothing.

    What a row does not say stays as it is known. An erased person stays erased, and so does the address under
    any other customer's name. A grant in a file does not count against a refusal that came another way (an
    unsubscribe, a complaint), nor against one that was recorded after the file was written: its owner may not
    have heard of it yet.

    Args:
        connection: Of a ``writing`` block.
        seal: Of the workspace.
        rows: One a customer.
        now: When they are recorded.
        proof: Where the rows stand for everybody to see, such as the sha256 of their file.
        written_at: Of the file; None: now.
    """
    stored = Stored()
    for start in range(0, len(rows), CHUNK):
        stored += _store(connection, seal, rows[start : start + CHUNK], now, proof, written_at or now)
    return stored


def _store(
    connection: Connection,
    seal: Seal,
    rows: Sequence[PersonRow],
    now: datetime,
    proof: str | None,
    written_at: datetime,
) -> Stored:
    known = people_of(connection, [row.customer_id for row in rows])
    gone, told = _erased_among(connection, seal, rows), _identifiers(rows)
    back = brought_back(connection, [link_of(seal, each) for each in told if each.kind != EMAIL])
    living = [
        row
        for row in rows
        if row.customer_id not in back
        and not _is_erased(known.get(row.customer_id))
        and row.email not in gone
    ]
    changed = [
        values
        for row in living
        if (values := _changed(seal, row, known.get(row.customer_id), now)) is not None
    ]
    # Asked again by the database itself: another process may have erased somebody a moment ago.
    upsert(connection, person, changed, ["customer_id"], unless=person.c.status == ERASED)
    taken = take_identifiers(connection, seal, _identifiers(living), now, proof=proof)
    ages = store_ages(connection, {row.customer_id: (row.born, row.is_minor) for row in living}, now)
    said = {row.customer_id: row.consent for row in living if row.consent is not None}
    new, refused = record_list(connection, said, written_at, now, proof=proof)
    return Stored(len(changed), new, len(rows) - len(living), len(refused), taken.new, ages)


def _identifiers(rows: Sequence[PersonRow]) -> list[Identifier]:
    """The identifiers that rows tell, the address among them."""
    return [
        Identifier(row.customer_id, kind, value)
        for row in rows
        for kind, value in (*row.identifiers, *(((EMAIL, compared_address(row.email)),) if row.email else ()))
    ]


_PEOPLE = select(person).where(among(person.c.customer_id))


def people_of(connection: Connection, customer_ids: Collection[str]) -> dict[str, Row[Any]]:
    """The rows of some customers, by customer; those of whom nothing is known are not among them."""
    found: dict[str, Row[Any]] = {}
    for part in in_parts(customer_ids):
        found |= {row.customer_id: row for row in connection.execute(_PEOPLE, {"some": part})}
    return found


def details_of(seal: Seal, row: Row[Any] | None) -> Mapping[str, str | None]:
    """The personal part of a row: email, name."""
    return opened(seal, None, "") if row is None else opened(seal, row.sealed, row.customer_id)


def opened(seal: Seal, sealed: bytes | None, customer_id: str) -> Mapping[str, str | None]:
    """What is sealed of a customer: email, name; None for what is not known."""
    document = seal.unseal(sealed, customer_id) if sealed is not None else {}
    return {"email": document.get("email"), "name": document.get("name")}


def address_hash(seal: Seal, email: str) -> str:
    """The keyed hash by which an address is found again, and by which it is kept from being written to."""
    return seal.hash(EMAIL, compared_address(email))


def _is_erased(row: Row[Any] | None) -> bool:
    return row is not None and row.status == ERASED


def _erased_among(connection: Connection, seal: Seal, rows: Sequence[PersonRow]) -> set[str]:
    """The addresses of some rows that belong to erased persons."""
    hashes = {address_hash(seal, row.email): row.email for row in rows if row.email}
    return {hashes[hashed] for hashed in erased_hashes(connection, hashes)}


def _changed(seal: Seal, row: PersonRow, known: Row[Any] | None, now: datetime) -> dict[str, Any] | None:
    """The person's row as it should stand; None: it stands so already."""
    before = details_of(seal, known)
    email, name = row.email or before["email"], row.name or before["name"]
    language = row.language or (known.language if known is not None else None)
    zone = row.zone or (known.zone if known is not None else None)
    after = {"email": email, "name": name}
    if known is not None and after == before and (language, zone) == (known.language, known.zone):
        return None
    is_same = known is not None and after == before
    return {
        "customer_id": row.customer_id,
        "sealed": known.sealed
        if known is not None and is_same
        else seal.seal({"format": PERSON_FORMAT, **after}, row.customer_id),
        "email_hash": address_hash(seal, email) if email else None,
        "language": language,
        "zone": zone,
        "status": "active",
        "recorded_at": now,
    }

"""What events tell of persons: contact data, words about consent, and which ids are one person."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from evergrove.ingest.columns.customer_roles import read_person
from evergrove.ingest.events.types import ANONYMOUS, Reason, anonymous_customer
from evergrove.people import ConsentRow, PersonRow, store_people, take_consents
from evergrove.people.identity import Identifier, take_identifiers
from evergrove.people.identity.store import link_of
from evergrove.people.identity.tables import identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.people import Seal

KIND = "external_id"
"""Kind of identifier under which an anonymous id ties customers: they are one person, as the log can undo."""
SOURCE = "events"
TYING = ("customer", "alias", "order")
"""Kinds of events that say who an anonymous id is; page views say it again thousands of times."""


@dataclass(frozen=True)
class PersonsTold:
    """
    What some events tell of persons.

    Attributes:
        rows: One a customer, the later word holding.
        consents: Words with their moments.
        ties: Anonymous or earlier ids, by the customer who uses them now.
        refused: Why some cannot be taken, by number of the event.
    """

    rows: list[PersonRow] = field(default_factory=list)
    consents: list[ConsentRow] = field(default_factory=list)
    ties: list[tuple[str, str]] = field(default_factory=list)
    refused: dict[int, Reason] = field(default_factory=dict)


def persons_told(events: Iterable[Mapping[str, Any]], seal: Seal, region: str) -> PersonsTold:
    """
    What waiting events tell of persons.

    Args:
        events: Rows of the table ``event``, by column.
        seal: Opens what is sealed in them.
        region: Country of phone numbers written without one.
    """
    told = PersonsTold()
    newest: dict[str, PersonRow] = {}
    for event in sorted(events, key=lambda event: (event["at"], event["seq"])):
        told.ties.extend(_ties(event, seal))
        if event["kind"] != "customer" or event["sealed"] is None:
            continue
        customer = event["customer_id"]
        cells = seal.unseal(event["sealed"], customer)["cells"]
        row, fault, _unused = read_person({"customer": customer, **cells}, region)
        if row is not None and row.consent is not None:
            told.consents.append(ConsentRow(customer, row.consent, given_at=event["at"], source=SOURCE))
        if fault or row is None:
            told.refused[event["seq"]] = Reason(fault)
            continue
        known = newest.get(customer, PersonRow(customer))
        newest[customer] = _over(known, replace(row, consent=None))
    told.rows.extend(newest.values())
    return told


def _over(before: PersonRow, row: PersonRow) -> PersonRow:
    """A later row over an earlier one: what it leaves out stays."""
    said = {each.name: value for each in fields(row) if (value := getattr(row, each.name)) not in (None, ())}
    said["identifiers"] = tuple(dict.fromkeys((*before.identifiers, *row.identifiers)))
    return replace(before, **said)


def _ties(event: Mapping[str, Any], seal: Seal) -> list[tuple[str, str]]:
    customer, anonymous = event["customer_id"], event["anonymous_id"]
    if event["kind"] not in TYING:
        return []
    previous = event["content"].get("previous", ())  # as releases before this one kept them
    if event["kind"] == "alias" and event["sealed"] is not None:
        previous = seal.unseal(event["sealed"], customer)["previous"]
    found = [(customer, before) for before in previous if before != customer]
    if anonymous and not customer.startswith(ANONYMOUS):
        found.append((customer, anonymous_customer(anonymous)))
    return found


def store_persons(connection: Connection, seal: Seal, told: PersonsTold, now: datetime) -> int:
    """
    Store what events tell of persons; storing the same again changes nothing.

    Args:
        connection: Of a ``writing`` block.
        seal: Of the workspace.
        told: From ``persons_told``.
        now: When.

    Returns:
        How many identifiers were new: with any, people are to be looked at anew (``settle_persons``).
    """
    stored = store_people(connection, seal, told.rows, now)
    take_consents(connection, seal, told.consents, now)
    first: dict[str, str] = {}
    for customer, before in told.ties:
        first.setdefault(before, customer)
    rows = [
        Identifier(each, KIND, before)
        for before, customer in first.items()
        if _is_free(connection, seal, customer, before)
        for each in (customer, before)
    ]
    return stored.identifiers + take_identifiers(connection, seal, rows, now).new


def _is_free(connection: Connection, seal: Seal, customer: str, before: str) -> bool:
    """Whether nobody else has used an id before: a browser that two customers share makes them no one person."""
    hashed = link_of(seal, Identifier(customer, KIND, before)).value_hash
    same = (identity.c.kind == KIND) & (identity.c.value_hash == hashed)
    others = identity.select().where(same, identity.c.customer_id.not_in([customer, before])).limit(1)
    return connection.execute(others).first() is None

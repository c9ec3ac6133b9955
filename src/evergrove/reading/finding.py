"""Who somebody is, by exactly what is known of them: an id, an e-mail address, a phone number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from evergrove.people.identity import members_of, normal_form, person_ids, region_of
from evergrove.people.reached import sharing_address
from evergrove.people.standing import status_of
from evergrove.people.types import EMAIL
from evergrove.reading.columns import CUSTOMERS, ID
from evergrove.reading.filters import ask

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection

    from evergrove.people import Seal
    from evergrove.reading.shelf import View

Kind = Literal["customer_id", "email", "phone"]
PERSONAL: tuple[Kind, ...] = ("email", "phone")
"""Kinds that are personal: whoever may not see them may not search by them either."""
_CHANNELS = {"email": EMAIL, "phone": "phone"}


@dataclass(frozen=True)
class Match:
    """
    Somebody who was found.

    Attributes:
        customer_id: Under which id the person stands.
        by: What was met.
        is_valued: Whether the newest run knows the person.
    """

    customer_id: str
    by: Kind
    is_valued: bool


def find_customers(view: View, seal: Seal, text: str, kinds: Collection[Kind]) -> tuple[Match, ...]:
    """
    Persons who are known under just this, each once; personal values are compared by their keyed hashes.

    Args:
        view: Of the run.
        seal: Of the workspace.
        text: As somebody typed it: phones and addresses in any spelling, ids letter by letter.
        kinds: What it may be.
    """
    text = text.strip()
    with view.parts.ledger.reading() as connection:
        met: dict[str, Kind] = {}
        for kind in PERSONAL:
            for customer in _sharing(connection, view, seal, kind, text) if kind in kinds else ():
                met.setdefault(customer, kind)
        if "customer_id" in kinds and text:
            met[text] = "customer_id"
        persons, members = person_ids(connection, list(met)), members_of(connection, list(met))
        known = {name for name, status in status_of(connection, list(met)).items() if status != "unknown"}
    valued = _valued(view, {*persons.values(), *(each for several in members.values() for each in several)})
    found: dict[str, Match] = {}
    for customer, kind in met.items():
        person = persons[customer]
        names = [each for each in (person, customer, *members[customer]) if each in valued]
        if names or customer in known or kind != "customer_id":
            found.setdefault(person, Match(names[0] if names else person, kind, bool(names)))
    return tuple(sorted(found.values(), key=lambda each: each.customer_id))


def _sharing(connection: Connection, view: View, seal: Seal, kind: Kind, text: str) -> Iterator[str]:
    settings = view.parts.settings
    region = region_of(settings.workspace.region, settings.value.timezone)
    value = normal_form(kind, text, region)
    if value is not None:
        for customer, _hash in sorted(sharing_address(connection, [seal.hash(kind, value)], _CHANNELS[kind])):
            yield customer


def _valued(view: View, names: Collection[str]) -> set[str]:
    """Those of some ids that the run knows."""
    sql = f"select {ID} from {CUSTOMERS} where {ID} in (select unnest($names))"
    return {row[ID] for row in ask(view, sql, names=sorted(names))} if names else set()

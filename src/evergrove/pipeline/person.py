"""Everything that a workspace knows of one person, and nothing of anybody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
from sqlalchemy import LargeBinary, select

from evergrove.core import InputError, _
from evergrove.ledger import metadata
from evergrove.people import consent_history, contacts, status_of
from evergrove.people.identity import identifiers_of, joinings_of, members_of, person_ids
from evergrove.people.parts import in_parts
from evergrove.people.store import people_of
from evergrove.people.tables import consent_event, suppression
from evergrove.people.texts import texts_of
from evergrove.pipeline.nights import SCORES, TIERS
from evergrove.warehouse import identifier, open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Table

    from evergrove.ledger import Ledger
    from evergrove.people import Contact, Seal
    from evergrove.people.identity import Joining, KnownIdentifier
    from evergrove.people.types import PersonStatus
    from evergrove.warehouse import Engine, Snapshot, Warehouse

Rows = list[dict[str, Any]]
HIDDEN = frozenset({"value_hash", "email_hash", "address_hash", "ip_hash"})
"""Columns by which rows are found: they say nothing of a person that does not stand beside them."""
OPENED = frozenset({"person", "identity", "same_person", "sealed_text", "tombstone"})
"""Tables whose rows are shown opened, not as they are stored."""

TEXTS = "texts"
"""Under which name a person's own copy shows what is sealed of rows of other tables."""


class UnknownPerson(InputError):
    """An id is asked for of which nothing is known."""

    code = "pipeline.unknown_person"
    message = _("Nothing is known of {customer}.")
    hint = _("Is it the customer's id as the shop's files have it? Names and addresses are not searched.")


class Parts(Protocol):
    """What of a workspace knows persons."""

    @property
    def ledger(self) -> Ledger:
        """Its ledger."""
        ...

    @property
    def warehouse(self) -> Warehouse:
        """Its warehouse."""
        ...

    @property
    def seal(self) -> Seal:
        """Opens what is personal."""
        ...


@dataclass(frozen=True)
class PersonFound:
    """
    One person. Personal: never logged, never in an error.

    Attributes:
        person_id: Under which id it stands in runs.
        members: All ids that are this person.
        status: "erased" where nothing personal is kept any more.
        contacts: Name, address, language and zone, by each id that has any.
        identifiers: Of all ids.
        joinings: How the ids became one person, oldest first.
        ledger: Rows by table: consents, decisions, messages and whatever else is kept by customer.
        warehouse: The same of facts and of the newest run.
    """

    person_id: str
    members: tuple[str, ...]
    status: PersonStatus
    contacts: tuple[Contact, ...]
    identifiers: tuple[KnownIdentifier, ...]
    joinings: tuple[Joining, ...]
    ledger: Mapping[str, Rows]
    warehouse: Mapping[str, Rows]

    def __repr__(self) -> str:
        return "PersonFound(...)"

    @property
    def scores(self) -> dict[str, Any]:
        """The newest scores; empty without any."""
        return next(iter(self.warehouse.get(SCORES, ())), {})

    @property
    def standing(self) -> dict[str, Any]:
        """Tier and stage in the newest run; empty without any."""
        return next(iter(self.warehouse.get(TIERS, ())), {})


def find_person(parts: Parts, customer_id: str) -> PersonFound:
    """
    Look a person up by any of the ids.

    Raises:
        UnknownPerson: Nothing is known of the id.
        SealBroken: Something sealed does not open.
    """
    with parts.ledger.reading() as connection:
        members = members_of(connection, [customer_id])[customer_id]
        statuses = set(status_of(connection, members).values())
        found = PersonFound(
            person_id=person_ids(connection, [customer_id])[customer_id],
            members=members,
            status="erased" if "erased" in statuses else "active" if "active" in statuses else "unknown",
            contacts=tuple(each for _name, each in sorted(contacts(connection, parts.seal, members).items())),
            identifiers=tuple(identifiers_of(connection, parts.seal, members)),
            joinings=tuple(joinings_of(connection, members)),
            ledger=dict(_of_ledger(connection, members))
            | _consents(connection, parts.seal, members)
            | _texts(connection, parts.seal, members),
            warehouse=dict(_of_warehouse(parts.warehouse, members)),
        )
    if found.status == "unknown" and not (found.identifiers or any(found.warehouse.values())):
        raise UnknownPerson(customer=customer_id)
    return found


def _of_ledger(connection: Connection, members: Sequence[str]) -> Iterator[tuple[str, Rows]]:
    """Rows of every table that is kept by customer, whichever station has put it there."""
    for table in metadata.sorted_tables:
        if "customer_id" in table.columns and table.name not in OPENED:
            rows = _rows(connection, table, "customer_id", members)
            if rows:
                yield table.name, rows
    hashes = [row.email_hash for row in people_of(connection, members).values() if row.email_hash]
    if rows := _rows(connection, suppression, "address_hash", hashes):
        yield suppression.name, rows


def _consents(connection: Connection, seal: Seal, members: Sequence[str]) -> dict[str, Rows]:
    """What the person agreed to, opened, and which word of each holds."""
    said = [
        {name: value for name, value in vars(each).items() if name not in HIDDEN}
        for each in consent_history(connection, members[0], seal=seal)
    ]
    return {consent_event.name: said} if said else {}


def _texts(connection: Connection, seal: Seal, members: Sequence[str]) -> dict[str, Rows]:
    """What the person wrote, opened."""
    written = list(texts_of(connection, seal, members))
    return {TEXTS: written} if written else {}


def _rows(connection: Connection, table: Table, by: str, values: Sequence[str]) -> Rows:
    shown = [
        column
        for column in table.columns
        if column.name not in HIDDEN and not isinstance(column.type, LargeBinary)
    ]
    order, found = list(table.primary_key.columns), Rows()
    for part in in_parts(values):
        query = select(*shown).where(table.columns[by].in_(part)).order_by(*order)
        found += [dict(row) for row in connection.execute(query).mappings()]
    return found


def _of_warehouse(warehouse: Warehouse, members: Sequence[str]) -> Iterator[tuple[str, Rows]]:
    """The same of the warehouse; of tables by order, those of the person's orders."""
    seen = warehouse.newest()
    if seen is None:
        return
    with open_engine(threads=1) as engine:
        engine.register("members", pa.table({"customer_id": pa.array(list(members), pa.string())}))
        for table in sorted(seen.tables, key=lambda name: (name != "orders", name)):
            rows = _facts(engine, warehouse, seen, table)
            if rows:
                yield table, rows


def _facts(engine: Engine, warehouse: Warehouse, seen: Snapshot, table: str) -> Rows:
    name = f"stored_{table}"
    if not warehouse.show(engine, seen, table, name):
        return []
    columns = [row[0] for row in engine.run(f"describe {identifier(name)}")]
    if "customer_id" in columns:
        whose = "semi join members using (customer_id)"
    elif "order_id" in columns and "stored_orders" in engine.names:
        whose = (
            "semi join (select order_id from stored_orders semi join members using (customer_id)"
            " where order_id is not null) as own using (order_id)"
        )
    else:
        return []
    listed = ", ".join(identifier(column) for column in columns)
    found = engine.run(f"select {listed} from {identifier(name)} {whose} order by all")
    return [dict(zip(columns, row, strict=True)) for row in found]


def plain_value(value: Any) -> Any:
    """A value as JSON can say it: amounts and moments as texts, what is no number as nothing."""
    if isinstance(value, Decimal | date | datetime):
        return value.isoformat() if isinstance(value, date) else str(value)
    if isinstance(value, float) and value != value:  # noqa: PLR0124 - NaN alone differs from itself
        return None
    if isinstance(value, dict):
        return {str(name): plain_value(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)

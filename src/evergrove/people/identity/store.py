"""Identifiers into the ledger: sealed to be shown, hashed to be found, refused where they were erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, tuple_

from evergrove.ledger import insert_new
from evergrove.people.identity.kinds import BY_NAME
from evergrove.people.identity.tables import identity, tombstone
from evergrove.people.identity.types import Link, Taken
from evergrove.people.parts import CHUNK, in_parts
from evergrove.people.suppression import erased_hashes
from evergrove.people.tables import person

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.people.identity.types import Identifier
    from evergrove.people.seal import Seal

IDENTIFIER_FORMAT = "evergrove.identifier/1"


def take_identifiers(
    connection: Connection,
    seal: Seal,
    rows: Sequence[Identifier],
    now: datetime,
    *,
    proof: str | None = None,
) -> Taken:
    """
    Store identifiers in their normal form; storing the same again changes nothing.

    Of a customer who brings back an erased person, under whatever name, nothing is stored. Nobody is joined yet:
    ``settle_persons`` does that, once, when all rows of a file are in.

    Args:
        connection: Of a ``writing`` block.
        seal: Of the workspace.
        rows: From ``normal_form``.
        now: When they are recorded.
        proof: Where they stand for everybody to see, such as the sha256 of their file.
    """
    taken = Taken()
    for start in range(0, len(rows), CHUNK):
        taken += _take(connection, seal, rows[start : start + CHUNK], now, proof)
    return taken


def _take(
    connection: Connection, seal: Seal, rows: Sequence[Identifier], now: datetime, proof: str | None
) -> Taken:
    links = {link_of(seal, row): row for row in rows}
    gone = brought_back(connection, links)
    dead = erased_values(connection, links)
    living = {
        link: row
        for link, row in links.items()
        if link.customer_id not in gone and (link.kind, link.value_hash) not in dead
    }
    known = _known(connection, living)
    new = [
        {
            **link._asdict(),
            "sealed": seal.seal({"format": IDENTIFIER_FORMAT, "value": row.value}, owner_of(link)),
            "proof": proof,
            "recorded_at": now,
        }
        for link, row in living.items()
        if link not in known
    ]
    insert_new(connection, identity, new)
    return Taken(len(new), len(living) - len(new), len(links) - len(living))


def link_of(seal: Seal, row: Identifier) -> Link:
    """What is stored openly of an identifier."""
    return Link(row.customer_id, row.kind, seal.hash(row.kind, row.value))


def owner_of(link: Link) -> str:
    """Under whose name a value is sealed: so no row opens as another's."""
    return f"identifier/{link.kind}/{link.value_hash}/{link.customer_id}"


def brought_back(connection: Connection, links: Collection[Link]) -> set[str]:
    """
    The customers among some who were erased, or who bring an erased person back under another name.

    What joins nobody (a device) brings nobody back either; and who had a value before its other owner was erased
    keeps it.
    """
    row, found = person.c, set[str]()
    for part in in_parts({link.customer_id for link in links}):
        query = select(row.customer_id).where(row.customer_id.in_(part), row.status == "erased")
        found.update(connection.execute(query).scalars())
    dead = erased_values(connection, [link for link in links if BY_NAME[link.kind].joins])
    suspects = {link for link in links if (link.kind, link.value_hash) in dead}
    return found | {link.customer_id for link in suspects - _known(connection, suspects)}


def erased_values(connection: Connection, links: Collection[Link]) -> set[tuple[str, str]]:
    """The values among some, by kind and hash, that belonged to erased persons."""
    row, found = tombstone.c, set[tuple[str, str]]()
    by_hash = {link.value_hash for link in links}
    for part in in_parts(by_hash):
        rows = connection.execute(select(row.kind, row.value_hash).where(row.value_hash.in_(part)))
        found |= {(kind, hashed) for kind, hashed in rows}
    found |= {("email", hashed) for hashed in erased_hashes(connection, by_hash)}
    return found


def _known(connection: Connection, links: Collection[Link]) -> set[Link]:
    row, found = identity.c, set[Link]()
    names = sorted(links)
    for start in range(0, len(names), CHUNK // 2):
        part = [tuple(link) for link in names[start : start + CHUNK // 2]]
        query = select(row.customer_id, row.kind, row.value_hash).where(
            tuple_(row.customer_id, row.kind, row.value_hash).in_(part)
        )
        found |= {Link(*each) for each in connection.execute(query)}
    return found

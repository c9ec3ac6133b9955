"""
Who was erased: a list beside the master key, so that no backup brings anybody back.

A backup is older than the erasures that follow it. Each erasure is therefore written down outside of the workspace
first, in a file beside the key, which has to be kept safe as well; a restore reads that list, a list that it is given,
and the workspace that it replaces, and erases all of them again. Names of customers and keyed hashes in it are sealed:
whoever reads the file without the key learns how many were erased, and when.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.backup.errors import ErasuresNotWritten, ErasuresUnreadable
from evergrove.core import Term, _, reason_of
from evergrove.ledger import insert_new
from evergrove.outbox.withdrawing import withdraw_customer
from evergrove.people import erase, suppress
from evergrove.people.errors import SealBroken
from evergrove.people.identity.members import members_of
from evergrove.people.identity.tables import identity, tombstone
from evergrove.people.suppression import ERASED
from evergrove.people.tables import person, suppression
from evergrove.warehouse import write_durably
from evergrove.warehouse.errors import NotWritable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

    from evergrove.ledger import Ledger
    from evergrove.people import Seal

FORMAT = "evergrove.erasures/1"
ENDING = ".erased"
OWNER = "erasures"
"""Under whose name the lines are sealed: no customer's data opens as one of them."""
MOST_BYTES = 2**28


@dataclass(frozen=True)
class Erasures:
    """
    Who was erased, and what keeps them from coming back.

    Attributes:
        customers: Their ids.
        addresses: Channel and keyed hash of each address that nothing is sent to.
        identifiers: Kind and keyed hash of each identifier.
    """

    customers: frozenset[str] = frozenset()
    addresses: frozenset[tuple[str, str]] = frozenset()
    identifiers: frozenset[tuple[str, str]] = frozenset()

    def __or__(self, other: Erasures) -> Erasures:
        """Both together."""
        return Erasures(
            self.customers | other.customers,
            self.addresses | other.addresses,
            self.identifiers | other.identifiers,
        )


def list_beside(key_file: Path) -> Path:
    """The list that belongs to a master key."""
    return key_file.with_name(key_file.name + ENDING)


def note_erasure(
    path: Path, workspace: str, ledger: Ledger, seal: Seal, customer_id: str, now: datetime
) -> None:
    """
    Write down that a person is being erased; before it is done, so that a kill in between loses nothing.

    Args:
        path: The list.
        workspace: Id of the workspace.
        ledger: In which the person still is.
        seal: Of the workspace.
        customer_id: Any id of the person.
        now: When.

    Raises:
        ErasuresNotWritten: The disk refused.
        ErasuresUnreadable: What stands there is something else, which is not replaced.
    """
    lines = _lines(path, workspace) if path.exists() else []
    with ledger.reading() as connection:
        members = members_of(connection, [customer_id])[customer_id]
        found = _known_of(connection, members)
    sealed = seal.seal(_document(found), OWNER)
    lines.append({"at": now.isoformat(), "sealed": b64encode(sealed).decode()})
    text = "".join(json.dumps(line) + "\n" for line in [{"format": FORMAT, "workspace": workspace}, *lines])
    try:
        write_durably(path, lambda part: part.write_text(text, encoding="ascii"))
    except NotWritable as error:
        raise ErasuresNotWritten(file=str(path), reason=error.params["reason"]) from error


def _known_of(connection: Connection, members: Sequence[str]) -> Erasures:
    hashes = select(person.c.email_hash).where(person.c.customer_id.in_(members))
    own = select(identity.c.kind, identity.c.value_hash).where(identity.c.customer_id.in_(members))
    return Erasures(
        frozenset(members),
        frozenset(("email", hashed) for hashed in connection.execute(hashes).scalars() if hashed),
        frozenset((kind, hashed) for kind, hashed in connection.execute(own)),
    )


def _document(found: Erasures) -> dict[str, Any]:
    return {
        "customers": sorted(found.customers),
        "addresses": sorted(found.addresses),
        "identifiers": sorted(found.identifiers),
    }


def read_erasures(path: Path, workspace: str, seal: Seal) -> Erasures:
    """
    Who is on a list.

    Raises:
        ErasuresUnreadable: It is none, or another workspace's, or was changed.
    """
    found = Erasures()
    for line in _lines(path, workspace):
        try:
            said = seal.unseal(b64decode(str(line["sealed"]), validate=True), OWNER)
            found |= Erasures(
                frozenset(map(str, said["customers"])),
                frozenset((str(channel), str(hashed)) for channel, hashed in said["addresses"]),
                frozenset((str(kind), str(hashed)) for kind, hashed in said["identifiers"]),
            )
        except (SealBroken, KeyError, ValueError, TypeError) as error:
            raise ErasuresUnreadable(
                file=str(path), reason=Term(_("a line of it does not open with the key"))
            ) from error
    return found


def _lines(path: Path, workspace: str) -> list[dict[str, Any]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ErasuresUnreadable(file=str(path), reason=Term(_("it is too large")))
        head, *rest = (json.loads(line) for line in path.read_text(encoding="ascii").splitlines())
        if (head["format"], head["workspace"]) == (FORMAT, workspace):
            return [dict(line) for line in rest]
    except OSError as error:
        raise ErasuresUnreadable(file=str(path), reason=reason_of(error)) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ErasuresUnreadable(file=str(path), reason=Term(_("it cannot be read"))) from error
    raise ErasuresUnreadable(file=str(path), reason=Term(_("it belongs to another workspace")))


def erased_in(connection: Connection) -> Erasures:
    """Who was erased in a ledger."""
    gone = select(person.c.customer_id).where(person.c.status == "erased")
    held = suppression.c
    addresses = select(held.channel, held.address_hash).where(held.reason == ERASED)
    marks = select(tombstone.c.kind, tombstone.c.value_hash)
    return Erasures(
        frozenset(connection.execute(gone).scalars()),
        frozenset((channel, hashed) for channel, hashed in connection.execute(addresses)),
        frozenset((kind, hashed) for kind, hashed in connection.execute(marks)),
    )


def erase_again(ledger: Ledger, erasures: Erasures, now: datetime) -> int:
    """
    Erase in a restored ledger whoever was erased since; all of them, or none.

    Returns:
        How many customers of whom something was known, or who were not marked yet.
    """
    with ledger.writing() as connection:
        done = sum(_erase(connection, customer, now) for customer in sorted(erasures.customers))
        for channel, hashed in sorted(erasures.addresses):
            suppress(connection, hashed, ERASED, now, channel)
        marks = [
            {"kind": kind, "value_hash": hashed, "erased_at": now}
            for kind, hashed in sorted(erasures.identifiers)
        ]
        insert_new(connection, tombstone, marks)
    ledger.fold_log()
    return done


def _erase(connection: Connection, customer_id: str, now: datetime) -> bool:
    is_new = erase(connection, customer_id, now)
    withdraw_customer(connection, customer_id, ERASED, now)
    return is_new

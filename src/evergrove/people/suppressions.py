"""The one list of addresses that nothing is sent to: looked at, and let go of by a person who says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.core import InputError, _
from evergrove.people.parts import in_parts
from evergrove.people.reached import REACHED_BY, sharing_address
from evergrove.people.suppression import ERASED, release
from evergrove.people.tables import suppression

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection, Row


class NoSuchSuppression(InputError):
    """A number is asked for that no entry has."""

    code = "people.no_suppression"
    message = _("The list of addresses that nothing is sent to has no entry {number}.")
    hint = _("GET /v1/suppressions lists them.")


class SuppressionStays(InputError):
    """The address of an erased person is to be written to again."""

    code = "people.suppression_stays"
    message = _("Entry {number} is of a person who was erased: it stays for good.")
    hint = _("Whoever wants to hear from the shop again signs up anew, with another address.")


@dataclass(frozen=True)
class Suppression:
    """
    One entry of the list; the address itself is nowhere in it.

    Attributes:
        number: Of the entry.
        channel: On which nothing is sent.
        reason: A code of ``REASONS``.
        recorded_at: Since when.
        released_at: Until when; None: it holds.
        customer_ids: Whose address it is, as far as that is known.
    """

    number: int
    channel: str
    reason: str
    recorded_at: datetime
    released_at: datetime | None
    customer_ids: tuple[str, ...]


def list_suppressions(
    connection: Connection, *, before: int | None = None, limit: int = 100, holding: bool = True
) -> list[Suppression]:
    """
    Entries of the list, the newest first.

    Args:
        connection: Of any block.
        before: Only those with a lower number.
        limit: Most entries.
        holding: Only those that hold still.
    """
    own = suppression.c
    query = select(suppression).order_by(own.id.desc()).limit(limit)
    if before is not None:
        query = query.where(own.id < before)
    if holding:
        query = query.where(own.released_at.is_(None))
    return _shown(connection, connection.execute(query).all())


def suppressions_of(connection: Connection, hashes: Sequence[str]) -> list[Suppression]:
    """All entries of some addresses, by their keyed hashes, the newest first."""
    rows: list[Row[Any]] = []
    for part in in_parts(hashes):
        rows += connection.execute(select(suppression).where(suppression.c.address_hash.in_(part))).all()
    return _shown(connection, sorted(rows, key=lambda row: -row.id))


def release_entry(connection: Connection, number: int, now: datetime) -> Suppression:
    """
    Let the address of an entry be written to again, by its consents; doing it again changes nothing.

    Args:
        connection: Of a ``writing`` block.
        number: Of the entry.
        now: When.

    Raises:
        NoSuchSuppression: There is none of this number.
        SuppressionStays: It is of an erased person.
    """
    row = connection.execute(select(suppression).where(suppression.c.id == number)).one_or_none()
    if row is None:
        raise NoSuchSuppression(number=number)
    if row.reason == ERASED:
        raise SuppressionStays(number=number)
    release(connection, row.address_hash, now, row.channel)
    again = connection.execute(select(suppression).where(suppression.c.id == number)).one()
    return _shown(connection, [again])[0]


def _shown(connection: Connection, rows: Sequence[Row[Any]]) -> list[Suppression]:
    whose: dict[tuple[str, str], set[str]] = {}
    for channel in {row.channel for row in rows}:
        hashes = {row.address_hash for row in rows if row.channel == channel}
        for customer, hashed in _sharing(connection, hashes, channel):
            whose.setdefault((channel, hashed), set()).add(customer)
    return [
        Suppression(
            number=row.id,
            channel=row.channel,
            reason=row.reason,
            recorded_at=row.recorded_at,
            released_at=row.released_at,
            customer_ids=tuple(sorted(whose.get((row.channel, row.address_hash), ()))),
        )
        for row in rows
    ]


def _sharing(connection: Connection, hashes: set[str], channel: str) -> set[tuple[str, str]]:
    return sharing_address(connection, hashes, channel) if channel in REACHED_BY else set()

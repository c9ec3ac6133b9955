"""Addresses that nothing is sent to, by their keyed hash: the address itself need not be kept for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from evergrove.people.identity.tables import tombstone
from evergrove.people.parts import in_parts
from evergrove.people.reached import REACHED_BY
from evergrove.people.tables import suppression
from evergrove.people.types import EMAIL

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection


ERASED = "people.erased"


def suppress(
    connection: Connection, address_hash: str, reason: str, now: datetime, channel: str = EMAIL
) -> bool:
    """
    Send nothing more to an address.

    Args:
        connection: Of a ``writing`` block.
        address_hash: Of ``address_hash``.
        reason: A code of ``REASONS``, such as "people.bounced".
        now: When.
        channel: On which channel.

    Returns:
        Whether that is new; an address that is suppressed already keeps its first reason. Only erasure is
        always noted: an address may bounce first, and that be released later.
    """
    find = erased_hashes if reason == ERASED else suppressed_hashes
    if find(connection, [address_hash], channel):
        return False
    row = {"address_hash": address_hash, "channel": channel, "reason": reason, "recorded_at": now}
    connection.execute(insert(suppression), [row])
    return True


def release(connection: Connection, address_hash: str, now: datetime, channel: str = EMAIL) -> bool:
    """Let an address be written to again, except an erased one; whether there was anything to release."""
    column = suppression.c
    done = connection.execute(
        update(suppression)
        .where(
            column.address_hash == address_hash,
            column.channel == channel,
            column.released_at.is_(None),
            column.reason != ERASED,
        )
        .values(released_at=now)
    )
    return done.rowcount > 0


def suppressed_hashes(
    connection: Connection, hashes: Collection[str], channel: str = EMAIL
) -> dict[str, str]:
    """The hashes among some that are suppressed, and the first reason of each."""
    column = suppression.c
    found: dict[str, str] = {}
    for part in in_parts(hashes):
        rows = connection.execute(
            select(column.address_hash, column.reason)
            .where(column.address_hash.in_(part), column.channel == channel, column.released_at.is_(None))
            .order_by(column.id)
        )
        for hashed, reason in rows:
            found.setdefault(hashed, reason)
    return found | dict.fromkeys(_buried(connection, hashes, channel) - found.keys(), ERASED)


def erased_hashes(connection: Connection, hashes: Collection[str], channel: str = EMAIL) -> set[str]:
    """The hashes among some that belong to erased persons; these are never released."""
    column = suppression.c
    found: set[str] = set()
    for part in in_parts(hashes):
        query = select(column.address_hash).where(
            column.address_hash.in_(part), column.channel == channel, column.reason == ERASED
        )
        found.update(connection.execute(query).scalars())
    return found | _buried(connection, hashes, channel)


def _buried(connection: Connection, hashes: Collection[str], channel: str) -> set[str]:
    """Those that an erased person was known by, in whatever file: not every one was where he was written to."""
    row, found = tombstone.c, set[str]()
    for part in in_parts(hashes if channel in REACHED_BY else ()):
        query = select(row.value_hash).where(row.kind == REACHED_BY[channel], row.value_hash.in_(part))
        found.update(connection.execute(query).scalars())
    return found

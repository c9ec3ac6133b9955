"""Addresses that nothing is sent to, by their keyed hash: the address itself need not be kept for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select, update

from evergrove.people.identity.tables import tombstone
from evergrove.people.parts import among, in_parts
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
    found: dict[str, str] = {}
    for part in in_parts(hashes):
        for hashed, reason in connection.execute(_SUPPRESSED, {"some": part, "channel": channel}):
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
    found = set[str]()
    for part in in_parts(hashes if channel in REACHED_BY else ()):
        asked = {"kind": REACHED_BY[channel], "some": part}
        found.update(connection.execute(_BURIED, asked).scalars())
    return found


_ROW, _STONE = suppression.c, tombstone.c
_SUPPRESSED = (
    select(_ROW.address_hash, _ROW.reason)
    .where(among(_ROW.address_hash), _ROW.channel == bindparam("channel"), _ROW.released_at.is_(None))
    .order_by(_ROW.id)
)
_BURIED = select(_STONE.value_hash).where(_STONE.kind == bindparam("kind"), among(_STONE.value_hash))

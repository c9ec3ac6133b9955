"""One process at a time writes live rows: a lease by the database's clock, with a token that proves it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from evergrove.core import EvergroveError, _
from evergrove.ledger import database_now, insert_new
from evergrove.live.holder import is_gone
from evergrove.live.tables import LEASE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

LEASE_S = 10.0
"""For how long a sign of life holds: a process that dies elsewhere is followed by another within so many seconds."""
NAME = "live"


class LiveElsewhere(EvergroveError):
    """Another process has taken over the live rows."""

    code = "live.elsewhere"
    message = _("Another process works out live values now; this one had been silent for too long.")
    hint = _("Nothing is lost and nothing needs doing.")


def hold(connection: Connection, holder: str, lease_s: float = LEASE_S) -> int | None:
    """
    Take the lease if nobody holds it, or who holds it has ended.

    Args:
        connection: Of a ``writing`` block.
        holder: Who asks; see ``holder.myself``.
        lease_s: For how long.

    Returns:
        The token; None where another holds it.
    """
    first = {"name": NAME, "token": 0, "run_id": 0, "word": 0}
    insert_new(connection, LEASE, [first])
    now = database_now(connection)
    row = connection.execute(select(LEASE).where(LEASE.c.name == NAME).with_for_update()).one()
    if row.lease_until is not None and row.lease_until > now and not is_gone(row.held_by):
        return None
    values = {
        "token": row.token + 1,
        "held_by": holder,
        "lease_until": now + timedelta(seconds=lease_s),
    }
    connection.execute(update(LEASE).where(LEASE.c.name == NAME).values(values))
    return int(row.token) + 1


def prove(connection: Connection, token: int) -> None:
    """
    Make sure, for the rest of the transaction, that the lease is still held under a token.

    Raises:
        LiveElsewhere: Another has it; the transaction must not be kept.
    """
    held = select(LEASE.c.name).where(LEASE.c.name == NAME, LEASE.c.token == token)
    if connection.execute(held.with_for_update()).first() is None:
        raise LiveElsewhere


def renew(connection: Connection, lease_s: float = LEASE_S, beat: Mapping[str, Any] | None = None) -> None:
    """Say that the holder lives, and how it fares; the transaction has proved that it holds the lease."""
    now = database_now(connection)
    values = {"lease_until": now + timedelta(seconds=lease_s), "beat_at": now, "beat": dict(beat or {})}
    connection.execute(update(LEASE).where(LEASE.c.name == NAME).values(values))


def release(connection: Connection) -> None:
    """Give the lease back at once; the transaction has proved that it is held."""
    connection.execute(update(LEASE).where(LEASE.c.name == NAME).values(lease_until=None, held_by=None))

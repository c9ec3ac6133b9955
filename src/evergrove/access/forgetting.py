"""What is over is deleted: nobody can use it, and where people signed in from is nobody's business for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, update

from evergrove.access.limits import forget_full
from evergrove.access.logins import USUAL
from evergrove.access.tables import api_key, idempotency, known_device, login, one_time_link
from evergrove.ledger import database_now

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.access.types import Life

DEVICE_KNOWN = timedelta(days=180)


def forget(connection: Connection, now: datetime, life: Life = USUAL) -> int:
    """
    Delete log-ins, links and devices that are over, answers that are given again no longer, and counters that are full.

    Returns:
        How many rows there were.
    """
    ended = (login.c.expires_at <= now) | (login.c.seen_at <= now - life.idle)
    over = (
        delete(login).where(ended),
        delete(one_time_link).where(one_time_link.c.expires_at <= now),
        delete(idempotency).where(
            idempotency.c.expires_at <= database_now(connection)
        ),  # by whose clock they are kept
        delete(known_device).where(known_device.c.used_at <= now - DEVICE_KNOWN),
    )
    return sum(connection.execute(each).rowcount for each in over) + forget_full(connection, now)


def shut_out(connection: Connection, now: datetime) -> int:
    """
    End all that opens a door, in a copy that came back from a backup; how many keys were revoked.

    Log-ins that ended since the backup, links that were used and keys that were revoked would all be alive again, and
    nobody could tell which. Accounts and passwords stay: without them nobody could come in and look.
    """
    for each in (login, one_time_link, known_device):
        connection.execute(delete(each))
    alive = update(api_key).where(api_key.c.revoked_at.is_(None)).values(revoked_at=now)
    return connection.execute(alive).rowcount

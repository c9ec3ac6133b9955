"""Ways in that open once: kept as hashes, over after a while, void as soon as a newer one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from evergrove.access.errors import LinkUnusable
from evergrove.access.tables import one_time_link
from evergrove.access.tokens import digest, new_secret
from evergrove.access.types import Link

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from evergrove.access.types import Purpose


def new_link(
    connection: Connection, purpose: Purpose, account_id: str | None, now: datetime, expires_at: datetime
) -> Link:
    """A new way in; those made before for the same account (None: for the first) open nothing any more."""
    void_links(connection, account_id)
    token = new_secret()
    row = {
        "token_hash": digest(token),
        "purpose": purpose,
        "account_id": account_id,
        "created_at": now,
        "expires_at": expires_at,
    }
    connection.execute(one_time_link.insert().values(**row))
    return Link(token, purpose, expires_at)


def void_links(connection: Connection, account_id: str | None) -> None:
    """Let all links of an account open nothing any more; None: those of the first."""
    connection.execute(
        delete(one_time_link).where(one_time_link.c.account_id.is_not_distinct_from(account_id))
    )


def link_row(connection: Connection, token: str, now: datetime) -> Row[Any]:
    """
    What a link opens, without using it.

    Raises:
        LinkUnusable: It is used, over, void, or never was one.
    """
    row = connection.execute(
        select(one_time_link).where(
            one_time_link.c.token_hash == digest(token),
            one_time_link.c.used_at.is_(None),
            one_time_link.c.expires_at > now,
        )
    ).first()
    if row is None:
        raise LinkUnusable
    return row


def use_link(connection: Connection, token: str, now: datetime) -> Row[Any]:
    """
    Use a link: of several at the same moment one gets through, by a conditional change of the row.

    Raises:
        LinkUnusable: It is used, over, void, or never was one.
    """
    row = link_row(connection, token, now)
    used = connection.execute(
        one_time_link.update()
        .where(one_time_link.c.token_hash == row.token_hash, one_time_link.c.used_at.is_(None))
        .values(used_at=now)
    )
    if used.rowcount != 1:
        raise LinkUnusable
    return row

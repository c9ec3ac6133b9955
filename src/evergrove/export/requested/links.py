"""Links to files: 128 random bits, kept as a hash, bound to whom they were made for, for 15 minutes and one use."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.access.tokens import digest
from evergrove.export.requested.store import found
from evergrove.export.requested.tables import EXPORT_LINK
from evergrove.export.requested.types import LINK_LASTS, LinkSpent, NotMadeYet

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.export.requested.types import Export

BYTES = 16


def new_link(connection: Connection, export: Export, now: datetime) -> tuple[str, datetime]:
    """
    A secret that opens the file of an export once, and until when.

    Raises:
        NotMadeYet: There is no file, or it was deleted.
    """
    if not is_there(export, now):
        raise NotMadeYet
    token, until = secrets.token_urlsafe(BYTES), now + LINK_LASTS
    row = {"export_id": export.id, "account_id": export.account_id, "expires_at": until}
    connection.execute(EXPORT_LINK.insert().values(token_hash=digest(token), **row))
    return token, until


def use_link(connection: Connection, token: str, account_id: str, now: datetime) -> Export:
    """
    Use a link: of several at the same moment one gets through, by a conditional change of its row.

    Raises:
        LinkSpent: It was used, is over, is somebody else's, or its file is gone.
    """
    mine = (
        EXPORT_LINK.c.token_hash == digest(token),
        EXPORT_LINK.c.account_id == account_id,
        EXPORT_LINK.c.expires_at > now,
        EXPORT_LINK.c.used_at.is_(None),
    )
    if connection.execute(EXPORT_LINK.update().where(*mine).values(used_at=now)).rowcount != 1:
        raise LinkSpent
    named = select(EXPORT_LINK.c.export_id).where(EXPORT_LINK.c.token_hash == digest(token))
    export = found(connection, connection.execute(named).scalar_one(), account_id)
    if not is_there(export, now):
        raise LinkSpent
    return export


def is_there(export: Export, now: datetime) -> bool:
    """Whether the file of an export is there to be fetched."""
    is_kept = export.expires_at is not None and now < export.expires_at
    return export.made_at is not None and is_kept and export.removed_at is None

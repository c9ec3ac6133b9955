"""The message that a link stands in, and whom it was for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from evergrove.outbox import OUTBOX
from evergrove.people.identity.members import members_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True)
class Letter:
    """
    A message as far as links need it.

    Attributes:
        outbox_id: Its name.
        customer_id: Whom it was for.
        channel: On which it left.
        category: For what purpose.
        language: In which it was written; None: in the reader's own.
        left_at: When it was handed over, or begun to be; None: it has not left.
        members: All ids of the person.
    """

    outbox_id: str
    customer_id: str
    channel: str
    category: str
    language: str | None
    left_at: datetime | None
    members: tuple[str, ...]


def letter_of(connection: Connection, outbox_id: str) -> Letter | None:
    """The message of a name; None: this copy of the workspace does not know it."""
    own = OUTBOX.c
    query = select(own.customer_id, own.channel, own.category, own.language, own.attempting_at)
    row = connection.execute(query.where(own.id == outbox_id)).one_or_none()
    if row is None:
        return None
    members = tuple(members_of(connection, [row.customer_id])[row.customer_id])
    return Letter(
        outbox_id, row.customer_id, row.channel, row.category, row.language, row.attempting_at, members
    )


def wait_for_sending(connection: Connection, customer_ids: Collection[str]) -> None:
    """
    Wait until nobody is about to begin a message to some customers, and keep everybody from it until the transaction ends.

    ``outbox.begin_all`` takes the same locks before the guards are read: so no message begins after the commit on the
    ground of what was known before. In SQLite there is one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        for customer in sorted(customer_ids):
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(customer, 0))))

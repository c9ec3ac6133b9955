"""What persons said about being written to: each word is added, the newest one holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from sqlalchemy import func, insert, select

from evergrove.people.parts import in_parts
from evergrove.people.tables import consent_event
from evergrove.people.types import EMAIL, MARKETING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.people.types import ConsentStatus

FILE = "file"
"""Source of a word that stands in a file: of somebody's who kept a list, not of the person at this moment."""


class Word(NamedTuple):
    """What somebody said, where, and when it was recorded."""

    status: ConsentStatus
    source: str
    recorded_at: datetime

    def outweighs_a_yes(self, written_at: datetime) -> bool:
        """Whether a file's yes does not count: no was said by another way, or since the file was written."""
        return self.status != "granted" and (self.source != FILE or written_at < self.recorded_at)


def consent_of(
    connection: Connection,
    customer_ids: Collection[str],
    channel: str = EMAIL,
    purpose: str = MARKETING,
    at: datetime | None = None,
) -> dict[str, ConsentStatus | Literal["unknown"]]:
    """
    Each customer's newest word; "unknown" without one, and unknown is not a yes.

    Args:
        connection: Of any block.
        customer_ids: Whose.
        channel: Such as "email".
        purpose: Such as "marketing".
        at: The state as it was known at a moment of the past; None: as it is.
    """
    words = newest_words(connection, customer_ids, channel, purpose, at)
    return {customer: words[customer].status if customer in words else "unknown" for customer in customer_ids}


def newest_words(
    connection: Connection,
    customer_ids: Collection[str],
    channel: str,
    purpose: str,
    at: datetime | None = None,
) -> dict[str, Word]:
    """The newest word of each customer who ever said something."""
    found: dict[str, Word] = {}
    event = consent_event.c
    for part in in_parts(customer_ids):
        # By row number, not by clock: a clock may be set back, and then an old word would win.
        newest = (
            select(func.max(event.id))
            .where(event.customer_id.in_(part), event.channel == channel, event.purpose == purpose)
            .group_by(event.customer_id)
        )
        if at is not None:
            newest = newest.where(event.recorded_at <= at)
        rows = connection.execute(
            select(event.customer_id, event.status, event.source, event.recorded_at).where(
                event.id.in_(newest)
            )
        )
        found |= {customer: Word(*word) for customer, *word in rows}
    return found


def record_consent(
    connection: Connection,
    customer_id: str,
    status: ConsentStatus,
    source: str,
    now: datetime,
    channel: str = EMAIL,
    purpose: str = MARKETING,
) -> None:
    """
    Add one person's word.

    Args:
        connection: Of a ``writing`` block.
        customer_id: Whose.
        status: What was said.
        source: Where it was said, such as "unsubscribe" or "complaint".
        now: When.
        channel: Of which channel.
        purpose: For which purpose.
    """
    record_consents(connection, {customer_id: status}, source, now, channel=channel, purpose=purpose)


def record_consents(
    connection: Connection,
    said: Mapping[str, ConsentStatus],
    source: str,
    now: datetime,
    *,
    channel: str = EMAIL,
    purpose: str = MARKETING,
    proof: str | None = None,
) -> None:
    """Add the words of several persons, customer to status."""
    rows = [
        {
            "customer_id": customer,
            "purpose": purpose,
            "channel": channel,
            "status": status,
            "source": source,
            "recorded_at": now,
            "proof": proof,
        }
        for customer, status in said.items()
    ]
    if rows:
        connection.execute(insert(consent_event), rows)

"""What recipients do with letters: followed links, and mails that came back."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table

from evergrove.ledger import Instant, RowNumber, metadata

letter_link = Table(
    "letter_link",
    metadata,
    Column("id", String(16), primary_key=True, comment="Of the destination's own digest."),
    Column("destination", String, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)
"""Where followed links lead: the only places that a click is sent on to."""

letter_visit = Table(
    "letter_visit",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("outbox_id", String(32), nullable=False),
    Column("customer_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("link_id", String(16), nullable=False, comment="Of a click; zeros of an opened letter."),
    Column("hour", Instant, nullable=False, comment="Cut down to the hour."),
    Column("machine", String, comment="Why it was no person; NULL: nothing speaks against one."),
    Column("is_early", Integer, nullable=False, comment="1: within a minute and a half of the delivery."),
    CheckConstraint("kind in ('click', 'open')", name="kind"),
    Index(None, "outbox_id"),
    Index(None, "customer_id"),
)
"""One row an hour for each link that somebody followed who has agreed to be counted; nobody else has any."""

letter_return = Table(
    "letter_return",
    metadata,
    Column(
        "name", String(64), primary_key=True, comment="The same for the same report, however often it comes."
    ),
    Column("outbox_id", String(32), nullable=False),
    Column("customer_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("address_hash", String, comment="NULL: the address is another one by now."),
    Column("status", String(16), comment="Enhanced status code (RFC 3463)."),
    Column("source", String, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("kind in ('hard', 'soft', 'complaint', 'delivered')", name="kind"),
    Index(None, "outbox_id"),
    Index(None, "customer_id"),
    Index(None, "address_hash", "recorded_at"),
)
"""Reports on letters that had left, each once."""

early_leave = Table(
    "early_leave",
    metadata,
    Column("outbox_id", String(32), primary_key=True),
    Column("recorded_at", Instant, nullable=False),
)
"""Who left by a letter of which this copy knows nothing: it holds as soon as that message is here again."""

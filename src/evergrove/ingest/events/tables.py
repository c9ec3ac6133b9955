"""The ledger's tables of what comes in over HTTP: events, what contradicts them, and whose value may be another."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from evergrove.ingest.events.types import KINDS, STATES
from evergrove.ledger import Document, Instant, RowNumber, metadata

EVENT = Table(
    "event",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    Column("source", String, nullable=False),
    Column("message_id", String, nullable=False),
    Column("digest", String(64), nullable=False, comment="Keyed, of everything that was told."),
    Column("kind", String, nullable=False),
    Column("customer_id", String, nullable=False, comment="As the facts know the customer."),
    Column("anonymous_id", String),
    Column("at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("content", Document, nullable=False, comment="Nothing personal."),
    Column("sealed", LargeBinary, comment="What is personal, under the customer id."),
    Column("state", String, nullable=False),
    Column("import_seq", BigInteger, comment="The import that took or refused it."),
    Column("reason", String),
    Column("detail", Document, comment="Parameters of the reason."),
    CheckConstraint(f"kind in {KINDS}", name="kind"),
    CheckConstraint(f"state in {STATES}", name="state"),
    CheckConstraint("(state = 'refused') = (reason is not null)", name="reason"),
    UniqueConstraint("source", "message_id"),
    Index(None, "state", "customer_id"),
    Index(None, "customer_id"),
    sqlite_autoincrement=True,
)
"""
One row an event, kept as it came in. No number is given twice, also when all older events were forgotten: marks and live
values are held against it. Numbers may become visible out of order on PostgreSQL: nobody may take it that all
below the newest are there.
"""

CONFLICT = Table(
    "event_conflict",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("seq", RowNumber, ForeignKey(EVENT.c.seq, ondelete="cascade"), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("kind", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("content", Document, nullable=False, comment="What the other one says; nothing personal."),
    UniqueConstraint("seq", "digest"),
    sqlite_autoincrement=True,
)
"""What was told under the name of an event and is not what that event says. The event that came first holds."""

DIRTY = Table(
    "dirty",
    metadata,
    Column("customer_id", String, primary_key=True),
    Column("seq", BigInteger, nullable=False, comment="Grows with every event; the newest event's or more."),
)
"""
Customers whose value may be another. Whoever has dealt with a mark deletes it where ``seq`` is the one that was read: it
grows with every event of the customer, whatever the order in which they are committed.
"""

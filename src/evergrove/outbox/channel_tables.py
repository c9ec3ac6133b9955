"""What channels need beside messages: tokens that customers gave, tasks for staff, receipts, keys of platforms."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, String, Table, UniqueConstraint

from evergrove.ledger import Instant, RowNumber, metadata

TASK_STATES = ("open", "taken", "done", "cancelled", "expired")
TASK_OUTCOMES = ("reached", "not_reached", "wrong_number", "declined", "no_more")

CHANNEL_TOKEN = Table(
    "channel_token",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("customer_id", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("template", String, nullable=False, comment="As the platform names it."),
    Column("ref", String, nullable=False, comment="Names one acceptance: telling of it twice grants once."),
    Column("granted_at", Instant, nullable=False),
    Column("spent_by", String(32), comment="The message that it was spent on."),
    Column("spent_at", Instant),
    UniqueConstraint("customer_id", "channel", "template", "ref"),
    UniqueConstraint("spent_by"),
    Index(None, "channel", "template", "customer_id", "spent_by"),
)
"""One row for each message that a customer has agreed to receive; platforms tell nobody how many are left."""

STAFF_TASK = Table(
    "staff_task",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String, nullable=False),
    Column("customer_id", String, nullable=False),
    Column("outbox_id", String(32), comment="The message that the outcome counts for."),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("state", String, nullable=False),
    Column("assigned", String, comment="Who has taken it, as the audit trail names them."),
    Column("outcome", String),
    Column("note", String, comment="Code of the cause; never free text."),
    Column("settled_at", Instant),
    UniqueConstraint("outbox_id"),
    CheckConstraint(f"state in {TASK_STATES}", name="state"),
    Index(None, "state", "due_at", "id"),
    Index(None, "customer_id"),
)
"""What people of the shop are to do for customers, and what came of it."""

DELIVERY_RECEIPT = Table(
    "delivery_receipt",
    metadata,
    Column("channel", String, primary_key=True),
    Column("provider_id", String, primary_key=True),
    Column("kind", String, primary_key=True, comment="As the provider calls it."),
    Column("outbox_id", String(32), comment="NULL: of no message that is known."),
    Column("means", String, nullable=False, comment="What the kind says of the message; empty: nothing."),
    Column("effect", String, nullable=False),
    Column("received_at", Instant, nullable=False),
    CheckConstraint("effect in ('applied', 'ignored', 'waiting')", name="effect"),
)
"""Each report that came in, once, whatever it has changed."""

CHANNEL_KEY = Table(
    "channel_key",
    metadata,
    Column("channel", String, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", Instant, nullable=False),
)
"""The access token that a platform gave out last, sealed: most platforms give out few a day."""

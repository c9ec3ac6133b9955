"""The outbox: one row for each message that was decided, whatever became of it; and whether any may leave."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, String, Table, UniqueConstraint

from evergrove.ledger import Amount, Document, Instant, metadata
from evergrove.outbox.types import STATES

OUTBOX = Table(
    "outbox",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("playbook", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("customer_id", String, nullable=False),
    Column("occasion", String, nullable=False),
    Column("step", Integer, nullable=False),
    Column("channel", String, nullable=False),
    Column("arm", String, nullable=False),
    Column("category", String, nullable=False),
    Column("template", String, nullable=False),
    Column("language", String),
    Column("params", Document, nullable=False),
    Column("cost", Amount, nullable=False),
    Column("decision_id", String(32), nullable=False),
    Column("run_id", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String),
    Column("detail", Document),
    Column("not_before", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("queued_at", Instant, nullable=False),
    Column("claimed_by", String),
    Column("token", BigInteger, nullable=False),
    Column("lease_until", Instant),
    Column("attempts", Integer, nullable=False),
    Column("attempting_at", Instant),
    Column("settled_at", Instant),
    Column("message_id", String),
    Column("provider_id", String),
    Column(
        "lost_at", Instant, comment="An earlier attempt may have arrived, and is repeated under the same key."
    ),
    Column(
        "letter_version",
        Integer,
        comment="In which it was written, 0: as it comes with Evergrove; NULL: it was not, or not known.",
    ),
    UniqueConstraint("playbook", "customer_id", "occasion", "step"),
    CheckConstraint(f"state in {STATES}", name="state"),
    CheckConstraint("arm in ('treated', 'control')", name="arm"),
    # A control that is written to is no control any more: the databases themselves refuse it.
    CheckConstraint("arm = 'treated' or state = 'skipped'", name="control"),
    Index(None, "state", "channel", "not_before", "id"),  # the order in which they are claimed
    Index(None, "channel", "provider_id"),  # how receipts name them
    Index(None, "customer_id"),
    # These two answer how many stand how, and which are the newest of any kind, without the rows.
    Index(None, "state", "reason", "playbook", "channel", "settled_at"),
    Index(None, "queued_at", "id", "state", "arm", "playbook", "channel"),
)

INSTANCE = Table(
    "instance",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("made_at", Instant, nullable=False, comment="Of the backup that this copy came from."),
    Column("restored_at", Instant, nullable=False),
    Column("confirmed_at", Instant, comment="NULL: nothing leaves before a person says so."),
)
"""One row in a workspace that came back from a backup, none in any other."""

STOP = Table(
    "outreach_stop",
    metadata,
    Column("scope", String, primary_key=True, comment="everything, channel:NAME or playbook:KEY."),
    Column("stopped_by", String, nullable=False),
    Column("reason", String, nullable=False, comment="In the words of whoever stopped it."),
    Column("stopped_at", Instant, nullable=False),
)
"""What people have stopped and not let go on: nothing of it leaves."""

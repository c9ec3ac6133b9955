"""What was decided, for whom nothing was sent as well: one row a step and day."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Float, Index, Integer, String, Table

from evergrove.ledger import Amount, Document, Instant, metadata

decision = Table(
    "decision",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("run_id", BigInteger, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("playbook", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("customer_id", String, nullable=False),
    Column("occasion", String, nullable=False),
    Column("step", Integer, nullable=False),
    Column("outcome", String, nullable=False),
    Column("reason", String, comment="Code of why nothing leaves."),
    Column("params", Document, nullable=False, comment="Fields of the reason's sentence."),
    Column("arm", String, comment="Only where everything else allowed the message."),
    Column("probability", Float, comment="Of being treated, in the layer that decided the arm."),
    Column("tier", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("cost", Amount, nullable=False),
    Column("decided_at", Instant, nullable=False),
    CheckConstraint("outcome in ('send', 'control', 'blocked', 'outranked', 'skipped')", name="outcome"),
    CheckConstraint("(arm is not null) = (outcome in ('send', 'control'))", name="arm"),
    Index(None, "as_of", "playbook"),
    Index(None, "customer_id"),
)

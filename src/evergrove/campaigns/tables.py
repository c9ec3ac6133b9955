"""What campaigns keep in the ledger: playbooks and their versions, enrolments, who is in which arm."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Float,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from evergrove.ledger import Document, Instant, RowNumber, metadata

playbook = Table(
    "playbook",
    metadata,
    Column("key", String, primary_key=True),
    Column("version", Integer, nullable=False, comment="The version that new customers enter."),
    Column("state", String, nullable=False),
    Column("started_at", Instant, comment="When it was first started."),
    Column("installed_at", Instant, nullable=False),
    CheckConstraint("state in ('draft', 'started', 'paused')", name="state"),
)

playbook_version = Table(
    "playbook_version",
    metadata,
    Column("key", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("definition", Document, nullable=False, comment="Never changed: who is in it finishes it."),
    Column("installed_at", Instant, nullable=False),
    Column("installed_by", String, comment="Who wrote it or put it in; NULL: before anybody asked."),
)

enrolment = Table(
    "enrolment",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("playbook", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("customer_id", String, nullable=False),
    Column("occasion", String, nullable=False),
    Column("entered_on", Date, nullable=False, comment="The last day whose orders were known."),
    Column("cause", String, nullable=False),
    Column("tier", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("orders", Integer, nullable=False, comment="Paid orders at the entry."),
    Column("last_order", Date, comment="The latest order day at the entry."),
    Column("windows", Document, nullable=False, comment="Days of every step, fixed at the entry."),
    Column("next_step", Integer, nullable=False),
    Column("next_due", Date, comment="First day of the next step; NULL when there is none."),
    Column("state", String, nullable=False),
    Column("reason", String),
    Column("params", Document, comment="Fields of the reason's sentence."),
    Column("ended_on", Date),
    Column("updated_run", BigInteger, nullable=False),
    Column(
        "moved_on",
        Date,
        comment="Of an entry between two runs, the day of the move that began it: a run of that day meets it again.",
    ),
    UniqueConstraint("playbook", "customer_id", "occasion"),
    CheckConstraint("state in ('active', 'finished', 'exited')", name="state"),
    Index(None, "playbook", "state"),
    Index(None, "playbook", "entered_on"),
)

assignment = Table(
    "assignment",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("layer", String, nullable=False),
    Column("layer_key", String, nullable=False, comment="The playbook's key; 'global' for all."),
    Column("customer_id", String, nullable=False),
    Column("arm", String, nullable=False),
    Column("probability", Float, nullable=False, comment="Of being treated, whatever the arm."),
    Column("salt", String, nullable=False),
    Column("tier", String, nullable=False, comment="At the assignment."),
    Column("stage", String, nullable=False, comment="At the assignment."),
    Column("assigned_at", Instant, nullable=False),
    Column("run_id", BigInteger, nullable=False),
    Column("as_of", Date, nullable=False),
    UniqueConstraint("layer", "layer_key", "customer_id"),
    CheckConstraint("layer in ('global', 'playbook')", name="layer"),
    CheckConstraint("arm in ('treated', 'control')", name="arm"),
)

held_entry = Table(
    "held_entry",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("playbook", String, nullable=False),
    Column("customer_id", String, nullable=False),
    Column("as_of", Date, nullable=False, comment="The day on which the trigger was met."),
    Column("cause", String, nullable=False),
    Column("run_id", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("released_by", String),
    Column("released_at", Instant),
    UniqueConstraint("playbook", "customer_id", "as_of"),
    CheckConstraint("state in ('held', 'released', 'entered', 'dropped')", name="state"),
    Index(None, "playbook", "state"),
    Index(None, "customer_id"),
)
"""Who meets a trigger by what starts nothing by itself, and waits for somebody to say so."""

playbook_trial = Table(
    "playbook_trial",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("people", Integer, nullable=False, comment="Customers whom it would have reached."),
    Column("document", Document, nullable=False, comment="What it came to, and who would have got what."),
    Column("tried_at", Instant, nullable=False),
    Column("tried_by", String, nullable=False),
    Index(None, "key", "version"),
    sqlite_autoincrement=True,
)
"""What playbooks would have done in the past: without one, a version cannot be started."""

playbook_approval = Table(
    "playbook_approval",
    metadata,
    Column("key", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("people", Integer, nullable=False, comment="Whom it would reach, by its newest trial."),
    Column("asked_by", String, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("approved_by", String),
    Column("approved_at", Instant),
)
"""Versions that wait for a second person, or have been approved by one."""

"""The jobs, one row each whatever became of it; and how far each schedule has come."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, String, Table, Text

from evergrove.jobs.types import STATES
from evergrove.ledger import Document, Instant, RowNumber, metadata

JOB = Table(
    "job",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("kind", String, nullable=False),
    Column("params", Document, nullable=False),
    Column("unique_key", String),
    Column("open_key", String, unique=True, comment="The unique_key while the job is open, then nothing."),
    Column("origin", String, nullable=False),
    Column("state", String, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("queued_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("most_attempts", Integer, nullable=False),
    Column("waits", Integer, nullable=False, comment="How often it found the workspace taken."),
    Column("token", BigInteger, nullable=False),
    Column("claimed_by", String),
    Column("lease_until", Instant),
    Column("is_cancel_asked", Boolean, nullable=False),
    Column("started_at", Instant, comment="Of the last attempt."),
    Column("told_at", Instant),
    Column("settled_at", Instant),
    Column("stage", Text),
    Column("percent", Integer),
    Column("log", Document, comment="The last lines, without anything personal."),
    Column("reason", String),
    Column("detail", Document),
    Column("result", Document),
    CheckConstraint(f"state in {STATES}", name="state"),
    # What nobody holds has no lease, and what is held has all that its holder is known by.
    CheckConstraint(
        "(state = 'running') = (lease_until is not null) and (state <> 'running' or claimed_by is not null)",
        name="lease",
    ),
    CheckConstraint("percent between 0 and 100", name="percent"),
    Index(None, "state", "not_before", "id"),  # the order in which they are claimed
)

SCHEDULE = Table(
    "job_schedule",
    metadata,
    Column("key", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("params", Document, nullable=False),
    Column("rule", Document, nullable=False),
    Column("zone", String, nullable=False, comment="IANA name, for rules in local time."),
    Column("late_s", Integer, nullable=False),
    Column("most_attempts", Integer, nullable=False),
    Column("last_at", Instant, nullable=False, comment="All that was due until then has been dealt with."),
    Column("queued_for", Instant, comment="The last moment for which a job was queued."),
    Column("missed", Integer, nullable=False, comment="Moments that were passed over, in all."),
    Column("missed_at", Instant, comment="The last of them."),
)

"""Keep the jobs."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep the jobs."""
    op.create_table(
        "job",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("params", sa.Text(), nullable=False),
        sa.Column("unique_key", sa.String(), nullable=True),
        sa.Column(
            "open_key",
            sa.String(),
            nullable=True,
            comment="The unique_key while the job is open, then nothing.",
        ),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("most_attempts", sa.Integer(), nullable=False),
        sa.Column("waits", sa.Integer(), nullable=False, comment="How often it found the workspace taken."),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("is_cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True, comment="Of the last attempt."),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("log", sa.Text(), nullable=True, comment="The last lines, without anything personal."),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'running') = (lease_until is not null) and (state <> 'running' or claimed_by is not null)",
            name=op.f("ck_job_lease"),
        ),
        sa.CheckConstraint(
            "state in ('queued', 'running', 'done', 'dead', 'cancelled')", name=op.f("ck_job_state")
        ),
        sa.CheckConstraint("percent between 0 and 100", name=op.f("ck_job_percent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("open_key", name=op.f("uq_job_open_key")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_job_state_not_before_id"), ["state", "not_before", "id"], unique=False
        )

    op.create_table(
        "job_schedule",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("params", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False, comment="IANA name, for rules in local time."),
        sa.Column("late_s", sa.Integer(), nullable=False),
        sa.Column("most_attempts", sa.Integer(), nullable=False),
        sa.Column(
            "last_at",
            sa.BigInteger(),
            nullable=False,
            comment="All that was due until then has been dealt with.",
        ),
        sa.Column(
            "queued_for",
            sa.BigInteger(),
            nullable=True,
            comment="The last moment for which a job was queued.",
        ),
        sa.Column("missed", sa.Integer(), nullable=False, comment="Moments that were passed over, in all."),
        sa.Column("missed_at", sa.BigInteger(), nullable=True, comment="The last of them."),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_job_schedule")),
    )

"""Keep what was asked for under a key."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what was asked for under a key."""
    op.create_table(
        "idempotency",
        sa.Column("name_hash", sa.String(length=64), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True, comment="The answer; NULL while there is none."),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state in ('running', 'acted', 'done')", name=op.f("ck_idempotency_state")),
        sa.CheckConstraint("(state = 'done') = (sealed is not null)", name=op.f("ck_idempotency_answer")),
        sa.PrimaryKeyConstraint("name_hash", name=op.f("pk_idempotency")),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_expires_at"), ["expires_at"], unique=False)

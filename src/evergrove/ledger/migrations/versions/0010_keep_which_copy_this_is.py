"""Keep which copy this is."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep which copy this is."""
    op.create_table(
        "instance",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column(
            "made_at", sa.BigInteger(), nullable=False, comment="Of the backup that this copy came from."
        ),
        sa.Column("restored_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "confirmed_at",
            sa.BigInteger(),
            nullable=True,
            comment="NULL: nothing leaves before a person says so.",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )

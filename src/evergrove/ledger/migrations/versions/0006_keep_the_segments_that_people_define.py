"""Keep the segments that people define."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep the segments that people define."""
    op.create_table(
        "segment_definition",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="A night notes the newest it knew.",
        ),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, comment="Canonical."),
        sa.Column("document", sa.Text(), nullable=False, comment="The same as JSON."),
        sa.Column("note", sa.Text(), nullable=False, comment="What its author says of it."),
        sa.Column("is_removed", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_definition")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_segment_definition_key_version")),
    )

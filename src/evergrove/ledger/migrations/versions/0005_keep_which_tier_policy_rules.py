"""Keep which tier policy rules."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep which tier policy rules."""
    op.create_table(
        "tier_policy",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="Counted by name."),
        sa.Column(
            "sha256",
            sa.String(length=64),
            nullable=False,
            comment="Of the document; empty where it is NULL.",
        ),
        sa.Column(
            "document",
            sa.Text(),
            nullable=True,
            comment="The whole policy; NULL: back to what the settings state.",
        ),
        sa.Column("adopted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_policy")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_tier_policy_name_version")),
    )

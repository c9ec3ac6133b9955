"""Keep exports and figures."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep exports and figures."""
    op.create_table(
        "figure",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "labels",
            sa.String(),
            nullable=False,
            comment="JSON with sorted names; codes of a few kinds each.",
        ),
        sa.Column("value", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", "labels", name=op.f("pk_figure")),
    )
    op.create_table(
        "export",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("job", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column(
            "key",
            sa.String(length=32),
            nullable=False,
            comment="Prefix of the key it was asked for with, or nothing.",
        ),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True, comment="When the file is deleted."),
        sa.Column("removed_at", sa.BigInteger(), nullable=True, comment="When it was."),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_export_account_id_account"), ondelete="cascade"
        ),
        sa.ForeignKeyConstraint(["job"], ["job.id"], name=op.f("fk_export_job_job"), ondelete="cascade"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
    )
    with op.batch_alter_table("export", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_export_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_export_job"), ["job"], unique=False)

    op.create_table(
        "export_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("export_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_export_link_account_id_account"), ondelete="cascade"
        ),
        sa.ForeignKeyConstraint(
            ["export_id"], ["export.id"], name=op.f("fk_export_link_export_id_export"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_export_link")),
    )
    with op.batch_alter_table("export_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_export_link_export_id"), ["export_id"], unique=False)

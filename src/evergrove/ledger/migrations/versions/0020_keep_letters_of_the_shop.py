"""Keep letters that a shop writes itself."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep letters that a shop writes itself."""
    op.create_table(
        "letter",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False, comment="Fixed with the first version."),
        sa.Column("version", sa.Integer(), nullable=False, comment="The newest, which messages take."),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "category in ('marketing', 'service', 'transactional')", name=op.f("ck_letter_category")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_letter")),
    )
    op.create_table(
        "letter_version",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False, comment="Never changed; MJML with its HTML."),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["name"], ["letter.name"], name=op.f("fk_letter_version_name_letter")),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_letter_version")),
    )

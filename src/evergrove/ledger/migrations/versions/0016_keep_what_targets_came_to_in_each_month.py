"""Keep what targets came to in each month."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what targets came to in each month."""
    op.create_table(
        "target_month",
        sa.Column("month", sa.Date(), nullable=False, comment="Its first day."),
        sa.Column("as_of", sa.Date(), nullable=False, comment="The last day that counts."),
        sa.Column("run_id", sa.Integer(), nullable=False, comment="The snapshot whose states these are."),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_target_month")),
    )

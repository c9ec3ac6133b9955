"""Keep experiments as last night counted them."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep experiments as last night counted them."""
    op.create_table(
        "experiment_count",
        sa.Column("as_of", sa.Date(), nullable=False, comment="The last day whose orders count."),
        sa.Column("window_days", sa.Integer(), nullable=False, comment="Over which an outcome is counted."),
        sa.Column("basis", sa.String(length=20), nullable=False),
        sa.Column("margin", sa.Float(), comment="The setting; NULL: revenue is counted."),
        sa.Column(
            "expected", sa.Float(), nullable=False, comment="The effect a person that is worth finding."
        ),
        sa.Column(
            "document", sa.Text(), nullable=False, comment="Arms and strata of every experiment, as sums."
        ),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("as_of", name=op.f("pk_experiment_count")),
    )

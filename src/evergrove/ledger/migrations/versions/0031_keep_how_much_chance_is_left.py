"""Keep how much of the variance is left after what each had brought before is taken out."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep how much of the variance is left after what each had brought before is taken out."""
    op.add_column(
        "value_ledger",
        sa.Column(
            "variance_left",
            sa.Float(),
            nullable=False,
            server_default="1",
            comment="After what each had brought before is taken out; 1: nothing is.",
        ),
    )

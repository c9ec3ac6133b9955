"""Keep which moves began something between two runs."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep which moves began something between two runs."""
    op.add_column(
        "enrolment",
        sa.Column(
            "moved_on",
            sa.Date(),
            nullable=True,
            comment="Of an entry between two runs, the day of the move that began it: a run of that day meets it again.",
        ),
    )

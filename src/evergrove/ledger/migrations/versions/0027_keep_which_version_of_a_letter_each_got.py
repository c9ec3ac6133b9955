"""Keep which version of a letter each message was written in."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep which version of a letter each message was written in."""
    op.add_column(
        "outbox",
        sa.Column(
            "letter_version",
            sa.Integer(),
            comment="In which it was written, 0: as it comes with Evergrove; NULL: it was not, or not known.",
        ),
    )

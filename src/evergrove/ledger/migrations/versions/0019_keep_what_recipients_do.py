"""Keep what recipients do with letters."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what recipients do with letters."""

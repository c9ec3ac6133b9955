"""Keep tokens of channels, and tasks for staff."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep tokens of channels, and tasks for staff."""

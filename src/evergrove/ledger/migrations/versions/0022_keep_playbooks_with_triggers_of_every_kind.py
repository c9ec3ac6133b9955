"""Keep playbooks with triggers of every kind."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep playbooks with triggers of every kind."""

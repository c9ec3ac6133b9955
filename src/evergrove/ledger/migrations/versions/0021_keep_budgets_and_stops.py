"""Keep budgets, cases and stops."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep budgets, cases and stops."""

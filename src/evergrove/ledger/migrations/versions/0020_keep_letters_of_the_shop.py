"""Keep letters that a shop writes itself."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep letters that a shop writes itself."""

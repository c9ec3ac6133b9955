"""Keep coupons, their codes and what became of each."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep coupons, their codes and what became of each."""

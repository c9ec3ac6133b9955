"""Keep what models say of the time after: the difference in residual CLV beside what was realised."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

FIGURES = ("difference", "low", "high", "se", "df", "p")


def upgrade() -> None:
    """Keep what models say of the time after: the difference in residual CLV beside what was realised."""
    for name in FIGURES:
        note = "Change of residual CLV per customer, told by models." if name == "difference" else None
        op.add_column("value_ledger", sa.Column(f"surrogate_{name}", sa.Float(), comment=note))
    op.add_column(
        "value_ledger",
        sa.Column(
            "surrogate_people",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="Of whom they say something.",
        ),
    )
    op.add_column(
        "value_ledger",
        sa.Column("surrogate_fitted_on", sa.Date(), comment="The last day that these models had seen."),
    )

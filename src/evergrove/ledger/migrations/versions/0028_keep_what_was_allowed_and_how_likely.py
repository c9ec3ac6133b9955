"""Keep what each person could have got, and how likely everything of it was."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what each person could have got, and how likely everything of it was."""
    op.create_table(
        "decision_choice",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column(
            "customer_id",
            sa.String(),
            nullable=False,
            comment="The person, under the id that the draw was made by.",
        ),
        sa.Column("best", sa.String(length=32), comment="The decision that was best; NULL: nothing was."),
        sa.Column("picked", sa.String(length=32), comment="The decision that came up; NULL: nothing did."),
        sa.Column("probability", sa.Float(), nullable=False, comment="Of what came up, before the arm."),
        sa.Column("share", sa.Float(), nullable=False, comment="That was drawn by chance."),
        sa.Column("arm", sa.String(), comment="Drawn afterwards; NULL where nothing came up."),
        sa.Column(
            "arm_probability", sa.Float(), comment="Of being treated, in the layer that decided the arm."
        ),
        sa.Column(
            "actions",
            sa.Text(),
            nullable=False,
            comment="All that was allowed, with value and probability.",
        ),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_choice")),
    )
    op.create_index(op.f("ix_decision_choice_as_of"), "decision_choice", ["as_of"])
    op.create_index(op.f("ix_decision_choice_customer_id"), "decision_choice", ["customer_id"])

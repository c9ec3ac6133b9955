"""Keep where customers stand between two runs."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep where customers stand between two runs."""
    op.create_table(
        "live_lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("held_by", sa.String(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column(
            "run_id", sa.BigInteger(), nullable=False, comment="The newest run that has been followed."
        ),
        sa.Column(
            "word", sa.BigInteger(), nullable=False, comment="The newest word on who is one person, likewise."
        ),
        sa.Column("beat_at", sa.BigInteger(), nullable=True, comment="When the loop last came round."),
        sa.Column("beat", sa.Text(), nullable=True, comment="How it fared."),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_live_lease")),
    )
    op.create_table(
        "live_move",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("axis", sa.String(), nullable=False),
        sa.Column("from_", sa.String(), nullable=True),
        sa.Column("to_", sa.String(), nullable=True),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False, comment="Code of the rule, its numbers, new facts."),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="The newest mark that it answers."),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("axis in ('tier', 'stage', 'own_tier')", name=op.f("ck_live_move_axis")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_move")),
    )
    with op.batch_alter_table("live_move", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_live_move_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_live_move_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "live_setback",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("params", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_live_setback")),
    )
    op.create_table(
        "live_state",
        sa.Column("customer_id", sa.String(), nullable=False, comment="Under which the person stands."),
        sa.Column(
            "run_id",
            sa.BigInteger(),
            nullable=False,
            comment="The run whose models and states it goes on from.",
        ),
        sa.Column(
            "snapshot_id", sa.BigInteger(), nullable=False, comment="The facts that were seen, beside events."
        ),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="The newest mark that it answers."),
        sa.Column("computed_at", sa.BigInteger(), nullable=False),
        sa.Column("tier", sa.String(), nullable=True),
        sa.Column("stage", sa.String(), nullable=True),
        sa.Column("action", sa.String(), nullable=True),
        sa.Column("historic_value", sa.BigInteger(), nullable=True),
        sa.Column("clv_12m", sa.Float(), nullable=True),
        sa.Column("clv_12m_low", sa.Float(), nullable=True),
        sa.Column("clv_12m_high", sa.Float(), nullable=True),
        sa.Column("clv", sa.Float(), nullable=True),
        sa.Column("clv_total", sa.Float(), nullable=True),
        sa.Column("p_alive", sa.Float(), nullable=True),
        sa.Column("p_active_180d", sa.Float(), nullable=True),
        sa.Column("next_order_date", sa.Date(), nullable=True),
        sa.Column("next_order_p25", sa.Date(), nullable=True),
        sa.Column("next_order_p75", sa.Date(), nullable=True),
        sa.Column(
            "document",
            sa.Text(),
            nullable=False,
            comment="All that a run publishes of the customer, and why.",
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_live_state")),
    )
    with op.batch_alter_table("live_state", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_live_state_run_id"), ["run_id"], unique=False)

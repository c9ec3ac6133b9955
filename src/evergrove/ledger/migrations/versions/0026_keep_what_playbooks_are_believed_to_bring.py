"""Keep what playbooks are believed to bring, their value part by part, and why one stopped by itself."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what playbooks are believed to bring, their value part by part, and why one stopped by itself."""
    op.create_table(
        "treatment_effect",
        sa.Column("playbook", sa.String(length=40), nullable=False),
        sa.Column(
            "tier",
            sa.String(length=20),
            nullable=False,
            comment="At the assignment; empty: of cells without their own.",
        ),
        sa.Column("stage", sa.String(length=20), nullable=False, comment="The same."),
        sa.Column("as_of", sa.Date(), nullable=False, comment="The day of the belief."),
        sa.Column(
            "mean",
            sa.Float(),
            nullable=False,
            comment="Gross margin a person, before contact and fulfilment cost.",
        ),
        sa.Column("sd", sa.Float(), nullable=False, comment="Of the belief about the mean."),
        sa.Column("people_treated", sa.Integer(), nullable=False),
        sa.Column("people_control", sa.Integer(), nullable=False),
        sa.Column(
            "assumed_weight",
            sa.Float(),
            nullable=False,
            comment="From 0.2 on the effect is called assumed.",
        ),
        sa.Column(
            "cost",
            sa.BigInteger(),
            nullable=False,
            comment="Of contacting a treated person over the window; not in mean.",
        ),
        sa.Column(
            "document",
            sa.Text(),
            nullable=False,
            comment="Window, basis and assumption it rests on.",
        ),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("sd > 0", name=op.f("ck_treatment_effect_sd")),
        sa.CheckConstraint(
            "assumed_weight >= 0 and assumed_weight <= 1", name=op.f("ck_treatment_effect_assumed_weight")
        ),
        sa.PrimaryKeyConstraint("playbook", "tier", "stage", "as_of", name=op.f("pk_treatment_effect")),
    )
    op.create_table(
        "value_part",
        sa.Column(
            "playbook",
            sa.String(length=40),
            nullable=False,
            comment="As in value_ledger; empty: all that give a coupon.",
        ),
        sa.Column(
            "dimension",
            sa.String(length=20),
            nullable=False,
            comment="In what the parts differ: tier, stage, month ...",
        ),
        sa.Column("part", sa.String(length=60), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False, comment="The last day whose orders and refunds count."),
        sa.Column(
            "document", sa.Text(), nullable=False, comment="The figures of value_ledger, of this part."
        ),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("playbook", "dimension", "part", "as_of", name=op.f("pk_value_part")),
    )
    op.create_table(
        "outcome_cap",
        sa.Column(
            "basis",
            sa.String(length=20),
            nullable=False,
            comment="What the figures count: revenue or margin.",
        ),
        sa.Column(
            "cap", sa.Float(), nullable=False, comment="A customer's figure above it counts as the cap."
        ),
        sa.Column("day", sa.Date(), nullable=False, comment="The last day before anybody was assigned."),
        sa.Column(
            "days", sa.BigInteger(), nullable=False, comment="That the figures it is the quantile of span."
        ),
        sa.Column("customers", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("basis", name=op.f("pk_outcome_cap")),
    )
    op.create_table(
        "self_stop",
        sa.Column("playbook", sa.String(length=40), nullable=False),
        sa.Column(
            "as_of", sa.Date(), nullable=False, comment="The last day whose orders and refunds counted."
        ),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("params", sa.Text(), nullable=False, comment="Fields of the reason's sentence."),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("stopped_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("playbook", "as_of", name=op.f("pk_self_stop")),
    )

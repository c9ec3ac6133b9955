"""Keep playbooks with triggers of every kind."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Keep playbooks with triggers of every kind."""
    op.add_column(
        "playbook_version",
        sa.Column(
            "installed_by",
            sa.String(),
            nullable=True,
            comment="Who wrote it or put it in; NULL: before anybody asked.",
        ),
    )
    op.create_table(
        "held_entry",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("playbook", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False, comment="The day on which the trigger was met."),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("released_by", sa.String(), nullable=True),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state in ('held', 'released', 'entered', 'dropped')", name=op.f("ck_held_entry_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_entry")),
        sa.UniqueConstraint(
            "playbook", "customer_id", "as_of", name=op.f("uq_held_entry_playbook_customer_id_as_of")
        ),
    )
    op.create_index(op.f("ix_held_entry_playbook_state"), "held_entry", ["playbook", "state"])
    op.create_index(op.f("ix_held_entry_customer_id"), "held_entry", ["customer_id"])
    op.create_table(
        "playbook_trial",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False, comment="Customers whom it would have reached."),
        sa.Column(
            "document",
            sa.Text(),
            nullable=False,
            comment="What it came to, and who would have got what.",
        ),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.Column("tried_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbook_trial")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_playbook_trial_key_version"), "playbook_trial", ["key", "version"])
    op.create_table(
        "playbook_approval",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "people", sa.Integer(), nullable=False, comment="Whom it would reach, by its newest trial."
        ),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_playbook_approval")),
    )

"""Keep tokens of channels, tasks for staff and receipts, and claim messages by channel."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

STATES = (
    "state in ('queued', 'claimed', 'attempting', 'accepted', 'awaiting_staff', 'failed', 'unknown', 'skipped', "
    "'expired', 'delivered', 'bounced', 'complained')"
)


def upgrade() -> None:
    """Keep tokens of channels, tasks for staff and receipts, and claim messages by channel."""
    _messages()
    _tokens()
    _tasks()
    op.create_table(
        "delivery_receipt",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False, comment="As the provider calls it."),
        sa.Column(
            "outbox_id", sa.String(length=32), nullable=True, comment="NULL: of no message that is known."
        ),
        sa.Column(
            "means", sa.String(), nullable=False, comment="What the kind says of the message; empty: nothing."
        ),
        sa.Column("effect", sa.String(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "effect in ('applied', 'ignored', 'waiting')", name=op.f("ck_delivery_receipt_effect")
        ),
        sa.PrimaryKeyConstraint("channel", "provider_id", "kind", name=op.f("pk_delivery_receipt")),
    )
    op.create_table(
        "channel_key",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_key")),
    )


def _messages() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_state_not_before_id"))
        batch_op.add_column(
            sa.Column(
                "lost_at",
                sa.BigInteger(),
                nullable=True,
                comment="An earlier attempt may have arrived, and is repeated under the same key.",
            )
        )
        batch_op.drop_constraint(batch_op.f("ck_outbox_state"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_outbox_state"), STATES)
        batch_op.create_index(
            batch_op.f("ix_outbox_state_channel_not_before_id"),
            ["state", "channel", "not_before", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_outbox_channel_provider_id"), ["channel", "provider_id"], unique=False
        )


def _tokens() -> None:
    op.create_table(
        "channel_token",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False, comment="As the platform names it."),
        sa.Column(
            "ref",
            sa.String(),
            nullable=False,
            comment="Names one acceptance: telling of it twice grants once.",
        ),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "spent_by", sa.String(length=32), nullable=True, comment="The message that it was spent on."
        ),
        sa.Column("spent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_token")),
        sa.UniqueConstraint(
            "customer_id",
            "channel",
            "template",
            "ref",
            name=op.f("uq_channel_token_customer_id_channel_template_ref"),
        ),
        sa.UniqueConstraint("spent_by", name=op.f("uq_channel_token_spent_by")),
    )
    op.create_index(
        op.f("ix_channel_token_channel_template_customer_id_spent_by"),
        "channel_token",
        ["channel", "template", "customer_id", "spent_by"],
    )


def _tasks() -> None:
    op.create_table(
        "staff_task",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column(
            "outbox_id",
            sa.String(length=32),
            nullable=True,
            comment="The message that the outcome counts for.",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column(
            "assigned", sa.String(), nullable=True, comment="Who has taken it, as the audit trail names them."
        ),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True, comment="Code of the cause; never free text."),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state in ('open', 'taken', 'done', 'cancelled', 'expired')", name=op.f("ck_staff_task_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_task")),
        sa.UniqueConstraint("outbox_id", name=op.f("uq_staff_task_outbox_id")),
    )
    op.create_index(op.f("ix_staff_task_state_due_at_id"), "staff_task", ["state", "due_at", "id"])
    op.create_index(op.f("ix_staff_task_customer_id"), "staff_task", ["customer_id"])

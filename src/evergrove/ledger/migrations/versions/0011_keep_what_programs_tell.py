"""Keep what programs tell."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what programs tell."""
    op.create_table(
        "dirty",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column(
            "seq",
            sa.BigInteger(),
            nullable=False,
            comment="Grows with every event; the newest event's or more.",
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_dirty")),
    )
    op.create_table(
        "event",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="Keyed, of everything that was told."
        ),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False, comment="As the facts know the customer."),
        sa.Column("anonymous_id", sa.String(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="Nothing personal."),
        sa.Column(
            "sealed", sa.LargeBinary(), nullable=True, comment="What is personal, under the customer id."
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column(
            "import_seq", sa.BigInteger(), nullable=True, comment="The import that took or refused it."
        ),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True, comment="Parameters of the reason."),
        sa.CheckConstraint("(state = 'refused') = (reason is not null)", name=op.f("ck_event_reason")),
        sa.CheckConstraint(
            "kind in ('order', 'refund', 'cancel', 'customer', 'alias', 'track', 'page', 'screen', 'group')",
            name=op.f("ck_event_kind"),
        ),
        sa.CheckConstraint("state in ('waiting', 'taken', 'refused')", name=op.f("ck_event_state")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
        sa.UniqueConstraint("source", "message_id", name=op.f("uq_event_source_message_id")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_event_state_customer_id"), ["state", "customer_id"], unique=False
        )

    op.create_table(
        "event_conflict",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="What the other one says; nothing personal."),
        sa.ForeignKeyConstraint(
            ["seq"], ["event.seq"], name=op.f("fk_event_conflict_seq_event"), ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_conflict")),
        sa.UniqueConstraint("seq", "digest", name=op.f("uq_event_conflict_seq_digest")),
    )

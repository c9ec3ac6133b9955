"""Keep what recipients do with letters."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Keep what recipients do with letters."""
    op.create_table(
        "letter_link",
        sa.Column("id", sa.String(length=16), nullable=False, comment="Of the destination's own digest."),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_link")),
    )
    _visits()
    _returns()
    op.create_table(
        "early_leave",
        sa.Column("outbox_id", sa.String(length=32), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("outbox_id", name=op.f("pk_early_leave")),
    )


def _visits() -> None:
    op.create_table(
        "letter_visit",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("outbox_id", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "link_id", sa.String(length=16), nullable=False, comment="Of a click; zeros of an opened letter."
        ),
        sa.Column("hour", sa.BigInteger(), nullable=False, comment="Cut down to the hour."),
        sa.Column(
            "machine",
            sa.String(),
            nullable=True,
            comment="Why it was no person; NULL: nothing speaks against one.",
        ),
        sa.Column(
            "is_early", sa.Integer(), nullable=False, comment="1: within a minute and a half of the delivery."
        ),
        sa.CheckConstraint("kind in ('click', 'open')", name=op.f("ck_letter_visit_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_visit")),
    )
    with op.batch_alter_table("letter_visit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_letter_visit_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_letter_visit_outbox_id"), ["outbox_id"], unique=False)


def _returns() -> None:
    op.create_table(
        "letter_return",
        sa.Column(
            "name",
            sa.String(length=64),
            nullable=False,
            comment="The same for the same report, however often it comes.",
        ),
        sa.Column("outbox_id", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "address_hash", sa.String(), nullable=True, comment="NULL: the address is another one by now."
        ),
        sa.Column("status", sa.String(length=16), nullable=True, comment="Enhanced status code (RFC 3463)."),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind in ('hard', 'soft', 'complaint', 'delivered')", name=op.f("ck_letter_return_kind")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_letter_return")),
    )
    with op.batch_alter_table("letter_return", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_letter_return_address_hash_recorded_at"),
            ["address_hash", "recorded_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_letter_return_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_letter_return_outbox_id"), ["outbox_id"], unique=False)

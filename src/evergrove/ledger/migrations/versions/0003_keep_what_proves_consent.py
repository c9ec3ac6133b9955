"""Keep what proves consent."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what proves consent."""
    op.create_table(
        "age_mark",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("born", sa.String(length=7), nullable=True),
        sa.Column("is_minor", sa.Boolean(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_age_mark")),
    )
    op.create_table(
        "consent_repeat",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "customer_id", "purpose", "channel", "status", name=op.f("pk_consent_repeat")
        ),
    )
    with op.batch_alter_table("consent_event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("given_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("expires_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("given_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("policy_version", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("form", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("ip_hash", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("sealed", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("name", sa.String(length=32), nullable=True))
    # What came in before was written down as it was said. The newest row held then, whatever the clock said: where
    # it was set back, each word now comes one microsecond after the one before it.
    op.execute(
        "update consent_event set given_at = (select max(e.recorded_at) from consent_event e"
        " where e.customer_id = consent_event.customer_id and e.purpose = consent_event.purpose"
        " and e.channel = consent_event.channel and e.id <= consent_event.id)"
        " + (select count(*) from consent_event e"
        " where e.customer_id = consent_event.customer_id and e.purpose = consent_event.purpose"
        " and e.channel = consent_event.channel and e.id < consent_event.id)"
    )
    with op.batch_alter_table("consent_event", schema=None) as batch_op:
        batch_op.alter_column("given_at", existing_type=sa.BigInteger(), nullable=False)
        batch_op.create_index(
            batch_op.f("ix_consent_event_purpose_channel"), ["purpose", "channel"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_consent_event_name"), ["name"], unique=True)

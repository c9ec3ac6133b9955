"""Keep budgets, cases and stops."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep budgets, cases and stops."""
    op.create_table(
        "outreach_stop",
        sa.Column("scope", sa.String(), nullable=False, comment="everything, channel:NAME or playbook:KEY."),
        sa.Column("stopped_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False, comment="In the words of whoever stopped it."),
        sa.Column("stopped_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_outreach_stop")),
    )
    op.create_table(
        "outreach_case",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "source", sa.String(), nullable=False, comment="Who told of it, such as tickets or user:3."
        ),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False, comment="From then on it holds nothing back."),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("closed_by", sa.String()),
        sa.CheckConstraint(
            "kind in ('complaint', 'detractor', 'return')", name=op.f("ck_outreach_case_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outreach_case")),
    )
    op.create_index(op.f("ix_outreach_case_customer_id"), "outreach_case", ["customer_id"])
    op.create_table(
        "budget",
        sa.Column("scope", sa.String(), nullable=False, comment="everything, channel:NAME or playbook:KEY."),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False, comment="In which its months begin."),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_budget_amount")),
        sa.CheckConstraint("period in ('month', 'total')", name=op.f("ck_budget_period")),
        sa.PrimaryKeyConstraint("scope", "period", name=op.f("pk_budget")),
    )
    op.create_table(
        "budget_span",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("span", sa.String(7), nullable=False, comment="Its month, YYYY-MM; total: all of time."),
        sa.Column("committed", sa.BigInteger(), nullable=False, comment="Decided and not yet sent."),
        sa.Column("spent", sa.BigInteger(), nullable=False, comment="Sent."),
        sa.PrimaryKeyConstraint("scope", "period", "span", name=op.f("pk_budget_span")),
    )
    op.create_table(
        "budget_entry",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("ref", sa.String(32), nullable=False, comment="The message's name in the outbox."),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("span", sa.String(7), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False, comment="Expected cost."),
        sa.Column("variance", sa.Float(), nullable=False, comment="Of the cost, in squared currency."),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind in ('commit', 'release', 'spend')", name=op.f("ck_budget_entry_kind")),
        sa.PrimaryKeyConstraint("scope", "period", "ref", "kind", name=op.f("pk_budget_entry")),
    )
    op.create_index(op.f("ix_budget_entry_ref"), "budget_entry", ["ref"])
    op.create_table(
        "own_cap",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False, comment="Empty: all channels together."),
        sa.Column("span", sa.String(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("most >= 0", name=op.f("ck_own_cap_most")),
        sa.CheckConstraint("span in ('day', 'week', 'month')", name=op.f("ck_own_cap_span")),
        sa.PrimaryKeyConstraint("customer_id", "channel", "span", name=op.f("pk_own_cap")),
    )
    op.create_table(
        "send_rate",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column(
            "next_at", sa.BigInteger(), nullable=False, comment="When the provider takes the next message."
        ),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_send_rate")),
    )
    with op.batch_alter_table("decision") as table:
        table.add_column(sa.Column("channel", sa.String(), comment="By which it was to leave."))
        table.add_column(
            sa.Column("basis", sa.Text(), comment="Hour, zone, and what spoke against each channel.")
        )

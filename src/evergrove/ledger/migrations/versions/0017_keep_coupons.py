"""Keep coupons, their codes and what became of each."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep coupons, their codes and what became of each."""
    op.create_table(
        "coupon_campaign",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="Under which new codes are issued."),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("limit_total", sa.Integer(), nullable=True),
        sa.Column("limit_issued", sa.Integer(), nullable=True),
        sa.Column("limit_per_person", sa.Integer(), nullable=True),
        sa.Column("budget", sa.BigInteger(), nullable=True),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("redeemed", sa.Integer(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state in ('active', 'paused')", name=op.f("ck_coupon_campaign_state")),
        sa.CheckConstraint(
            "budget is null or held + spent <= budget", name=op.f("ck_coupon_campaign_budget")
        ),
        sa.CheckConstraint(
            "issued >= 0 and reserved >= 0 and redeemed >= 0 and expected >= 0 and held >= 0 and spent >= 0",
            name=op.f("ck_coupon_campaign_counts"),
        ),
        sa.CheckConstraint(
            "limit_issued is null or issued <= limit_issued", name=op.f("ck_coupon_campaign_limit_issued")
        ),
        sa.CheckConstraint(
            "limit_total is null or reserved + redeemed <= limit_total",
            name=op.f("ck_coupon_campaign_limit_total"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_coupon_campaign")),
    )
    op.create_table(
        "coupon_event",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("coupon_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "ref",
            sa.String(),
            nullable=False,
            comment="Of the order, refund or message; empty where there is none.",
        ),
        sa.Column("times", sa.Integer(), nullable=False, comment="From 1 on: a lapsed order may come again."),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind in ('issue', 'reserve', 'lapse', 'redeem', 'refund', 'roll_back', 'expire', 'void')",
            name=op.f("ck_coupon_event_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_event")),
        sa.UniqueConstraint(
            "coupon_id", "kind", "ref", "times", name=op.f("uq_coupon_event_coupon_id_kind_ref_times")
        ),
    )
    op.create_table(
        "coupon",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True, comment="NULL: not made for anybody."),
        sa.Column("state", sa.String(), nullable=False, comment="Of a shared code: issued until it ends."),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=True),
        sa.Column("valid_until", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state in ('issued', 'reserved', 'redeemed', 'rolled_back', 'expired', 'void')",
            name=op.f("ck_coupon_state"),
        ),
        sa.ForeignKeyConstraint(
            ["campaign"], ["coupon_campaign.key"], name=op.f("fk_coupon_campaign_coupon_campaign")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon")),
        sa.UniqueConstraint("code", name=op.f("uq_coupon_code")),
    )
    op.create_index(op.f("ix_coupon_campaign_state"), "coupon", ["campaign", "state"], unique=False)
    op.create_index(op.f("ix_coupon_customer_id"), "coupon", ["customer_id"], unique=False)
    op.create_index(op.f("ix_coupon_state_valid_until"), "coupon", ["state", "valid_until"], unique=False)
    op.create_table(
        "coupon_terms",
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign"], ["coupon_campaign.key"], name=op.f("fk_coupon_terms_campaign_coupon_campaign")
        ),
        sa.PrimaryKeyConstraint("campaign", "version", name=op.f("pk_coupon_terms")),
    )
    op.create_table(
        "coupon_given",
        sa.Column(
            "ref", sa.String(), nullable=False, comment="For which it was given: id of a message, say."
        ),
        sa.Column("coupon_id", sa.String(length=32), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("expected", sa.BigInteger(), nullable=False, comment="What it is still expected to cost."),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "released_at",
            sa.BigInteger(),
            nullable=True,
            comment="When it became known that it never reached anybody.",
        ),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupon.id"], name=op.f("fk_coupon_given_coupon_id_coupon")),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_coupon_given")),
    )
    op.create_index(
        op.f("ix_coupon_given_campaign_customer_id"),
        "coupon_given",
        ["campaign", "customer_id"],
        unique=False,
    )
    op.create_index(op.f("ix_coupon_given_coupon_id"), "coupon_given", ["coupon_id"], unique=False)
    op.create_table(
        "coupon_use",
        sa.Column("coupon_id", sa.String(length=32), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("stack_group", sa.String(), nullable=False),
        sa.Column("order_amount", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False, comment="Of what was paid for the order."),
        sa.Column("returned", sa.BigInteger(), nullable=False, comment="Of the cost."),
        sa.Column("reserved_until", sa.BigInteger(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False, comment="How often it was reserved or redeemed."),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state in ('reserved', 'redeemed', 'rolled_back', 'lapsed')", name=op.f("ck_coupon_use_state")
        ),
        sa.CheckConstraint("discount <= order_amount", name=op.f("ck_coupon_use_discount")),
        sa.CheckConstraint("returned <= cost", name=op.f("ck_coupon_use_returned")),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupon.id"], name=op.f("fk_coupon_use_coupon_id_coupon")),
        sa.PrimaryKeyConstraint("coupon_id", "order_id", name=op.f("pk_coupon_use")),
    )
    op.create_index(
        op.f("ix_coupon_use_campaign_customer_id"), "coupon_use", ["campaign", "customer_id"], unique=False
    )
    op.create_index(
        op.f("ix_coupon_use_campaign_state_reserved_until"),
        "coupon_use",
        ["campaign", "state", "reserved_until"],
        unique=False,
    )
    op.create_index(op.f("ix_coupon_use_order_id"), "coupon_use", ["order_id"], unique=False)
    op.create_index(
        op.f("ix_coupon_use_state_reserved_until"), "coupon_use", ["state", "reserved_until"], unique=False
    )
    op.create_index(
        "uq_coupon_use_stack_group",
        "coupon_use",
        ["order_id", "stack_group"],
        unique=True,
        sqlite_where=sa.text("state in ('reserved', 'redeemed')"),
        postgresql_where=sa.text("state in ('reserved', 'redeemed')"),
    )

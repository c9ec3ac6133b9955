"""Keep codes that orders name, codes of the shop's own, and what share of coupons was a gift."""  # noqa: INP001 - Alembic loads steps by their path

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep codes that orders name, codes of the shop's own, and what share of coupons was a gift."""
    op.add_column(
        "coupon",
        sa.Column("spelling", sa.String(), comment="As the shop writes a code of its own; NULL: ours."),
    )
    op.add_column(
        "coupon",
        sa.Column("value", sa.BigInteger(), comment="Of a code of the shop's own; NULL: the campaign's."),
    )
    op.add_column(
        "coupon_use",
        sa.Column("told_by", sa.String(), comment="Of the redemption: till, order or both; NULL: till."),
    )
    op.create_table(
        "coupon_stock",
        sa.Column("code", sa.String(), nullable=False, comment="In normal form."),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("spelling", sa.String(), nullable=False, comment="As the shop writes it."),
        sa.Column("value", sa.BigInteger(), comment="Its own; NULL: the campaign's."),
        sa.Column("valid_until", sa.BigInteger()),
        sa.Column("place", sa.Integer(), nullable=False, comment="They are given out in this order."),
        sa.Column("brought_at", sa.BigInteger(), nullable=False),
        sa.Column("coupon_id", sa.String(length=32), comment="NULL: not given out yet."),
        sa.ForeignKeyConstraint(
            ["campaign"], ["coupon_campaign.key"], name=op.f("fk_coupon_stock_campaign_coupon_campaign")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_coupon_stock")),
    )
    op.create_index(
        op.f("ix_coupon_stock_campaign_coupon_id_place"), "coupon_stock", ["campaign", "coupon_id", "place"]
    )
    op.create_table(
        "coupon_told",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False, comment="In normal form."),
        sa.Column("discount", sa.BigInteger(), comment="What the shop says that it took off."),
        sa.Column(
            "status",
            sa.String(),
            nullable=False,
            comment="Of the order, as the row that named the code says.",
        ),
        sa.Column("version_at", sa.BigInteger(), nullable=False, comment="When the order was so."),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), comment="Code of why it was refused."),
        sa.Column("params", sa.Text()),
        sa.Column("campaign", sa.String()),
        sa.Column("settled_at", sa.BigInteger()),
        sa.CheckConstraint(
            "state in ('waiting', 'taken', 'back', 'refused')", name=op.f("ck_coupon_told_state")
        ),
        sa.PrimaryKeyConstraint("order_id", "code", name=op.f("pk_coupon_told")),
    )
    op.create_index(op.f("ix_coupon_told_state_campaign"), "coupon_told", ["state", "campaign"])
    op.create_table(
        "coupon_subsidy",
        sa.Column("campaign", sa.String(), nullable=False, comment="Of coupons."),
        sa.Column("playbook", sa.String(length=40), nullable=False, comment="That gave out its codes."),
        sa.Column("as_of", sa.Date(), nullable=False, comment="The last day whose orders count."),
        sa.Column("people_treated", sa.Integer(), nullable=False, comment="As assigned."),
        sa.Column("people_control", sa.Integer(), nullable=False, comment="As assigned."),
        sa.Column("redeemers", sa.Integer(), nullable=False, comment="Of the treated."),
        sa.Column(
            "rate",
            sa.Float(),
            comment="1 - extra buyers / redeemers, not clipped; NULL where it is not known.",
        ),
        sa.Column("low", sa.Float()),
        sa.Column("high", sa.Float()),
        sa.Column("extra_buyers", sa.Float(), comment="Per assigned: treated less control."),
        sa.Column("redeemed_share", sa.Float(), comment="Redeemers per assigned, of the treated."),
        sa.Column("level", sa.Float(), nullable=False, comment="Probability between low and high."),
        sa.Column("reason", sa.String(length=60), comment="Why there is no rate."),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "playbook", name=op.f("pk_coupon_subsidy")),
    )

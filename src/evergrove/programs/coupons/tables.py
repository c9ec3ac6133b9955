"""The ledger's tables of coupons: campaigns that count, codes, what they were given for, and their uses."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from evergrove.ledger import Amount, Document, Instant, RowNumber, metadata
from evergrove.programs.coupons.types import (
    ACTS,
    CAMPAIGN_STATES,
    COUPON_STATES,
    LIVE,
    TOLD_STATES,
    USE_STATES,
)

coupon_campaign = Table(
    "coupon_campaign",
    metadata,
    Column("key", String, primary_key=True),
    Column("version", Integer, nullable=False, comment="Under which new codes are issued."),
    Column("state", String, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("limit_total", Integer),
    Column("limit_issued", Integer),
    Column("limit_per_person", Integer),
    Column("budget", Amount),
    Column("issued", Integer, nullable=False),
    Column("reserved", Integer, nullable=False),
    Column("redeemed", Integer, nullable=False),
    Column("expected", Amount, nullable=False),
    Column("held", Amount, nullable=False),
    Column("spent", Amount, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    CheckConstraint(f"state in {CAMPAIGN_STATES}", name="state"),
    # The databases themselves refuse what would be one use or one coin too many.
    CheckConstraint("limit_total is null or reserved + redeemed <= limit_total", name="limit_total"),
    CheckConstraint("limit_issued is null or issued <= limit_issued", name="limit_issued"),
    CheckConstraint("budget is null or held + spent <= budget", name="budget"),
    CheckConstraint(
        "issued >= 0 and reserved >= 0 and redeemed >= 0 and expected >= 0 and held >= 0 and spent >= 0",
        name="counts",
    ),
)
"""A campaign and what it has come to; limits are those of its newest version."""

coupon_terms = Table(
    "coupon_terms",
    metadata,
    Column("campaign", String, ForeignKey("coupon_campaign.key"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", Document, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)
"""What each version of a campaign promises: codes keep what held when they were issued."""

coupon = Table(
    "coupon",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("campaign", String, ForeignKey("coupon_campaign.key"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("code", String, nullable=False),
    Column("is_shared", Boolean(create_constraint=False), nullable=False),
    Column("customer_id", String, comment="NULL: not made for anybody."),
    Column("state", String, nullable=False, comment="Of a shared code: issued until it ends."),
    Column("issued_at", Instant, nullable=False),
    Column("valid_from", Instant),
    Column("valid_until", Instant),
    Column("spelling", String, comment="As the shop writes a code of its own; NULL: ours."),
    Column("value", Amount, comment="Of a code of the shop's own; NULL: the campaign's."),
    UniqueConstraint("code"),
    CheckConstraint(f"state in {COUPON_STATES}", name="state"),
    Index(None, "campaign", "state"),
    Index(None, "state", "valid_until"),
    Index(None, "customer_id"),
)
"""One code."""

coupon_given = Table(
    "coupon_given",
    metadata,
    Column("ref", String, primary_key=True, comment="For which it was given: id of a message, say."),
    Column("coupon_id", String(32), ForeignKey("coupon.id"), nullable=False),
    Column("campaign", String, nullable=False),
    Column("customer_id", String),
    Column("expected", Amount, nullable=False, comment="What it is still expected to cost."),
    Column("given_at", Instant, nullable=False),
    Column("released_at", Instant, comment="When it became known that it never reached anybody."),
    Index(None, "coupon_id"),
    Index(None, "campaign", "customer_id"),
)
"""For what codes were given: a second message may carry the code of the first."""

coupon_use = Table(
    "coupon_use",
    metadata,
    Column("coupon_id", String(32), ForeignKey("coupon.id"), primary_key=True),
    Column("order_id", String, primary_key=True),
    Column("campaign", String, nullable=False),
    Column("customer_id", String),
    Column("state", String, nullable=False),
    Column("stack_group", String, nullable=False),
    Column("order_amount", Amount, nullable=False),
    Column("discount", Amount, nullable=False),
    Column("cost", Amount, nullable=False),
    Column("refunded", Amount, nullable=False, comment="Of what was paid for the order."),
    Column("returned", Amount, nullable=False, comment="Of the cost."),
    Column("reserved_until", Instant),
    Column("times", Integer, nullable=False, comment="How often it was reserved or redeemed."),
    Column("changed_at", Instant, nullable=False),
    Column("told_by", String, comment="Of the redemption: till, order or both; NULL: till."),
    CheckConstraint(f"state in {USE_STATES}", name="state"),
    CheckConstraint("returned <= cost", name="returned"),
    CheckConstraint("discount <= order_amount", name="discount"),
    Index(None, "order_id"),
    Index(None, "campaign", "state", "reserved_until"),
    Index(None, "state", "reserved_until"),
    Index(None, "campaign", "customer_id"),
)
"""A code on an order."""

_IS_LIVE = text(f"state in {LIVE}")
# Two codes of one group on one order are refused by the databases themselves.
Index(
    "uq_coupon_use_stack_group",
    coupon_use.c.order_id,
    coupon_use.c.stack_group,
    unique=True,
    sqlite_where=_IS_LIVE,
    postgresql_where=_IS_LIVE,
)

coupon_stock = Table(
    "coupon_stock",
    metadata,
    Column("code", String, primary_key=True, comment="In normal form."),
    Column("campaign", String, ForeignKey("coupon_campaign.key"), nullable=False),
    Column("spelling", String, nullable=False, comment="As the shop writes it."),
    Column("value", Amount, comment="Its own; NULL: the campaign's."),
    Column("valid_until", Instant),
    Column("place", Integer, nullable=False, comment="They are given out in this order."),
    Column("brought_at", Instant, nullable=False),
    Column("coupon_id", String(32), comment="NULL: not given out yet."),
    Index(None, "campaign", "coupon_id", "place"),
)
"""Codes of a shop's own system, from which a campaign gives."""

coupon_told = Table(
    "coupon_told",
    metadata,
    Column("order_id", String, primary_key=True),
    Column("code", String, primary_key=True, comment="In normal form."),
    Column("discount", Amount, comment="What the shop says that it took off."),
    Column("status", String, nullable=False, comment="Of the order, as the row that named the code says."),
    Column("version_at", Instant, nullable=False, comment="When the order was so."),
    Column("state", String, nullable=False),
    Column("reason", String, comment="Code of why it was refused."),
    Column("params", Document),
    Column("campaign", String),
    Column("settled_at", Instant),
    CheckConstraint(f"state in {TOLD_STATES}", name="state"),
    Index(None, "state", "campaign"),
)
"""Codes that orders name, and what became of each."""

coupon_event = Table(
    "coupon_event",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("coupon_id", String(32), nullable=False),
    Column("kind", String, nullable=False),
    Column(
        "ref", String, nullable=False, comment="Of the order, refund or message; empty where there is none."
    ),
    Column("times", Integer, nullable=False, comment="From 1 on: a lapsed order may come again."),
    Column("by", String, nullable=False),
    Column("amount", Amount),
    Column("at", Instant, nullable=False),
    UniqueConstraint("coupon_id", "kind", "ref", "times"),
    CheckConstraint(f"kind in {ACTS}", name="kind"),
)
"""Every act; only ever added to."""

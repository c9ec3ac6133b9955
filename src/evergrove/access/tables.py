"""Those who may sign in, and what they hold: secrets as hashes only, addresses sealed."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from evergrove.access.types import PURPOSES, ROLES, STATUSES
from evergrove.ledger import Document, Instant, metadata

account = Table(
    "account",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("email_hash", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the address
    Column("role", String, nullable=False),
    Column("sees_personal", Boolean(create_constraint=False), nullable=False),
    Column("status", String, nullable=False),
    Column("is_first", Boolean(create_constraint=False)),  # NULL, or true for one: no two set-ups can win
    Column("password_hash", String),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("email_hash"),
    UniqueConstraint("is_first"),
    CheckConstraint(f"role in {ROLES}", name="role"),
    CheckConstraint(f"status in {STATUSES}", name="status"),
    CheckConstraint("status <> 'active' or password_hash is not null", name="password"),
)
"""One who may sign in, was invited, or could once."""

one_time_link = Table(
    "one_time_link",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("purpose", String, nullable=False),
    Column("account_id", String(32), ForeignKey("account.id", ondelete="cascade")),  # NULL: the first
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    CheckConstraint(f"purpose in {PURPOSES}", name="purpose"),
    Index(None, "account_id"),
)
"""Ways in that open once: the first administrator's, an invitation, a new password."""

login = Table(
    "login",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("account_id", String(32), ForeignKey("account.id", ondelete="cascade"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index(None, "account_id"),
)
"""Log-ins that hold; one that has ended has no row."""

known_device = Table(
    "known_device",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", String(32), ForeignKey("account.id", ondelete="cascade"), nullable=False),
    Column("used_at", Instant, nullable=False),
    Index(None, "account_id"),
)
"""Devices on which an account has signed in: strangers' attempts do not lock them out."""

api_key = Table(
    "api_key",
    metadata,
    Column("prefix", String(32), primary_key=True),
    Column("secret_hash", String(64), nullable=False),
    Column("account_id", String(32), ForeignKey("account.id", ondelete="cascade"), nullable=False),
    Column("name", String, nullable=False),
    Column("scopes", Document, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
    Index(None, "account_id"),
)
"""Keys of programs; a revoked one stays, so that what it did can be told."""

sign_in_limit = Table(
    "sign_in_limit",
    metadata,
    Column("name_hash", String(64), primary_key=True),
    Column("tokens", Float, nullable=False),
    Column("refilled_at", Instant, nullable=False),
    Column("full_at", Instant, nullable=False),
    Index(None, "full_at"),
)
"""How many attempts are left to an account, an address or a device; a full one needs no row."""

CLAIMS = ("running", "acted", "done")

idempotency = Table(
    "idempotency",
    metadata,
    Column("name_hash", String(64), primary_key=True),  # of key, route and actor
    Column("request_hash", String(64), nullable=False),
    Column("state", String, nullable=False),
    Column("token", Integer, nullable=False),
    Column("lease_until", Instant, nullable=False),
    Column("sealed", LargeBinary, comment="The answer; NULL while there is none."),
    Column("expires_at", Instant, nullable=False),
    CheckConstraint(f"state in {CLAIMS}", name="state"),
    CheckConstraint("(state = 'done') = (sealed is not null)", name="answer"),
    Index(None, "expires_at"),
)
"""
Acts that programs ask for under a key of their own, one each; what they mean stands in ``http.once``. Hashes are keyed and
the answer is sealed, for both may hold what is personal.
"""

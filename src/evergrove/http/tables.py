"""Acts that programs ask for under a key of their own, so that asking again does nothing twice."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, String, Table

from evergrove.ledger import Instant, metadata

STATES = ("running", "acted", "done")

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
    CheckConstraint(f"state in {STATES}", name="state"),
    CheckConstraint("(state = 'done') = (sealed is not null)", name="answer"),
    Index(None, "expires_at"),
)
"""One act each; hashes are keyed and the answer is sealed, for both may hold what is personal."""

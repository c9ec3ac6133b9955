"""What the ledger keeps of tier policies: each adoption, in its order; nothing is ever changed."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, UniqueConstraint

from evergrove.ledger import Document, Instant, RowNumber, metadata

tier_policy = Table(
    "tier_policy",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("name", String(40), nullable=False),
    Column("version", Integer, nullable=False, comment="Counted by name."),
    Column("sha256", String(64), nullable=False, comment="Of the document; empty where it is NULL."),
    Column("document", Document, comment="The whole policy; NULL: back to what the settings state."),
    Column("adopted_at", Instant, nullable=False),
    UniqueConstraint("name", "version"),
)

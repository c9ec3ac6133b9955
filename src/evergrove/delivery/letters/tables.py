"""Letters that a shop writes itself: versions are added, never changed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, String, Table

from evergrove.ledger import Document, Instant, metadata

letter = Table(
    "letter",
    metadata,
    Column("name", String, primary_key=True),
    Column("category", String, nullable=False, comment="Fixed with the first version."),
    Column("version", Integer, nullable=False, comment="The newest, which messages take."),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("category in ('marketing', 'service', 'transactional')", name="category"),
)

letter_version = Table(
    "letter_version",
    metadata,
    Column("name", String, ForeignKey("letter.name"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", Document, nullable=False, comment="Never changed; MJML with its HTML."),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String, nullable=False),
)

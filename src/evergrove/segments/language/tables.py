"""What the language keeps in the ledger: every version of every segment, and nothing is ever changed in it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, String, Table, Text, UniqueConstraint

from evergrove.ledger import Document, Instant, RowNumber, metadata

segment_definition = Table(
    "segment_definition",
    metadata,
    Column(
        "id", RowNumber, primary_key=True, autoincrement=True, comment="A night notes the newest it knew."
    ),
    Column("key", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("text", Text, nullable=False, comment="Canonical."),
    Column("document", Document, nullable=False, comment="The same as JSON."),
    Column("note", Text, nullable=False, comment="What its author says of it."),
    Column("is_removed", Boolean(create_constraint=False), nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("key", "version"),
)

"""The ledger's tables of identity: identifiers sealed and hashed, a log that only grows, and what follows from it."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, String, Table

from evergrove.ledger import Instant, RowNumber, metadata

identity = Table(
    "identity",
    metadata,
    Column("customer_id", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("value_hash", String, primary_key=True),
    Column("sealed", LargeBinary),  # the value; NULL where it came in before identifiers were kept
    Column("proof", String),  # such as the sha256 of the file that says so
    Column("recorded_at", Instant, nullable=False),
    Index(None, "kind", "value_hash"),
)
"""With which identifiers each customer was told: facts, which no joining of persons changes."""

merge_event = Table(
    "merge_event",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("customer_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("value_hash", String, nullable=False),
    Column("action", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Index(None, "customer_id", "kind", "value_hash", "id"),
)
"""What became of each link between a customer and a value; only ever added to, and the newest row holds."""

same_person = Table(
    "same_person",
    metadata,
    Column("customer_id", String, primary_key=True),
    Column("person_id", String, nullable=False),
    Index(None, "person_id"),
)
"""Customers who stand under another's name, as the log says; whatever is lost of it the log gives back."""

tombstone = Table(
    "tombstone",
    metadata,
    Column("kind", String, primary_key=True),
    Column("value_hash", String, primary_key=True),
    Column("erased_at", Instant, nullable=False),
)
"""Keyed hashes of what belonged to erased persons, by which a later file is known to bring them back."""

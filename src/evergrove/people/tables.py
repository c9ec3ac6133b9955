"""The ledger's tables of persons: what is personal in them is sealed or hashed with a key."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from evergrove.ledger import Instant, RowNumber, metadata

person = Table(
    "person",
    metadata,
    Column("customer_id", String, primary_key=True),
    Column("sealed", LargeBinary),  # address and name
    Column("email_hash", String),
    Column("language", String),
    Column("zone", String),
    Column("status", String, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Index(None, "email_hash"),
)
"""One row a customer; an erased one keeps its row, empty, so that a later file does not bring it back."""

consent_event = Table(
    "consent_event",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("customer_id", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("status", String, nullable=False),
    Column("source", String, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("proof", String),  # such as the sha256 of the file that says so
    Index(None, "customer_id", "purpose", "channel", "id"),
)
"""What a person said about being written to; only ever added to, and the newest row holds."""

suppression = Table(
    "suppression",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("address_hash", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("released_at", Instant),
    Index(None, "address_hash", "channel"),
)
"""Addresses that nothing is sent to, whoever's they are: bounced, complained about, or erased."""

data_key = Table(
    "data_key",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)
"""The one key that seals all persons, itself sealed by the master key outside the workspace."""

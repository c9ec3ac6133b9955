"""The ledger's tables of persons: what is personal in them is sealed or hashed with a key."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Date, Index, Integer, LargeBinary, String, Table

from evergrove.ledger import Instant, RowNumber, metadata


def _when_recorded(context: Any) -> Any:
    """A word that is written down as it is said was given at that moment."""
    return context.get_current_parameters()["recorded_at"]


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
    Column("given_at", Instant, nullable=False, default=_when_recorded),
    Column("expires_at", Instant),
    Column("given_by", String),  # "guardian"; NULL: the person
    Column("policy_version", String),
    Column("form", String),
    Column("ip_hash", String),
    Column("sealed", LargeBinary),  # what proves it, in words
    Column("name", String(32)),  # the same for the same word, however often it comes in
    Index(None, "customer_id", "purpose", "channel", "id"),
    Index(None, "purpose", "channel"),
    Index(None, "name", unique=True),
)
"""What a person said about being written to or looked at; words are only ever added, and the newest given holds."""

consent_repeat = Table(
    "consent_repeat",
    metadata,
    Column("customer_id", String, primary_key=True),
    Column("purpose", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("status", String, primary_key=True),
    Column("given_at", Instant, nullable=False),
)
"""When a list last said again what it had said before: a row a night for everybody would say nothing more."""

age_mark = Table(
    "age_mark",
    metadata,
    Column("customer_id", String, primary_key=True),
    Column("born", String(7)),  # YYYY-MM: the day itself is needed for nothing and is not kept
    Column("is_minor", Boolean),
    Column("recorded_at", Instant, nullable=False),
)
"""What is told of a customer's age, to leave those alone who are under age."""

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

sealed_text = Table(
    "sealed_text",
    metadata,
    Column("table_name", String, primary_key=True),
    Column("row_key", String, primary_key=True),
    Column("customer_id", String, nullable=False),
    Column("day", Date),
    Column("version_at", Instant, nullable=False),
    Column("value_hash", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # text by column
    Column("recorded_at", Instant, nullable=False),
    Index(None, "customer_id"),
)
"""What stands in rows of the warehouse's tables and must not stand there: one row each, under the same key."""

data_key = Table(
    "data_key",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)
"""The one key that seals all persons, itself sealed by the master key outside the workspace."""

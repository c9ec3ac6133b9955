"""The tables of the ledger that say which files are the data."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Table, Text

from evergrove.ledger import Document, Instant, RowNumber, metadata

generation = Table(
    "generation",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("table_name", Text, nullable=False),
    Column("manifest", Document, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)
"""One row a state of a table; ``manifest`` lists its files."""

snapshot = Table(
    "snapshot",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("as_of", Date),
    Column("tables", Document, nullable=False),
    Column("details", Document, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("retired_at", Instant),
    sqlite_autoincrement=True,
)
"""One row a publishing, {table: generation}; the newest that is not retired is what readers see."""

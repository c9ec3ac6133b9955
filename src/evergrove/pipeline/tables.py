"""What the composition itself must not lose: which workspace this is, and the models that runs scored with."""

from __future__ import annotations

from sqlalchemy import Column, Date, String, Table

from evergrove.ledger import Document, Instant, RowNumber, metadata

workspace = Table(
    "workspace",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("format", String(40), nullable=False),
    Column("created_at", Instant, nullable=False),
)
"""One row: a copy of the folder keeps the id of the original."""

model_run = Table(
    "model_run",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("as_of", Date, nullable=False),
    Column("document", Document, nullable=False),
    Column("fitted_at", Instant, nullable=False),
)
"""Models as ``scoring.model_document`` writes them: enough to score again, to the last digit."""

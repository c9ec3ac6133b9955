"""Exports that were asked for, and links to their files, as hashes only."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table

from evergrove.access.tables import account
from evergrove.jobs.tables import JOB
from evergrove.ledger import Document, Instant, RowNumber, metadata

EXPORT = Table(
    "export",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("job", RowNumber, ForeignKey(JOB.c.id, ondelete="cascade"), nullable=False),
    Column("account_id", String(32), ForeignKey(account.c.id, ondelete="cascade"), nullable=False),
    Column("key", String(32), nullable=False, comment="Prefix of the key it was asked for with, or nothing."),
    Column("request", Document, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("made_at", Instant),
    Column("rows", BigInteger),
    Column("bytes", BigInteger),
    Column("expires_at", Instant, comment="When the file is deleted."),
    Column("removed_at", Instant, comment="When it was."),
    Index(None, "account_id"),
    Index(None, "job"),
)

EXPORT_LINK = Table(
    "export_link",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("export_id", String(32), ForeignKey(EXPORT.c.id, ondelete="cascade"), nullable=False),
    Column("account_id", String(32), ForeignKey(account.c.id, ondelete="cascade"), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Index(None, "export_id"),
)

"""What is small, concurrent and must never be lost: one list of tables, in SQLite or PostgreSQL."""

from evergrove.ledger.errors import (
    LedgerBusy,
    LedgerExists,
    LedgerFailed,
    LedgerMissing,
    LedgerOutdated,
    LedgerTooNew,
    LedgerUnreachable,
    NoPostgresDriver,
    NoServerExtra,
    NotALedger,
    UnknownLedgerUrl,
    require_server_extra,
)

require_server_extra()  # before an import below would fail in Python's words

from evergrove.ledger.base import metadata  # noqa: E402 - see above
from evergrove.ledger.opening import open_ledger  # noqa: E402 - see above
from evergrove.ledger.rows import create_all, insert_new, upsert  # noqa: E402 - see above
from evergrove.ledger.store import Ledger, database_now  # noqa: E402 - see above
from evergrove.ledger.types import Amount, Document, Instant, RowNumber  # noqa: E402 - see above

__all__ = [
    "Amount",
    "Document",
    "Instant",
    "Ledger",
    "LedgerBusy",
    "LedgerExists",
    "LedgerFailed",
    "LedgerMissing",
    "LedgerOutdated",
    "LedgerTooNew",
    "LedgerUnreachable",
    "NoPostgresDriver",
    "NoServerExtra",
    "NotALedger",
    "RowNumber",
    "UnknownLedgerUrl",
    "create_all",
    "database_now",
    "insert_new",
    "metadata",
    "open_ledger",
    "require_server_extra",
    "upsert",
]

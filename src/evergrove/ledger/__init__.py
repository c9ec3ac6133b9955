"""What is small, concurrent and must never be lost: one list of tables, in SQLite or PostgreSQL."""

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader
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

if TYPE_CHECKING:
    from evergrove.ledger.migration import migrate

require_server_extra()  # before an import below would fail in Python's words

from evergrove.ledger.base import metadata  # noqa: E402 - see above
from evergrove.ledger.check import LedgerDamaged, UnsafeSqlite, check_at_a_glance, check_ledger  # noqa: E402 - see above
from evergrove.ledger.opening import open_ledger  # noqa: E402 - see above
from evergrove.ledger.rows import insert_new, upsert  # noqa: E402 - see above
from evergrove.ledger.schema import check_schema, create_all, newest_schema, schema_of  # noqa: E402 - see above
from evergrove.ledger.store import Ledger, database_now  # noqa: E402 - see above
from evergrove.ledger.types import Amount, Document, Instant, RowNumber  # noqa: E402 - see above

__all__ = [
    "Amount",
    "Document",
    "Instant",
    "Ledger",
    "LedgerBusy",
    "LedgerDamaged",
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
    "UnsafeSqlite",
    "check_at_a_glance",
    "check_ledger",
    "check_schema",
    "create_all",
    "database_now",
    "insert_new",
    "metadata",
    "migrate",
    "newest_schema",
    "open_ledger",
    "require_server_extra",
    "schema_of",
    "upsert",
]

__getattr__ = loader(
    globals(), {"migrate": "evergrove.ledger.migration"}
)  # Alembic costs a third of a second

"""What doctor asks of the ledger itself: is it whole, and is the database under it safe?"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from evergrove.core import EvergroveWarning, _
from evergrove.ledger.errors import LedgerFailed

if TYPE_CHECKING:
    from evergrove.ledger.store import Ledger

EXAMPLES = 3
SMALL = 64 * 2**20
"""Bytes of a file whose pages are looked at in a fraction of a second."""


class LedgerDamaged(EvergroveWarning):
    """Pages or references of the file contradict each other."""

    code = "ledger.damaged"
    message = _("The ledger at {where} is damaged: {reason}.")
    hint = _("Stop all commands and restore the newest backup; keep the damaged file.")


class UnsafeSqlite(EvergroveWarning):
    """This SQLite can lose a commit when two processes move the log into the file at once."""

    code = "ledger.unsafe_sqlite"
    message = _("This Python brings SQLite {version}, which can in rare cases lose a commit.")
    hint = _(
        "Only the command that holds the workspace moves the log, which avoids it; SQLite 3.51.3 mends it."
    )


def is_safe(version: tuple[int, ...]) -> bool:
    """
    Whether a version of SQLite is free of the WAL-reset race.

    Source:
        sqlite.org/wal.html, "The WAL-reset bug": 3.7.0 to 3.51.2, mended in 3.51.3, 3.50.7 and 3.44.6.
    """
    return version >= (3, 51, 3) or any(
        version[:2] == mended[:2] and version >= mended for mended in ((3, 50, 7), (3, 44, 6))
    )


def check_ledger(ledger: Ledger, *, deep: bool = False) -> list[EvergroveWarning]:
    """
    What is wrong with the ledger as such; empty when all is well. Reads the whole of a SQLite file.

    Args:
        ledger: Any; PostgreSQL looks after its own pages.
        deep: Compare every index with its table as well, which takes some times as long.
    """
    if ledger.dialect != "sqlite":
        return []
    found: list[EvergroveWarning] = []
    if faults := _faults(ledger, "integrity_check" if deep else "quick_check"):
        found.append(LedgerDamaged(where=ledger.shown, reason="; ".join(faults)))
    if not is_safe(sqlite3.sqlite_version_info):
        found.append(UnsafeSqlite(version=sqlite3.sqlite_version))
    return found


def check_at_a_glance(ledger: Ledger) -> list[EvergroveWarning]:
    """The same, but that the pages of a large file are not read: for a service's start."""
    if ledger.dialect != "sqlite" or Path(ledger.where).stat().st_size <= SMALL:
        return check_ledger(ledger)
    return [] if is_safe(sqlite3.sqlite_version_info) else [UnsafeSqlite(version=sqlite3.sqlite_version)]


def _faults(ledger: Ledger, check: str) -> list[str]:
    try:
        with ledger.reading() as connection:
            pages = connection.exec_driver_sql(f"pragma {check}({EXAMPLES})").scalars().all()
            references = connection.exec_driver_sql("pragma foreign_key_check").all()
    except LedgerFailed as error:
        return [str(error.params["reason"])]
    return [page for page in pages if page != "ok"] + [
        f"{row[0]} -> {row[2]}" for row in references[:EXAMPLES]
    ]

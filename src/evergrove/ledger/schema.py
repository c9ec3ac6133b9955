"""Which schema a ledger has, and which one this version of Evergrove needs. Asking costs one query."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, String, Table, inspect, select

from evergrove.ledger.base import metadata
from evergrove.ledger.errors import LedgerOutdated, LedgerTooNew

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from evergrove.ledger.store import Ledger

SCRIPTS = Path(__file__).parent / "migrations"
NONE = "0000"
"""The schema of a ledger that no migration has touched."""

VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
"""Alembic's own table: one row, the last step taken."""


def newest_schema(scripts: Path = SCRIPTS) -> str:
    """The last step that this version knows: the files in ``versions/`` are numbered."""
    return max((path.stem.partition("_")[0] for path in scripts.glob("versions/[0-9]*.py")), default=NONE)


def schema_of(connection: Connection) -> str:
    """The last step that a ledger has taken."""
    if not inspect(connection).has_table(VERSION.name):
        return NONE
    return connection.execute(select(VERSION.c.version_num)).scalar() or NONE


def check_schema(ledger: Ledger, scripts: Path = SCRIPTS) -> None:
    """
    Refuse a ledger that this version would misread.

    Raises:
        LedgerOutdated: ``evergrove upgrade`` brings it up to date.
        LedgerTooNew: A newer version wrote it.
    """
    with ledger.reading() as connection:
        found = schema_of(connection)
    known = newest_schema(scripts)
    if found > known:
        raise LedgerTooNew(found=found, known=known)
    if found < known:
        raise LedgerOutdated(found=found, known=known)


def create_all(ledger: Ledger) -> None:
    """
    Make every registered table that is not there yet, as the newest schema has it: quick, for tests.

    What is to be kept gets its tables from ``migrate``.
    """
    with ledger.writing() as connection:
        metadata.create_all(connection)
        if newest_schema() != NONE:
            VERSION.metadata.create_all(connection)
            connection.execute(VERSION.delete())
            connection.execute(VERSION.insert().values(version_num=newest_schema()))

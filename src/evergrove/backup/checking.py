"""Is what was unpacked a workspace that our commands may open? Nothing of it is believed before."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.backup.errors import DamagedBackup
from evergrove.backup.files import named_by
from evergrove.backup.ledger_copy import counts_of, opened_copy
from evergrove.backup.types import LEDGER
from evergrove.core import InputError, Term, _
from evergrove.ledger import LedgerTooNew, newest_schema, open_ledger, schema_of
from evergrove.ledger.migration import climb
from evergrove.pipeline.tables import workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from evergrove.backup.types import Manifest

SHAPE = (
    'select m.name, c.name, c.type, c."notnull", c.pk, c.hidden'
    " from sqlite_master m join pragma_table_xinfo(m.name) c where m.type = 'table' and m.name not like 'sqlite_%'"
)
CODE = "select type, name, tbl_name, sql from sqlite_master where type not in ('table', 'index') or sql like 'create virtual%'"
"""What runs when somebody reads or writes: triggers, views, tables of other modules. Only what our steps made may."""
VERSION = "select version_num from alembic_version"
UNREADABLE = Term(_("its ledger cannot be read"))
STRANGE = Term(_("its ledger holds something that no Evergrove has put there"))
OTHER_CONTENT = Term(_("its ledger does not say what its manifest says"))
OTHER_FILES = Term(_("its ledger names other files than its manifest"))


def check_ledger_file(path: Path, origin: Path) -> str:
    """
    Look at a ledger's file before any of our code opens it.

    Args:
        path: One SQLite file.
        origin: The backup, for the sentence.

    Returns:
        Its schema.

    Raises:
        DamagedBackup: Its pages contradict each other, or it has other triggers, views or tables than its schema.
        LedgerTooNew: A newer version wrote it.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as raw:
            raw.execute("pragma trusted_schema = off")
            raw.execute("pragma cell_size_check = on")
            code = set(raw.execute(CODE).fetchall())
            schema = str(raw.execute(VERSION).fetchone()[0])
            shape = set(raw.execute(SHAPE).fetchall())
            whole = raw.execute("pragma integrity_check(1)").fetchall() == [("ok",)]
    except (sqlite3.Error, TypeError) as error:
        raise DamagedBackup(origin=str(origin), reason=UNREADABLE) from error
    if schema > newest_schema():
        raise LedgerTooNew(found=schema, known=newest_schema())
    if not whole:
        raise DamagedBackup(origin=str(origin), reason=UNREADABLE)
    own_shape, own_code = _made_by_steps(schema)
    if not own_shape <= shape or not code <= own_code:
        raise DamagedBackup(origin=str(origin), reason=STRANGE)
    return schema


@cache
def _made_by_steps(schema: str) -> tuple[frozenset[tuple[object, ...]], frozenset[tuple[object, ...]]]:
    """The columns and the triggers that a ledger of a schema has: by taking the steps to it, once."""
    with TemporaryDirectory(prefix="evergrove-") as folder:
        path = Path(folder) / LEDGER
        made = open_ledger(path, create=True)
        try:
            with made.rebuilding() as connection:
                climb(connection, to=schema)
        finally:
            made.close()
        with closing(sqlite3.connect(path)) as raw:
            return frozenset(raw.execute(SHAPE).fetchall()), frozenset(raw.execute(CODE).fetchall())


def check_unpacked(folder: Path, manifest: Manifest, origin: Path) -> None:
    """
    Does the ledger say what the manifest says, of itself and of the warehouse's files?

    Raises:
        DamagedBackup: It does not, or cannot be read.
        LedgerTooNew: A newer version wrote it.
    """
    if check_ledger_file(folder / LEDGER, origin) != manifest.schema:
        raise DamagedBackup(origin=str(origin), reason=OTHER_CONTENT)
    try:
        with opened_copy(folder / LEDGER) as copied, copied.reading() as connection:
            said = _said(connection)
            named = named_by(connection)
    except (InputError, ValueError, KeyError, TypeError) as error:
        raise DamagedBackup(origin=str(origin), reason=UNREADABLE) from error
    if said != (manifest.workspace, dict(manifest.rows), manifest.schema):
        raise DamagedBackup(origin=str(origin), reason=OTHER_CONTENT)
    if named != tuple(sorted(manifest.warehouse, key=lambda file: (file.path, file.sha256))):
        raise DamagedBackup(origin=str(origin), reason=OTHER_FILES)


def _said(connection: Connection) -> tuple[str, dict[str, int], str]:
    name = connection.execute(select(workspace.c.id)).scalars().all()
    return ",".join(name), counts_of(connection), schema_of(connection)

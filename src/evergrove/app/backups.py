"""Saving a workspace and bringing it back: verbs that open no more of it than they need."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from evergrove import audit, backup
from evergrove.app import tables
from evergrove.app.creation import LEDGER_FILE, SETTINGS_FILE, key_path, usual_key
from evergrove.app.files import silent
from evergrove.app.workspace import LOCK_FILE, NoWorkspace
from evergrove.backup import Secret, Where, newest_noted, secret_from, secret_of
from evergrove.core import SystemClock, sole_owner
from evergrove.ledger import LedgerFailed, newest_schema, open_ledger, schema_of
from evergrove.settings import load_settings

__all__ = [
    "Secret",
    "Where",
    "back_up_workspace",
    "newest_backup",
    "restore_workspace",
    "secret_from",
    "secret_of",
    "upgrade_workspace",
    "verify_backup",
]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from evergrove.core import Clock
    from evergrove.ledger import Ledger
    from evergrove.pipeline import Announce

newest_backup = newest_noted

STATIONS = tables.STATIONS
"""Loaded, so that an upgrade is compared with the tables of every station."""


@contextmanager
def _ledger_of(folder: Path) -> Iterator[Ledger]:
    """The ledger of a workspace, of whichever schema; the key is not needed for it."""
    if not (folder / SETTINGS_FILE).exists():
        raise NoWorkspace(folder=str(folder))
    settings = load_settings(folder / SETTINGS_FILE)
    ledger = open_ledger(settings.workspace.ledger or folder / LEDGER_FILE, any_schema=True)
    try:
        yield ledger
    finally:
        ledger.close()


def back_up_workspace(
    folder: Path, to: Path, clock: Clock | None = None, *, secret: Secret | None = None, by: str = "cli"
) -> tuple[backup.Made, Path]:
    """
    Save a workspace while others go on; what was made, and where the key is that it does not hold.

    Args:
        folder: Of the workspace.
        to: Where the backup goes.
        clock: The machine's clock when left out.
        secret: Encrypts the backup; None: whoever holds it can read what is not personal.
        by: Who makes it, as the audit trail names them.
    """
    now = (clock or SystemClock()).now()
    with _ledger_of(folder) as ledger:
        made = backup.back_up(folder, ledger, to, now, secret=secret)
        _note(ledger, "backup.made", by, now, bytes=made.bytes, encrypted=secret is not None)
    return made, key_path(load_settings(folder / SETTINGS_FILE), made.manifest.workspace)


def _note(ledger: Ledger, act: str, by: str, now: datetime, **params: object) -> None:
    """A ledger of an older schema may have no trail; one on a failing disk is saved all the same: that comes first."""
    with ledger.reading() as connection:
        is_current = schema_of(connection) == newest_schema()
    if is_current:
        with suppress(LedgerFailed), ledger.writing() as connection:
            audit.note(connection, act, by, "workspace", params, at=now)


def restore_workspace(
    origin: Path, where: Where, clock: Clock | None = None, *, secret: Secret | None = None
) -> backup.Restored:
    """Bring a workspace back; nothing leaves it before a person says so (``Workspace.resume``)."""
    return backup.restore(origin, where, (clock or SystemClock()).now(), usual_key, secret=secret)


def verify_backup(
    origin: Path,
    key_file: Path | None = None,
    announce: Announce = silent,
    *,
    secret: Secret | None = None,
) -> backup.Verified:
    """Try a backup out in a folder that goes again."""
    return backup.verify(origin, usual_key, announce, key_file=key_file, secret=secret)


def upgrade_workspace(
    folder: Path, to: Path | None = None, clock: Clock | None = None, *, check: bool = False
) -> tuple[backup.Plan, backup.Made | None]:
    """Bring a workspace up to date, a backup first; with ``check`` only say what would be done."""
    now = (clock or SystemClock()).now()
    with _ledger_of(folder) as ledger:
        plan = backup.plan_upgrade(folder, ledger, now, to)
        if check or not plan.is_due:
            return plan, None
        with sole_owner(folder / LOCK_FILE):
            made = backup.upgrade(folder, ledger, plan, now)
            _note(ledger, "workspace.upgraded", "cli", now, schema_before=plan.found, schema=plan.known)
            return plan, made

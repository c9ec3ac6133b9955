"""Saving a workspace and bringing it back: verbs that open no more of it than they need."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from evergrove import backup
from evergrove.app import tables
from evergrove.app.creation import LEDGER_FILE, SETTINGS_FILE, usual_key
from evergrove.app.files import silent
from evergrove.app.workspace import LOCK_FILE, NoWorkspace, key_path
from evergrove.backup import Where
from evergrove.core import SystemClock, sole_owner
from evergrove.ledger import open_ledger
from evergrove.settings import load_settings

__all__ = ["Where", "back_up_workspace", "restore_workspace", "upgrade_workspace", "verify_backup"]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.core import Clock
    from evergrove.ledger import Ledger
    from evergrove.pipeline import Announce

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


def back_up_workspace(folder: Path, to: Path, clock: Clock | None = None) -> tuple[backup.Made, Path]:
    """Save a workspace while others go on; what was made, and where the key is that it does not hold."""
    with _ledger_of(folder) as ledger:
        made = backup.back_up(folder, ledger, to, (clock or SystemClock()).now())
    return made, key_path(load_settings(folder / SETTINGS_FILE), made.manifest.workspace)


def restore_workspace(origin: Path, where: Where, clock: Clock | None = None) -> backup.Restored:
    """Bring a workspace back."""
    return backup.restore(origin, where, (clock or SystemClock()).now(), usual_key)


def verify_backup(origin: Path, key_file: Path | None = None, announce: Announce = silent) -> backup.Verified:
    """Try a backup out in a folder that goes again."""
    return backup.verify(origin, usual_key, announce, key_file=key_file)


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
            return plan, backup.upgrade(folder, ledger, plan, now)

"""Trying a backup out: everything that a restore does, in a folder that goes again, and more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from evergrove.backup.checking import check_unpacked, decode_all
from evergrove.backup.errors import KeyNotTried, NightDiffers, NotReplayed, SchemaInBackup
from evergrove.backup.ledger_copy import opened_copy
from evergrove.backup.types import LEDGER, SETTINGS, WAREHOUSE
from evergrove.backup.unpacking import unpack
from evergrove.core import EvergroveError, Sentence, _
from evergrove.ledger import migrate, newest_schema
from evergrove.people import open_seal
from evergrove.people.errors import MasterKeyMissing
from evergrove.pipeline import replay_day
from evergrove.settings import load_settings
from evergrove.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from evergrove.backup.types import Manifest
    from evergrove.core import Clock, EvergroveWarning
    from evergrove.ledger import Ledger
    from evergrove.pipeline import Announce
    from evergrove.settings import Settings

CHEAP_ROWS = 300_000
"""Rows of facts up to which a night is computed anew without being asked: some seconds."""
UNPACKING, READING, NIGHT = _("Unpacking"), _("Reading every value"), _("Computing the newest night anew")


@dataclass(frozen=True)
class Verified:
    """
    What trying a backup out has shown.

    Attributes:
        manifest: Of the backup.
        rows: Of all Parquet files, each value decoded.
        replayed: Day of the night that was computed anew and says the same; None: none was, or it differs.
        opens: Whether the master key opens the personal data; None: the key is not at hand.
        warnings: What a person should know.
    """

    manifest: Manifest
    rows: int
    replayed: date | None
    opens: bool | None
    warnings: tuple[EvergroveWarning, ...]


def verify(
    origin: Path,
    clock: Clock,
    usual_key: Callable[[str], Path],
    announce: Announce,
    *,
    key_file: Path | None = None,
) -> Verified:
    """
    Restore a backup into a folder of the system's for temporary files, and look at everything in it.

    Args:
        origin: The backup.
        clock: What time it is.
        usual_key: Where the key of a workspace, by its id, is when nobody says otherwise.
        announce: Told what comes next.
        key_file: The master key; None: where the saved settings say.

    Raises:
        NotABackup, DamagedBackup, UnknownBackupFormat, LedgerTooNew: It cannot be used.
        WrongMasterKey, MasterKeyDamaged: The key that is at hand does not open it.
        NoRoom, NotWrittenBackup: There is no room to try.
    """
    with TemporaryDirectory(prefix="evergrove-verify-") as name:
        draft = Path(name)
        announce(UNPACKING)
        manifest = unpack(origin, draft)
        check_unpacked(draft, manifest, origin)
        announce(READING)
        rows = decode_all(draft, manifest, origin)
        warnings: list[EvergroveWarning] = []
        if manifest.schema != newest_schema():
            warnings.append(SchemaInBackup(found=manifest.schema, known=newest_schema()))
        settings = load_settings(draft / SETTINGS)
        chosen = settings.workspace.key_file
        key = key_file or (Path(chosen) if chosen else usual_key(manifest.workspace))
        with opened_copy(draft / LEDGER) as ledger:
            migrate(ledger)
            opens = _opens(ledger, key, warnings)
            warehouse = Warehouse(draft / WAREHOUSE, ledger, clock)
            replayed = _replayed(ledger, warehouse, settings, announce, warnings)
    return Verified(manifest, rows, replayed, opens, tuple(warnings))


def _opens(ledger: Ledger, key: Path, warnings: list[EvergroveWarning]) -> bool | None:
    try:
        open_seal(ledger, key)
    except MasterKeyMissing:
        warnings.append(KeyNotTried(file=str(key)))
        return None
    return True


def _replayed(
    ledger: Ledger,
    warehouse: Warehouse,
    settings: Settings,
    announce: Announce,
    warnings: list[EvergroveWarning],
) -> date | None:
    run = warehouse.newest("run")
    if run is None or run.as_of is None:
        return None
    rows = sum(made.rows for made in run.tables.values())
    if rows > CHEAP_ROWS:
        said = Sentence(
            "backup.not_cheap", _("it has {rows} {rows:row|rows}, which takes a while"), {"rows": rows}
        )
        warnings.append(NotReplayed(reason=said))
        return None
    announce(NIGHT)
    try:
        found = replay_day(ledger, warehouse, settings, run.as_of, announce)
    except EvergroveError as error:
        warnings.append(NotReplayed(reason=Sentence(error.code, error.message, error.params)))
        return None
    if found.is_equal:
        return run.as_of
    differing = sorted(name for name in found.published if found.published[name] != found.replayed.get(name))
    warnings.append(NightDiffers(as_of=run.as_of, tables=", ".join(differing)))
    return None

"""
Trying a backup out: everything that a restore does, in a folder that goes again, and more.

Its Parquet is decoded by a confined child alone; see ``trial``.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from evergrove.backup.checking import check_unpacked
from evergrove.backup.errors import DamagedBackup, KeyNotTried, NightDiffers, NotReplayed, SchemaInBackup
from evergrove.backup.ledger_copy import opened_copy
from evergrove.backup.types import LEDGER, SETTINGS
from evergrove.backup.unpacking import unpack
from evergrove.core import Sentence, Term, _
from evergrove.core.confinement import Limits, ReaderBroke, TookTooLong, TookTooMuch, run_confined
from evergrove.ledger import migrate, newest_schema
from evergrove.people import open_seal
from evergrove.people.errors import MasterKeyMissing
from evergrove.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evergrove.backup.encryption import Secret
    from evergrove.backup.types import Manifest
    from evergrove.core import EvergroveWarning
    from evergrove.ledger import Ledger
    from evergrove.pipeline import Announce

CHEAP_ROWS = 300_000
"""Rows of facts up to which a night is computed anew without being asked: some seconds."""
UNPACKING, READING = _("Unpacking"), _("Reading every value, and computing the newest night anew")
CHILD = "evergrove.backup.trial"
LIMITS = Limits(memory_mb=4096, seconds=7_200)
COMPUTED_BY = ("EVERGROVE_VALUE_", "EVERGROVE_TIERS_", "EVERGROVE_STAGES_", "EVERGROVE_OUTREACH_")
"""Of the environment what a night is computed by: no password is among it."""
CODE = re.compile(r"[a-z_.0-9]{1,60}")
UNREADABLE = Term(_("its files broke what reads them"))
FAULTS = {
    "not_decoded": Sentence("backup.not_decoded", _("{path} cannot be decoded")),
    "other_rows": Sentence("backup.other_rows", _("{path} has other rows than were written")),
}


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
    usual_key: Callable[[str], Path],
    announce: Announce,
    *,
    key_file: Path | None = None,
    secret: Secret | None = None,
) -> Verified:
    """
    Restore a backup into a folder of the system's for temporary files, and look at everything in it.

    Args:
        origin: The backup.
        usual_key: Where the key of a workspace, by its id, is when nobody says otherwise.
        announce: Told what comes next.
        key_file: The master key; None: where the saved settings say.
        secret: What an encrypted backup opens with.

    Raises:
        PassphraseNeeded, WrongPassphrase: It is encrypted, and does not open.
        NotABackup, DamagedBackup, UnknownBackupFormat, LedgerTooNew: It cannot be used.
        WrongMasterKey, MasterKeyDamaged: The key that is at hand does not open it.
        NoRoom, NotWrittenBackup: There is no room to try.
    """
    with TemporaryDirectory(prefix="evergrove-verify-") as name:
        draft = Path(name)
        announce(UNPACKING)
        manifest = unpack(origin, draft, secret)
        check_unpacked(draft, manifest, origin)
        warnings: list[EvergroveWarning] = []
        if manifest.schema != newest_schema():
            warnings.append(SchemaInBackup(found=manifest.schema, known=newest_schema()))
        settings = load_settings(draft / SETTINGS)
        chosen = settings.workspace.key_file
        key = key_file or (Path(chosen) if chosen else usual_key(manifest.workspace))
        with opened_copy(draft / LEDGER) as ledger:
            migrate(ledger)
            opens = _opens(ledger, key, warnings)
        announce(READING)
        rows, replayed = _tried(draft, manifest, origin, warnings)
    return Verified(manifest, rows, replayed, opens, tuple(warnings))


def _opens(ledger: Ledger, key: Path, warnings: list[EvergroveWarning]) -> bool | None:
    try:
        open_seal(ledger, key)
    except MasterKeyMissing:
        warnings.append(KeyNotTried(file=str(key)))
        return None
    return True


def _tried(
    draft: Path, manifest: Manifest, origin: Path, warnings: list[EvergroveWarning]
) -> tuple[int, date | None]:
    """What a confined child says of the files: their rows, and the night that came out equal."""
    request = {
        "folder": str(draft),
        "files": [[file.path, file.rows] for file in manifest.warehouse],
        "limits": vars(LIMITS),
        "most_rows": CHEAP_ROWS,
        "environment": {name: value for name, value in os.environ.items() if name.startswith(COMPUTED_BY)},
    }
    try:
        answer = json.loads(
            run_confined(CHILD, [], file=origin.name, limits=LIMITS, given=json.dumps(request))
        )
        if "faulty" not in answer:
            return int(answer["rows"]), _night(answer, warnings)
        path, why = manifest.warehouse[answer["faulty"]].path, FAULTS[answer["why"]]
    except (ReaderBroke, TookTooLong, TookTooMuch) as error:
        raise DamagedBackup(origin=str(origin), reason=UNREADABLE) from error
    except (ValueError, KeyError, TypeError, IndexError) as error:  # whoever it was that answered
        raise DamagedBackup(origin=str(origin), reason=UNREADABLE) from error
    raise DamagedBackup(origin=str(origin), reason=replace(why, params={"path": path}))


def _night(answer: Mapping[str, Any], warnings: list[EvergroveWarning]) -> date | None:
    if "too_many" in answer:
        params = {"rows": int(answer["too_many"])}
        said = Sentence("backup.not_cheap", _("it has {rows} {rows:row|rows}, which takes a while"), params)
        warnings.append(NotReplayed(reason=said))
    elif "refused" in answer:
        said = Sentence("backup.refused", _("it ended with {code}"), {"code": _code(answer["refused"])})
        warnings.append(NotReplayed(reason=said))
    elif "night" in answer:
        as_of = date.fromisoformat(answer["night"])
        tables = ", ".join(map(_code, answer["differing"]))
        if not tables:
            return as_of
        warnings.append(NightDiffers(as_of=as_of, tables=tables))
    return None


def _code(text: str) -> str:
    """A code or the name of a table; ValueError: it is neither."""
    if not CODE.fullmatch(text):
        raise ValueError(text)
    return text

"""What a backup says of itself, and the names that may stand in one."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from evergrove.backup.errors import DamagedBackup, NotABackup, UnknownBackupFormat
from evergrove.core import Term, _

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = "evergrove.backup/1"
MANIFEST, SETTINGS, LEDGER, WAREHOUSE = "manifest.json", "evergrove.toml", "ledger.sqlite", "warehouse"
"""Names in a backup; but for the manifest they are those of a workspace, into which it is unpacked."""
MOST_MANIFEST = 64 * 2**20
MOST_FILES = 500_000
MOST_SETTINGS = 2**20
_TABLE_FILE = re.compile(rf"{WAREHOUSE}/[a-z][a-z0-9_]{{0,30}}/\d{{8}}T\d{{6}}-[0-9a-f]{{32}}\.parquet")
_DIGEST = re.compile("[0-9a-f]{64}")
_ID = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class SavedFile:
    """
    One file of a backup.

    Attributes:
        path: In the backup, with slashes.
        sha256: Of its bytes.
        bytes: Its size.
        rows: Of a Parquet file; None for the others.
    """

    path: str
    sha256: str
    bytes: int
    rows: int | None = None


@dataclass(frozen=True)
class Manifest:
    """
    What a backup holds.

    Attributes:
        workspace: Its id, which copies keep.
        made_at: The moment at which the ledger was copied: that is the state which a restore brings back.
        dialect: Where the ledger was kept; in the backup it is a SQLite file in any case.
        schema: The ledger's.
        rows: Of each table of the ledger.
        files: All files but the manifest itself, the settings and the ledger first.
        night: Day of the newest run; None before the first.
        versions: Of what wrote it, by name.
    """

    workspace: str
    made_at: datetime
    dialect: str
    schema: str
    rows: Mapping[str, int]
    files: tuple[SavedFile, ...]
    night: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Of all files together."""
        return sum(file.bytes for file in self.files)

    @property
    def warehouse(self) -> tuple[SavedFile, ...]:
        """The Parquet files."""
        return tuple(file for file in self.files if file.rows is not None)

    def written(self) -> bytes:
        """The manifest as it stands in a backup: JSON that holds its own digest."""
        said = {"format": FORMAT, **asdict(self), "made_at": self.made_at.isoformat()}
        said["personal_data"] = "sealed; they open with the master key only, which is not in this backup"
        return (json.dumps({**said, "digest": _digest(said)}, ensure_ascii=False, indent=1) + "\n").encode()


def manifest_from(content: bytes, origin: Path) -> Manifest:
    """
    The manifest that was written, each of its words looked at: nothing else of a backup is trusted before it.

    Raises:
        NotABackup: It is something else.
        UnknownBackupFormat: Another version's.
        DamagedBackup: It is not what was written, or names files that no backup holds.
    """
    try:
        said: dict[str, Any] = json.loads(content)
        form = str(said.get("format", ""))
    except (ValueError, RecursionError, AttributeError) as error:
        raise NotABackup(origin=str(origin), reason=Term(_("its manifest cannot be read"))) from error
    if not form.startswith("evergrove.backup/"):
        raise NotABackup(origin=str(origin), reason=Term(_("its manifest cannot be read")))
    if form != FORMAT:
        raise UnknownBackupFormat(origin=str(origin), found=form, known=FORMAT)
    damaged = DamagedBackup(origin=str(origin), reason=Term(_("its manifest is not what was written")))
    if said.pop("digest", None) != _digest(said):
        raise damaged
    try:
        manifest = _read(said)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged from error
    if not _is_allowed(manifest):
        raise DamagedBackup(
            origin=str(origin), reason=Term(_("its manifest names files that no backup holds"))
        )
    return manifest


def _read(said: Mapping[str, Any]) -> Manifest:
    files = tuple(
        SavedFile(str(each["path"]), str(each["sha256"]), int(each["bytes"]), _count(each["rows"]))
        for each in said["files"]
    )
    night = said["night"]
    return Manifest(
        workspace=str(said["workspace"]),
        made_at=_moment(str(said["made_at"])),
        dialect=str(said["dialect"]),
        schema=str(said["schema"]),
        rows={str(name): int(rows) for name, rows in said["rows"].items()},
        files=files,
        night=None if night is None else str(night),
        versions={str(name): str(text) for name, text in said["versions"].items()},
    )


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def _count(rows: Any) -> int | None:
    return None if rows is None else int(rows)


def _is_allowed(manifest: Manifest) -> bool:
    """Only our names, each once, no size below nothing: a path that leaves the folder cannot even be said."""
    names = [file.path for file in manifest.files]
    return (
        names[:2] == [SETTINGS, LEDGER]
        and len(set(names)) == len(names) <= MOST_FILES
        and all(_TABLE_FILE.fullmatch(name) for name in names[2:])
        and all((file.rows is None) == (file.path in {SETTINGS, LEDGER}) for file in manifest.files)
        and all(file.bytes >= 0 and _DIGEST.fullmatch(file.sha256) for file in manifest.files)
        and manifest.files[0].bytes <= MOST_SETTINGS
        and _ID.fullmatch(manifest.workspace) is not None
        and re.fullmatch(r"\d{4}", manifest.schema) is not None
    )


def _digest(said: Mapping[str, Any]) -> str:
    canonical = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()

"""The audit trail of a workspace: sealed each minute, shown, walked along, and its head kept outside of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields
from datetime import UTC
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from evergrove import audit
from evergrove.app.creation import key_path
from evergrove.core import EvergroveError, EvergroveWarning, Sentence, _
from evergrove.outbox import instance_of
from evergrove.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from evergrove.app.workspace import Workspace


SECTIONS = tuple(each.name for each in fields(Settings))
SETTINGS_ACT = "settings.changed"


class HeadNotKept(EvergroveWarning):
    """The head of the audit trail could not be put where it is kept."""

    code = "app.head_not_kept"
    message = _("The head of the audit trail was not written to {file}: {reason}")
    hint = _("Until it is, rows that are cut off at the end of the trail would not be missed.")


def head_file(here: Workspace) -> Path:
    """Where the head is put when nobody says otherwise: beside the key, each copy's in a file of its own."""
    return audit.head_beside(key_path(here.settings, here.id), _copy_of(here))


def _copy_of(here: Workspace) -> str:
    """Which copy this is, by where it lies and by the restore that made it: eight digits."""
    with here.ledger.reading() as connection:
        found = instance_of(connection)
    told = f"{here.folder.resolve()}\n{found.id if found else ''}"
    return sha256(told.encode(errors="surrogateescape")).hexdigest()[:8]


def known_head(here: Workspace) -> audit.Head | None:
    """The head that is kept beside the key; None where there is none, or where nothing can be read."""
    with suppress(EvergroveError):
        return audit.read_head(head_file(here), here.id)
    return None


def keep_head(here: Workspace) -> tuple[EvergroveWarning, ...]:
    """
    Seal what waits and put the head where it is kept: beside the key, and into the folder that the settings name.

    Done at each run, and once a day by a service. What cannot be written stops neither; it is told.
    """
    return tuple(_kept(here, here.clock.now()))


def note_settings(here: Workspace) -> None:
    """
    Note which sections of the settings are others than when this was last done; nothing where none is.

    Settings are a file, and who edits it acts past us: what is noted is that it changed, seen at the next run or the
    next day. Of values only a keyed hash is kept, as there are passwords in addresses of databases.
    """
    now = {name: here.seal.hash("settings", repr(getattr(here.settings, name)))[:16] for name in SECTIONS}
    with here.ledger.writing() as connection:
        last = audit.entries(connection, 1, act=SETTINGS_ACT)
        changed = [name for name in SECTIONS if last and last[0].params.get(name) != now[name]]
        if changed or not last:
            told = {**now, "changed": changed}
            audit.note(connection, SETTINGS_ACT, "file:evergrove.toml", "settings", told, at=here.clock.now())


def _kept(here: Workspace, now: datetime) -> Iterator[EvergroveWarning]:
    note_settings(here)
    audit.seal(here.ledger)
    for path in _places(here, now):
        try:
            audit.export_head(here.ledger, path, here.id, now)
        except EvergroveError as error:
            reason = Sentence(error.code, error.message, error.params)
            yield HeadNotKept(file=str(path), reason=reason)


def _places(here: Workspace, now: datetime) -> list[Path]:
    """The file beside the key, and today's in the folder: an older day's is never touched again."""
    places, folder = [head_file(here)], here.settings.audit.head_folder
    if folder:
        name = f"{here.id[:8]}-{_copy_of(here)}-{now.astimezone(UTC):%Y-%m-%d}{audit.HEAD_ENDING}"
        places.append(Path(folder) / name)
    return places


def tend(here: Workspace) -> tuple[EvergroveWarning, ...]:
    """
    Seal what was noted, and keep the head if that was not done today: for a service to call each minute.

    Any number of processes may; several at once make one chain.
    """
    audit.seal(here.ledger)
    now = here.clock.now()
    last = audit.exported_at(_places(here, now)[-1])
    is_todays = last is not None and last.astimezone(UTC).date() >= now.astimezone(UTC).date()
    return () if is_todays else keep_head(here)


def export_head(here: Workspace, to: Path | None = None, *, replace: bool = False) -> tuple[audit.Head, Path]:
    """Seal what waits and put the head into a file; the head, and where it is."""
    path = to or head_file(here)
    return audit.export_head(here.ledger, path, here.id, here.clock.now(), replace=replace), path


def verify(here: Workspace, head: Path | None = None) -> tuple[audit.Verdict, Path | None]:
    """Walk along the trail; what was found, and with which exported head it was compared, if there is one."""
    usual = head_file(here)
    path = head or (usual if usual.exists() else None)
    exported = audit.read_head(path, here.id) if path else None
    with here.ledger.reading() as connection:
        return audit.verify(connection, exported), path


def entries(
    here: Workspace,
    limit: int,
    *,
    act: str = "",
    who: str = "",
    what: str = "",
    before: int | None = None,
) -> list[audit.AuditRow]:
    """The newest rows, newest first; of a page that follows, those before an id."""
    with here.ledger.reading() as connection:
        return audit.entries(connection, limit, act=act, who=who, what=what, before=before)


def head(here: Workspace) -> audit.Head:
    """The last sealed row."""
    with here.ledger.reading() as connection:
        return audit.head_of(connection)

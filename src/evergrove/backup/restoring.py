"""Bringing a workspace back: checked before it is believed, whole or not at all, and nobody erased comes back."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from evergrove import access, audit
from evergrove.backup.checking import check_unpacked
from evergrove.backup.erasures import Erasures, erase_again, erased_in, list_beside, read_erasures
from evergrove.backup.errors import (
    FolderTaken,
    LedgerElsewhere,
    LedgerNotEmpty,
    LedgerNotNamed,
    NoErasures,
    NotWrittenBackup,
    OtherWorkspace,
)
from evergrove.backup.files import UNFINISHED, draft_beside, flush_tree
from evergrove.backup.ledger_copy import fill_server, opened_copy
from evergrove.backup.settings_text import with_setting
from evergrove.backup.types import LEDGER, SETTINGS, WAREHOUSE
from evergrove.backup.unpacking import unpack
from evergrove.campaigns.tables import playbook
from evergrove.core import EvergroveError, flush_folder, reason_of, sole_owner
from evergrove.core.failpoints import failpoint
from evergrove.core.platform import swap
from evergrove.ledger import LedgerExists, UnknownLedgerUrl, migrate, open_ledger
from evergrove.outbox import OUTBOX, begin_instance
from evergrove.people import open_seal
from evergrove.pipeline.tables import workspace
from evergrove.settings import load_settings
from evergrove.warehouse.durable import flush_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.backup.encryption import Secret
    from evergrove.backup.types import Manifest
    from evergrove.core import EvergroveWarning

SQLITE = "sqlite"
LOCK, INBOX = "workspace.lock", "inbox"
LEDGER_VARIABLE = "EVERGROVE_WORKSPACE_LEDGER"
PAUSED = "campaigns.paused"


@dataclass(frozen=True)
class Where:
    """
    Where things go, and what of the old is replaced.

    Attributes:
        folder: Of the restored workspace.
        ledger: URL of an empty PostgreSQL database, or "sqlite"; empty: as it was, where that is SQLite.
        key_file: The master key; None: where the saved settings say.
        tombstones: A list of the erased beside the one that lies by the key.
        force: Put it in the place of the workspace that is there, which is kept beside.
    """

    folder: Path
    ledger: str = ""
    key_file: Path | None = None
    tombstones: Path | None = None
    force: bool = False


@dataclass(frozen=True)
class Restored:
    """
    A workspace that is back.

    Attributes:
        manifest: Of the backup.
        folder: Where it is.
        kept: Where the one that was there is now; None: there was none.
        erased: Customers erased again.
        paused: Playbooks that rest until a person starts them.
        withdrawn: Messages that were waiting and will not leave.
        instance: Which copy it is now: nothing leaves it before a person confirms that.
        keys: Keys of programs that were revoked.
        warnings: What a person should know.
    """

    manifest: Manifest
    folder: Path
    kept: Path | None
    erased: int
    paused: tuple[str, ...]
    withdrawn: int
    instance: str
    keys: int
    warnings: tuple[EvergroveWarning, ...]


def restore(
    origin: Path,
    where: Where,
    now: datetime,
    usual_key: Callable[[str], Path],
    *,
    secret: Secret | None = None,
) -> Restored:
    """
    Bring a workspace back from a backup.

    Nothing leaves it before a person says so: what was sent since the backup the restored ledger does not know, so
    playbooks rest, waiting messages are taken back, and the copy is at rest towards the outside (``outbox.instance``).
    Log-ins, links and known devices are gone and keys are revoked: those that ended since would be alive again.

    Args:
        origin: The backup.
        where: Where things go.
        now: The present moment.
        usual_key: Where the key of a workspace, by its id, is when nobody says otherwise.
        secret: What an encrypted backup opens with.

    Raises:
        PassphraseNeeded, WrongPassphrase: It is encrypted, and does not open.
        FolderTaken, OtherWorkspace, LedgerNotNamed, LedgerNotEmpty, LedgerElsewhere: It cannot go there.
        NotABackup, DamagedBackup, UnknownBackupFormat, LedgerTooNew: It cannot be used.
        MasterKeyMissing, WrongMasterKey, ErasuresUnreadable: It would not open, or would bring somebody back.
        InUse: Another command is at work in the workspace that would be replaced.
        NoRoom, NotWrittenBackup: The disk has no room, or refuses.
    """
    folder = where.folder.absolute()
    taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    if taken and not where.force:
        raise FolderTaken(folder=str(where.folder))
    try:
        with draft_beside(folder) as draft, ExitStack() as held:
            old = held.enter_context(_old(folder, origin)) if taken else None
            manifest = unpack(origin, draft, secret)
            check_unpacked(draft, manifest, origin)
            if old and old.id and old.id != manifest.workspace:
                raise OtherWorkspace(folder=str(where.folder), origin=str(origin))
            url = _settled(origin, draft, manifest, where)
            chosen = load_settings(draft / SETTINGS).workspace.key_file
            key = Path(chosen) if chosen else usual_key(manifest.workspace)
            done = _made_safe(draft, manifest, where, key, old, now)
            _finish(draft, url)
            kept = _put_in_place(draft, folder, now, replaces=taken)
    except OSError as error:
        raise NotWrittenBackup(to=str(folder), reason=reason_of(error)) from error
    return Restored(manifest, where.folder, kept, **vars(done))


@dataclass(frozen=True)
class _Old:
    """The workspace to be replaced."""

    id: str
    erased: Erasures


@contextmanager
def _old(folder: Path, origin: Path) -> Iterator[_Old]:
    """Nobody else is at work in it meanwhile, and it is read for who was erased."""
    if not (folder / SETTINGS).is_file():
        raise OtherWorkspace(folder=str(folder), origin=str(origin))
    with sole_owner(folder / LOCK):
        yield _read_old(folder)


def _read_old(folder: Path) -> _Old:
    """A ledger that is lost or damaged tells nothing: that may be why it is replaced. The list by the key remains."""
    try:
        ledger = open_ledger(load_settings(folder / SETTINGS).workspace.ledger or folder / LEDGER)
    except EvergroveError:
        return _Old("", Erasures())
    try:
        with ledger.reading() as connection:
            name = connection.execute(select(workspace.c.id)).scalar()
            return _Old(str(name or ""), erased_in(connection))
    except EvergroveError:
        return _Old("", Erasures())
    finally:
        ledger.close()


def _settled(origin: Path, draft: Path, manifest: Manifest, where: Where) -> str:
    """
    Say in the restored settings where the ledger and the key are now.

    Returns:
        URL of the PostgreSQL database; empty: SQLite in the folder.
    """
    told = os.environ.get(LEDGER_VARIABLE, "")
    choice = where.ledger or told or (SQLITE if manifest.dialect == SQLITE else "")
    if not choice:
        raise LedgerNotNamed(origin=str(origin))
    url = "" if choice == SQLITE else choice
    if told not in ("", url):
        raise LedgerElsewhere(variable=LEDGER_VARIABLE)
    if url and not url.startswith("postgres"):
        raise UnknownLedgerUrl(url=url.partition(":")[0])
    path = draft / SETTINGS
    text = path.read_text(encoding="utf-8")
    if load_settings(path, {}).workspace.ledger != url:
        text = with_setting(text, "ledger", url, origin)
    if where.key_file:
        text = with_setting(text, "key_file", str(where.key_file.absolute()), origin)
    path.write_text(text, encoding="utf-8")
    return url


@dataclass(frozen=True)
class _Safe:
    """What was done to a restored ledger; the fields are those of ``Restored``."""

    erased: int
    paused: tuple[str, ...]
    withdrawn: int
    instance: str
    keys: int
    warnings: tuple[EvergroveWarning, ...]


def _made_safe(
    draft: Path, manifest: Manifest, where: Where, key: Path, old: _Old | None, now: datetime
) -> _Safe:
    """Bring the ledger up to date, erase again whoever was erased since, and let nothing leave by itself."""
    warnings: list[EvergroveWarning] = []
    with opened_copy(draft / LEDGER) as ledger:
        migrate(ledger)
        seal = open_seal(ledger, key)
        found = old.erased if old else Erasures()
        lists = [path for path in (list_beside(key), where.tombstones) if path]
        for path in lists:
            if path.exists() or path == where.tombstones:
                found |= read_erasures(path, manifest.workspace, seal)
            elif not where.tombstones and not (old and old.id):
                warnings.append(NoErasures(file=str(path), made_at=f"{manifest.made_at:%Y-%m-%d %H:%M} UTC"))
        erased = erase_again(ledger, found, now)
        with ledger.writing() as connection:
            paused, withdrawn = _let_rest(connection, now)
            copied = begin_instance(connection, manifest.made_at, now)
            keys = access.shut_out(connection, now)
            said = {"instance": copied.id, "made_at": manifest.made_at.isoformat(), "keys_revoked": keys}
            lost = _head_lost(connection, key, manifest.workspace)
            audit.note(connection, "backup.restored", "cli", "workspace", said | lost, at=now)
    return _Safe(erased, paused, withdrawn, copied.id, keys, tuple(warnings))


def _head_lost(connection: Connection, key: Path, workspace_id: str) -> dict[str, str | int]:
    """The longest chain that was kept of this workspace, if this one lacks its end: what was done since the backup."""
    former = audit.newest_beside(key, workspace_id)
    if former is None or not audit.lost_since(connection, former):
        return {}
    return {"lost_head_seq": former.seq, "lost_head_hash": former.hash}


def _let_rest(connection: Connection, now: datetime) -> tuple[tuple[str, ...], int]:
    """Messages that a worker had taken but not begun to send are taken back as well."""
    started = playbook.c.state == "started"
    keys = tuple(connection.execute(select(playbook.c.key).where(started).order_by(playbook.c.key)).scalars())
    connection.execute(update(playbook).where(started).values(state="paused"))
    waiting = OUTBOX.c.state.in_(("queued", "claimed"))
    free = {"claimed_by": None, "lease_until": None}
    taken = update(OUTBOX).where(waiting).values(state="skipped", reason=PAUSED, settled_at=now, **free)
    return keys, connection.execute(taken).rowcount


def _finish(draft: Path, url: str) -> None:
    """Move the ledger to its server, if it has one, and have everything on the disk."""
    if url:
        try:
            ledger = open_ledger(url, create=True)
        except LedgerExists as error:
            raise LedgerNotEmpty(where=error.params["where"]) from error
        try:
            fill_server(ledger, draft / LEDGER)
        finally:
            ledger.close()
        (draft / LEDGER).unlink()
    for name in (WAREHOUSE, INBOX):
        (draft / name).mkdir(mode=0o700, exist_ok=True)
    for name in (SETTINGS, LEDGER):
        if (draft / name).exists():
            flush_file(draft / name)
    flush_tree(draft)
    failpoint("backup.restored")


def _put_in_place(draft: Path, folder: Path, now: datetime, *, replaces: bool) -> Path | None:
    """
    Give the restored workspace its name, in one step where the system can exchange two folders.

    Returns:
        Where the workspace is that was there.
    """
    if not replaces:
        draft.rename(folder)
        kept = None
    else:
        kept = _free_name(folder, now)
        if swap(draft, folder):
            draft.rename(kept)
        else:
            folder.rename(kept)
            draft.rename(folder)
    flush_folder(folder.parent)
    (folder / UNFINISHED).unlink(missing_ok=True)
    return kept


def _free_name(folder: Path, now: datetime) -> Path:
    first = folder.with_name(f"{folder.name}.before-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    if not first.exists():
        return first
    return next(path for n in count(2) if not (path := first.with_name(f"{first.name}-{n}")).exists())

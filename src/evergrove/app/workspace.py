"""A workspace is a folder: settings, ledger, warehouse. Made once, opened by every command that needs it."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.core import InputError, SystemClock, _, configuration_folder, sole_owner
from evergrove.ledger import migrate, open_ledger
from evergrove.people import new_master_key, open_seal
from evergrove.pipeline.tables import workspace as workspace_row
from evergrove.settings import Settings, load_settings
from evergrove.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.core import Clock
    from evergrove.ledger import Ledger
    from evergrove.people import Seal

SETTINGS_FILE = "evergrove.toml"
LEDGER_FILE = "ledger.sqlite"
LOCK_FILE = "workspace.lock"
FORMAT = "evergrove.workspace/1"


class NoWorkspace(InputError):
    """The folder is no workspace."""

    code = "app.no_workspace"
    message = _("{folder} is not a workspace: it holds no evergrove.toml.")
    hint = _("Make one with evergrove init {folder}, or name another with -w.")


class FolderInUse(InputError):
    """A new workspace needs a folder of its own."""

    code = "app.folder_in_use"
    message = _("{folder} is not empty, so no workspace was made in it.")
    hint = _("Name a folder that is empty or does not exist yet.")


@dataclass(frozen=True)
class Workspace:
    """
    An open workspace: everything a verb may need, and nothing decided yet.

    Attributes:
        folder: Where it lies.
        id: Its own name, kept by copies.
        settings: From evergrove.toml and the environment.
        ledger: Small, concurrent, never lost.
        warehouse: Facts and published results.
        seal: Opens and closes personal data.
        clock: What time it is.
    """

    folder: Path
    id: str
    settings: Settings
    ledger: Ledger
    warehouse: Warehouse
    seal: Seal
    clock: Clock

    @contextmanager
    def alone(self) -> Iterator[None]:
        """
        Be the only process that changes facts or results.

        Raises:
            InUse: Another one is at work.
        """
        with sole_owner(self.folder / LOCK_FILE):
            yield


def create_workspace(
    folder: Path,
    *,
    chosen: dict[str, dict[str, str]],
    key_file: Path | None = None,
    clock: Clock | None = None,
) -> Path:
    """
    Make a new workspace: whole, or not at all.

    Args:
        folder: Empty or not there yet.
        chosen: Section -> setting -> text, written into evergrove.toml.
        key_file: Where the master key of personal data goes; None: the user's configuration folder. It must
            lie outside the workspace: a copy of the folder alone opens nothing.
        clock: The machine's clock when left out.

    Returns:
        Where the master key is.

    Raises:
        FolderInUse: The folder holds something.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUse(folder=str(folder))
    name = secrets.token_hex(16)
    key = (key_file or configuration_folder() / "keys" / f"{name}.key").absolute()
    chosen = chosen | {"workspace": chosen.get("workspace", {}) | {"key_file": str(key)}}
    url = chosen["workspace"].get("ledger", "")
    new = folder.absolute().with_name(f".{folder.absolute().name}.new-{name[:8]}")
    new.mkdir(parents=True)
    (new / "warehouse").mkdir()
    (new / "inbox").mkdir()
    new_master_key(key)
    ledger = open_ledger(url or new / LEDGER_FILE, create=True)
    try:
        migrate(ledger)
        with ledger.writing() as connection:
            born = (clock or SystemClock()).now()
            connection.execute(workspace_row.insert().values(id=name, format=FORMAT, created_at=born))
    finally:
        ledger.close()
    (new / SETTINGS_FILE).write_text(_settings_text(chosen), encoding="utf-8")
    if folder.exists():
        folder.rmdir()
    new.rename(folder)
    return key


def _settings_text(chosen: dict[str, dict[str, str]]) -> str:
    lines = ["# Settings of this workspace; docs/reference/settings.md lists them all, with their defaults."]
    for section, values in chosen.items():
        lines += ["", f"[{section}]", *(f"{name} = {_quoted(value)}" for name, value in values.items())]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@contextmanager
def open_workspace(folder: Path, clock: Clock | None = None) -> Iterator[Workspace]:
    """
    Open a workspace for the length of a ``with`` block.

    Raises:
        NoWorkspace: The folder is none.
        InputError: Settings, ledger or key cannot be used; the subclass says which and what to do.
    """
    if not (folder / SETTINGS_FILE).exists():
        raise NoWorkspace(folder=str(folder))
    settings = load_settings(folder / SETTINGS_FILE)
    clock = clock or SystemClock()
    ledger = open_ledger(settings.workspace.ledger or folder / LEDGER_FILE)
    try:
        with ledger.reading() as connection:
            name = str(connection.execute(select(workspace_row.c.id)).scalar_one())
        yield Workspace(
            folder=folder,
            id=name,
            settings=settings,
            ledger=ledger,
            warehouse=Warehouse(folder / "warehouse", ledger, clock),
            seal=open_seal(ledger, Path(settings.workspace.key_file)),
            clock=clock,
        )
    finally:
        ledger.close()

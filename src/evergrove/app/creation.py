"""Making a workspace: a folder with settings, a ledger and a warehouse; whole, or not at all."""

from __future__ import annotations

import json
import secrets
from contextlib import ExitStack
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

from evergrove.campaigns import install_playbooks
from evergrove.core import InputError, SystemClock, _, configuration_folder, write_private
from evergrove.ledger import migrate, open_ledger
from evergrove.people import new_master_key
from evergrove.pipeline.tables import workspace as workspace_row

if TYPE_CHECKING:
    from evergrove.core import Clock
    from evergrove.settings import Settings

SETTINGS_FILE = "evergrove.toml"
LEDGER_FILE = "ledger.sqlite"
FORMAT = "evergrove.workspace/1"


class FolderInUse(InputError):
    """A new workspace needs a folder of its own."""

    code = "app.folder_in_use"
    message = _("{folder} is not empty, so no workspace was made in it.")
    hint = _("Name a folder that is empty or does not exist yet.")


class KeyInside(InputError):
    """The master key would lie in the folder whose personal data it seals."""

    code = "app.key_inside"
    message = _("The key {file} would lie in the workspace {folder} itself.")
    hint = _("Name a file outside of it: then a copy of the folder alone opens no personal data.")


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
        KeyInside: The key would lie in the folder.
        InputError: The key cannot be written, or the ledger not be made; the subclass says why.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUse(folder=str(folder))
    name = secrets.token_hex(16)
    key = (key_file or usual_key(name)).absolute()
    if key.resolve().is_relative_to(folder.resolve()):
        raise KeyInside(file=str(key), folder=str(folder))
    chosen = chosen | {"workspace": chosen.get("workspace", {}) | {"key_file": str(key)}}
    whole = folder.absolute()
    draft = whole.with_name(f".{whole.name}.new-{name[:8]}")
    with ExitStack() as undone:
        undone.callback(rmtree, draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        for part in ("warehouse", "inbox"):
            (draft / part).mkdir(mode=0o700)
        new_master_key(key)
        undone.callback(key.unlink)
        _fill_ledger(chosen["workspace"].get("ledger") or draft / LEDGER_FILE, name, clock or SystemClock())
        write_private(draft / SETTINGS_FILE, _settings_text(chosen))
        _move(draft, whole)
        undone.pop_all()
    return key


def usual_key(name: str) -> Path:
    """Where a workspace's master key is when nobody says otherwise."""
    return configuration_folder() / "keys" / f"{name}.key"


def key_path(settings: Settings, name: str) -> Path:
    """Where the master key of a workspace is."""
    return Path(settings.workspace.key_file) if settings.workspace.key_file else usual_key(name)


def _fill_ledger(where: str | Path, name: str, clock: Clock) -> None:
    """All tables, the workspace's own row, and the playbooks as drafts."""
    ledger = open_ledger(where, create=True)
    try:
        migrate(ledger)
        with ledger.writing() as connection:
            born = clock.now()
            connection.execute(workspace_row.insert().values(id=name, format=FORMAT, created_at=born))
            install_playbooks(connection, born)
    finally:
        ledger.close()


def _move(draft: Path, folder: Path) -> None:
    """Give a draft its name. A folder that is there stays the same one: somebody may stand in it."""
    if not folder.exists():
        draft.rename(folder)
        return
    for part in sorted(draft.iterdir(), key=lambda path: path.name == SETTINGS_FILE):
        part.rename(folder / part.name)  # what makes it a workspace comes last
    draft.rmdir()


def _settings_text(chosen: dict[str, dict[str, str]]) -> str:
    lines = ["# Settings of this workspace; docs/reference/settings.md lists them all, with their defaults."]
    for section, values in chosen.items():
        lines += ["", f"[{section}]", *(f"{name} = {_quoted(value)}" for name, value in values.items())]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML string on one line: JSON's, which leaves DEL as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

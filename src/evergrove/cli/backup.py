"""``evergrove backup``: the workspace in one file, as it is at this moment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evergrove import app
from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.secrets import Asked, FromFile, given
from evergrove.cli.workspace import beside_work, say_next
from evergrove.core import _
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.backup import Made

DONE = _(
    "Backup written to {to}: {files} {files:file|files}, {size} MB, ledger of schema {schema}, newest night as of {night}."
)
NO_NIGHT = _(
    "Backup written to {to}: {files} {files:file|files}, {size} MB, ledger of schema {schema}, no night yet."
)
KEY = _(
    "Personal data in it are sealed, and the key {key} is not in it: without that key nobody can open them. Keep a copy of the key, and of the list of erasures beside it, elsewhere."
)
ENCRYPTED = _("It is encrypted: keep the passphrase or key elsewhere too, for nobody can open it without.")
MB = 2**20


def backup(
    to: Annotated[
        Path,
        typer.Argument(
            help="A new .tar.zst or .tar, a new folder, or an existing folder that holds backups by their moment."
        ),
    ],
    passphrase: Asked = False,
    passphrase_file: FromFile = None,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Save the workspace as it is at this moment; other commands may go on meanwhile."""
    with beside_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as terminal:
        secret = given(terminal, asked=passphrase, file=passphrase_file, twice=True)
        made, key = app.backups.back_up_workspace(workspace, to, secret=secret)
        formats, manifest = Formats(terminal.language), made.manifest
        said = {
            "to": str(made.to),
            "files": formats.number(len(manifest.files)),
            "size": formats.number(made.bytes / MB, 1),
            "schema": manifest.schema,
        }
        if manifest.night:
            terminal.say(formats.say(DONE, **said, night=manifest.night))
        else:
            terminal.say(formats.say(NO_NIGHT, **said))
        terminal.say(formats.say(KEY, key=str(key)))
        if secret is not None:
            terminal.say(formats.say(ENCRYPTED))
        again = f" --passphrase-file {passphrase_file}" if passphrase_file else " --passphrase"
        say_next(terminal, HERE, f"restore {made.to} --verify{again if secret is not None else ''}")
        terminal.result(
            "backup_made", {**figures_of(made), "key_file": str(key), "encrypted": secret is not None}
        )


def figures_of(made: Made) -> dict[str, Any]:
    """A backup for machines."""
    manifest = made.manifest
    return {
        "to": str(made.to),
        "bytes": made.bytes,
        "workspace": manifest.workspace,
        "made_at": manifest.made_at.isoformat(),
        "schema": manifest.schema,
        "night": manifest.night,
        "files": len(manifest.files),
        "rows": dict(manifest.rows),
    }

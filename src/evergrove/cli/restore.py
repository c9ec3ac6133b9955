"""``evergrove restore``: a workspace back from a backup, or a backup tried out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evergrove import app
from evergrove.cli.options import HERE, Debug, Json, Lang, Quiet
from evergrove.cli.secrets import Asked, FromFile, given
from evergrove.cli.workspace import beside_work, say_next
from evergrove.core import InputError, _
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.backup import Restored, Verified
    from evergrove.cli.terminal import Terminal

DONE = _("{folder} is the workspace as it was at {moment} UTC.")
KEPT = _("The one that stood there is now {kept}.")
ERASED = _("{count} {count:customer|customers} erased since then {count:was|were} erased again.")
RESTING = _(
    "Nothing leaves by itself: what was sent since then is not known here. Playbooks that rest: {playbooks}; waiting messages taken back: {messages}. Look at them with evergrove run --dry-run, then start them again."
)
AT_REST = _(
    "Nothing leaves this copy before you say so: make sure that no other one is at work, then evergrove resume. Everybody signs in anew; look through evergrove users, for who was disabled since is back."
)
REVOKED = _(
    "{count} {count:key of a program was|keys of programs were} revoked, as one that was revoked since would open again: evergrove keys create makes new ones."
)
WHOLE = _(
    "{origin} is whole: {files} {files:file has its|files have their} digests, the ledger of schema {schema} holds together, {rows} {rows:row was|rows were} decoded."
)
ANEW = _("The night as of {as_of}, computed anew from it, says what was published.")
OPENS = _("The master key opens its personal data.")
MINUTE = "%Y-%m-%d %H:%M"


class NoFolder(InputError):
    """Where to restore is not said."""

    code = "cli.no_folder"
    message = _("Where to restore {origin} is not said.")
    hint = _("Name a folder for the workspace, or try the backup out with --verify.")


def restore(
    origin: Annotated[
        Path, typer.Argument(help="The archive or the folder that evergrove backup has written.")
    ],
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of the workspace: empty or not there yet.")
    ] = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Only try the backup out: read and check all of it, keep nothing."),
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace the workspace in the folder; the old one is kept beside it."),
    ] = False,
    ledger: Annotated[
        str, typer.Option(help="URL of an empty PostgreSQL database, or sqlite for the folder itself.")
    ] = "",
    key_file: Annotated[
        Path | None, typer.Option(help="The master key; default: where the saved settings say.")
    ] = None,
    tombstones: Annotated[
        Path | None, typer.Option(help="A list of erasures, beside the one next to the key.")
    ] = None,
    passphrase: Asked = False,
    passphrase_file: FromFile = None,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Bring a workspace back from a backup, or try a backup out."""
    with beside_work(folder or HERE, lang, machine=machine, quiet=quiet, debug=debug) as terminal:
        secret = given(terminal, asked=passphrase, file=passphrase_file)
        if verify:
            with terminal.progress() as announce:
                found = app.backups.verify_backup(origin, key_file, announce, secret=secret)
            _say_verified(terminal, origin, found)
            return
        if folder is None:
            raise NoFolder(origin=str(origin))
        where = app.backups.Where(folder, ledger, key_file, tombstones, force)
        _say_restored(terminal, folder, app.backups.restore_workspace(origin, where, secret=secret))


def _say_verified(terminal: Terminal, origin: Path, found: Verified) -> None:
    formats, manifest = Formats(terminal.language), found.manifest
    whole = {"files": formats.number(len(manifest.files)), "rows": formats.number(found.rows)}
    terminal.say(formats.say(WHOLE, origin=str(origin), schema=manifest.schema, **whole))
    if found.replayed:
        terminal.say(formats.say(ANEW, as_of=found.replayed.isoformat()))
    if found.opens:
        terminal.say(formats.say(OPENS))
    for warning in found.warnings:
        if not terminal.machine:
            terminal.warn(warning)
    figures = {
        "workspace": manifest.workspace,
        "made_at": manifest.made_at.isoformat(),
        "schema": manifest.schema,
        "files": len(manifest.files),
        "rows": found.rows,
        "replayed": found.replayed.isoformat() if found.replayed else None,
        "key_opens": found.opens,
        "warnings": [warning.code for warning in found.warnings],
    }
    terminal.result("backup_verified", figures)


def _say_restored(terminal: Terminal, folder: Path, done: Restored) -> None:
    formats, manifest = Formats(terminal.language), done.manifest
    terminal.say(formats.say(DONE, folder=str(folder), moment=f"{manifest.made_at:{MINUTE}}"))
    if done.kept:
        terminal.say(formats.say(KEPT, kept=str(done.kept)))
    if done.erased:
        terminal.say(formats.say(ERASED, count=done.erased))
    if done.paused or done.withdrawn:
        names = formats.enumerated(done.paused) or "-"
        terminal.say(formats.say(RESTING, playbooks=names, messages=formats.number(done.withdrawn)))
    terminal.say(formats.say(AT_REST))
    if done.keys:
        terminal.say(formats.say(REVOKED, count=done.keys))
    for warning in done.warnings:
        if not terminal.machine:
            terminal.warn(warning)
    say_next(terminal, folder, "doctor")
    figures = {
        "folder": str(folder),
        "workspace": manifest.workspace,
        "made_at": manifest.made_at.isoformat(),
        "kept": str(done.kept) if done.kept else None,
        "erased_again": done.erased,
        "paused": list(done.paused),
        "withdrawn": done.withdrawn,
        "instance": done.instance,
        "keys_revoked": done.keys,
        "warnings": [warning.code for warning in done.warnings],
    }
    terminal.result("restored", figures)

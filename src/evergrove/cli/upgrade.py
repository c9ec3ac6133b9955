"""``evergrove upgrade``: a workspace of an older version becomes one of this version."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evergrove import app
from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import beside_work, say_next
from evergrove.core import _
from evergrove.text import Formats

CURRENT = _("Nothing to do: the ledger has schema {known}, which is this version's.")
DUE = _("The ledger has schema {found}; this version needs {known}. Steps to take: {steps}.")
WOULD = _("A backup would go to {backup} first. Nothing was changed; to do it, leave out --check.")
SAVED = _("Backup made: {backup}. To go back, restore it with the version that wrote it.")
DONE = _("The ledger has schema {known} now, and is as it should be.")


def upgrade(
    check: Annotated[bool, typer.Option("--check", help="Only say what would be done.")] = False,
    backup: Annotated[
        Path | None, typer.Option(help="Where the backup goes; default: a .tar.zst beside the workspace.")
    ] = None,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Bring the workspace up to date: a backup first, then the ledger's steps, all of them or none."""
    with beside_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as terminal:
        plan, made = app.backups.upgrade_workspace(workspace, backup, check=check)
        formats = Formats(terminal.language)
        if not plan.is_due:
            terminal.say(formats.say(CURRENT, known=plan.known))
        else:
            steps = formats.enumerated([number for number, _says in plan.steps])
            terminal.say(formats.say(DUE, found=plan.found, known=plan.known, steps=steps))
        if plan.is_due and made is None:
            terminal.say(formats.say(WOULD, backup=str(plan.backup)))
        if made is not None:
            terminal.say(formats.say(SAVED, backup=str(made.to)))
            terminal.say(formats.say(DONE, known=plan.known))
            say_next(terminal, workspace, "doctor")
        figures = {
            "found": plan.found,
            "known": plan.known,
            "steps": [{"number": number, "says": says} for number, says in plan.steps],
            "backup": str(made.to if made else plan.backup) if plan.is_due else None,
            "done": made is not None,
        }
        terminal.result("upgrade", figures)

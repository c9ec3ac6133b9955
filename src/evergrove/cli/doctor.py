"""``evergrove doctor``: is the workspace sound?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import at_work
from evergrove.core import EvergroveWarning, _
from evergrove.pipeline.notes import NOTES
from evergrove.text import say, translator

if TYPE_CHECKING:
    from evergrove.cli.terminal import Terminal
    from evergrove.core import Sentence
    from evergrove.text import Language

WELL = _("All is well: files, ledger, outbox, decisions and assignments agree.")
UNSOUND = 1


def doctor(
    deep: Annotated[bool, typer.Option("--deep", help="Also read every byte of every file in use.")] = False,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Check the workspace for damage, and for messages that should never have been queued."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        found = here.doctor(deep=deep)
        faults = [each for each in found if each.code not in NOTES]
        for each in faults:
            terminal.say(f"{_said(each, terminal.language)} [{each.code}]")
        if not faults:
            terminal.say(translator(terminal.language)(WELL))
        for each in found:
            if each.code in NOTES and isinstance(each, EvergroveWarning):
                terminal.warn(each)
        terminal.result(
            "doctor", {"sound": not faults, "findings": [_figures(each, terminal) for each in found]}
        )
        if faults:
            raise typer.Exit(UNSOUND)


def _figures(finding: EvergroveWarning | Sentence, terminal: Terminal) -> dict[str, object]:
    """A finding for machines; a note alone leaves the workspace sound."""
    is_note = finding.code in NOTES
    return {"code": finding.code, "note": is_note, "says": _said(finding, terminal.language)}


def _said(finding: EvergroveWarning | Sentence, language: Language) -> str:
    if isinstance(finding, EvergroveWarning):
        return say(finding, language)
    return finding.said(translator(language))

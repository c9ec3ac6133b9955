"""``evergrove doctor``: is the workspace sound?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import at_work
from evergrove.core import EvergroveWarning, _
from evergrove.ledger import UnsafeSqlite
from evergrove.text import say, translator

if TYPE_CHECKING:
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
    """Look for what must never be: damaged files, messages without a decision, controls who were written to."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        found = here.doctor(deep=deep)
        for each in found:
            terminal.say(f"{_said(each, terminal.language)} [{each.code}]")
        if not found:
            terminal.say(translator(terminal.language)(WELL))
        terminal.result(
            {"findings": [{"code": each.code, "says": _said(each, terminal.language)} for each in found]}
        )
        if any(not isinstance(each, UnsafeSqlite) for each in found):
            raise typer.Exit(UNSOUND)


def _said(finding: EvergroveWarning | Sentence, language: Language) -> str:
    if isinstance(finding, EvergroveWarning):
        return say(finding, language)
    return finding.said(translator(language))

"""``evergrove bounces``: letters that came back, and complaints, from the mails that tell of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import at_work
from evergrove.core import _
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.cli.terminal import Terminal

TAKEN = _(
    "{taken} {taken:report|reports} taken, {known} known before, {strange} about no letter of this workspace; {others} other {others:mail|mails}."
)


def bounces(
    path: Annotated[
        Path, typer.Argument(help="A mail, an mbox, a Maildir, or a folder with one mail a file.")
    ],
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Take in bounces and complaints; each counts once, and the mails stay as they are."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        _tell(terminal, here.bounces(path))


def _tell(terminal: Terminal, counts: dict[str, int]) -> None:
    terminal.say(Formats(terminal.language).say(TAKEN, **counts))
    terminal.result("bounces", counts)

"""``evergrove resume``: what was stopped goes on, or a workspace that came back from a backup may send again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.stop import STOPPED, say_stopped
from evergrove.cli.workspace import at_work
from evergrove.core import _
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.cli.terminal import Terminal
    from evergrove.outbox import Instance

DONE = _(
    "This workspace, which came back from a backup of {made_at} UTC, sends again. Playbooks rest until they are started one by one: evergrove playbook start NAME."
)
GOES_ON = _("It goes on. Nothing is stopped any more.")
MINUTE = "%Y-%m-%d %H:%M"


def resume(
    scope: Annotated[
        str,
        typer.Argument(
            help="What was stopped: everything, channel:sms, playbook:L2. "
            "Nothing: confirm a workspace that came back from a backup."
        ),
    ] = "",
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Let go on what was stopped; or let a workspace that came back from a backup send again."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        if not scope:
            _say(terminal, here.resume())
            return
        from evergrove.app.guarding import resume_here  # noqa: PLC0415 - help is said without it

        left = resume_here(here, scope)
        say_stopped(terminal, STOPPED if left else GOES_ON, left)


def _say(terminal: Terminal, confirmed: Instance) -> None:
    terminal.say(Formats(terminal.language).say(DONE, made_at=f"{confirmed.made_at:{MINUTE}}"))
    terminal.result("resumed", {"instance": confirmed.id, "made_at": confirmed.made_at.isoformat()})

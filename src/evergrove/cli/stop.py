"""``evergrove stop``: nothing leaves any more, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import at_work
from evergrove.core import _
from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.cli.terminal import Terminal
    from evergrove.outbox import Stop

STOPPED = _("Nothing leaves of: {scopes}. What waits keeps its place until evergrove resume SCOPE.")


def stop(
    scope: Annotated[
        str, typer.Argument(help="everything, one channel as channel:sms, or one playbook as playbook:L2.")
    ] = "everything",
    reason: Annotated[str, typer.Option(help="Why, in your own words; others read it.")] = "",
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Stop everything, a channel or a playbook at once; what is on the wire in this moment still arrives."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        from evergrove.app.guarding import stop_here  # noqa: PLC0415 - help is said without it

        say_stopped(terminal, STOPPED, stop_here(here, scope, reason))


def say_stopped(terminal: Terminal, sentence: str, stops: Sequence[Stop]) -> None:
    """Tell what is stopped now."""
    scopes = ", ".join(each.scope for each in stops)
    terminal.say(Formats(terminal.language).say(sentence, scopes=scopes))
    lines = [{**vars(each), "stopped_at": each.stopped_at.isoformat()} for each in stops]
    terminal.result("stopped", {"stopped": lines})

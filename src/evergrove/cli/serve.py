"""``evergrove serve``: the workspace answers over HTTP, and its work is done beside it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from evergrove import server
from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import beside_work
from evergrove.core import EvergroveWarning, _
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.cli.terminal import Terminal
    from evergrove.server.serving import Begun

SERVED = _("{folder} is served at {url}. What can be asked for: {url}/docs. Ctrl-C ends it.")
FIRST = _("Nobody can sign in yet. This link makes the first administrator, once, within an hour:")


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; default: that of the settings.")] = "",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port; default: that of the settings.")] = 0,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Do jobs too.")] = True,
    live: Annotated[bool, typer.Option("--live/--no-live", help="Work out live values too.")] = True,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Answer over HTTP, do the jobs and work out live values, until somebody ends it."""
    wish = server.serving.Wish(workspace, host, port, worker=worker, live=live, debug=debug)
    with beside_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as terminal:
        server.serving.serve(wish, lambda begun: _begun(terminal, workspace, begun))


def _begun(terminal: Terminal, folder: object, begun: Begun) -> None:
    formats = Formats(terminal.language)
    terminal.say(formats.say(SERVED, folder=str(folder), url=begun.url))
    if begun.first is not None:
        heard = replace(terminal, quiet=False)  # it is shown nowhere else, and without it nobody comes in
        heard.say(formats.say(FIRST))
        heard.say(begun.first)
    for each in begun.found:
        if not terminal.machine and isinstance(each, EvergroveWarning):
            terminal.warn(each)
    found = [each.code for each in begun.found]
    terminal.result("serve", {"url": begun.url, "first_link": begun.first, "found": found})
    sys.stdout.flush()  # nothing more is printed for days

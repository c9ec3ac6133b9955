"""``evergrove channel``: by which ways messages leave, and why by others not."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import at_work
from evergrove.core import _
from evergrove.text import Formats, say

HEADER = (_("channel"), _("state"), _("provider"), _("tried with an account"), _("what is missing"))
READY, BROKEN, NOT_SET_UP = _("ready"), _("cannot be used"), _("not set up")
YES, NO = _("yes"), _("no")


def channel(
    action: Annotated[Literal["list"], typer.Argument(help="Each channel, ready or why not.")] = "list",
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List the channels: which are ready, what the others lack, and which profiles nobody has tried yet."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        formats, found = Formats(terminal.language), here.channels()
        rows = [
            (
                each.name,
                formats.say(READY if each.is_ready else BROKEN if each.is_wanted else NOT_SET_UP),
                each.provider,
                "" if each.verified is None else formats.say(YES if each.verified else NO),
                "" if each.problem is None or not each.is_wanted else say(each.problem, terminal.language),
            )
            for each in found
        ]
        terminal.table(formats.say(_("Channels")), rows, tuple(map(formats.say, HEADER)))
        lines = [
            {
                "name": each.name,
                "ready": each.is_ready,
                "wanted": each.is_wanted,
                "provider": each.provider,
                "verified": each.verified,
                "code": None if each.problem is None else each.problem.code,
            }
            for each in found
        ]
        terminal.result(f"channel_{action}", {"channels": lines})

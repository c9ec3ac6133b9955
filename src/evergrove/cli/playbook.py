"""``evergrove playbook``: see, start and pause playbooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evergrove.cli.options import HERE, Debug, In, InvalidOption, Json, Lang, Quiet
from evergrove.cli.workspace import at_work
from evergrove.core import _, fill
from evergrove.text import translator

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.campaigns import Installed

STATE_WORDS = {"draft": _("draft"), "started": _("started"), "paused": _("paused")}
STARTED = _("{key} works from the next run on. evergrove run --dry-run shows what it would do.")
PAUSED = _("{key} rests: nobody enters, {count} waiting {count:message|messages} taken back.")


def playbook(
    action: Annotated[Literal["list", "start", "pause"], typer.Argument(help="What to do.")] = "list",
    key: Annotated[str, typer.Argument(help="Key of the playbook, such as L2.")] = "",
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List playbooks, start one, or let one rest; a draft does nothing."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        translate = translator(terminal.language)
        if action != "list" and not key:
            raise InvalidOption(option="playbook", value=action, example=f"evergrove playbook {action} L2")
        if action == "start":
            here.start(key)
            terminal.say(fill(translate(STARTED), {"key": key}))
        elif action == "pause":
            terminal.say(fill(translate(PAUSED), {"key": key, "count": here.pause(key)}))
        found = here.playbooks()
        if action == "list":
            terminal.table(translate(_("Playbooks")), [_row(one, translate) for one in found])
        terminal.result({"playbooks": [_figures(one) for one in found]})


def _row(one: Installed, translate: Callable[[str], str]) -> tuple[str, ...]:
    within = one.enrolled.get("active", 0)
    return (
        one.playbook.key,
        translate(STATE_WORDS[one.state]),
        f"{within:,}",
        translate(one.playbook.name),
        translate(one.playbook.goal),
    )


def _figures(one: Installed) -> dict[str, object]:
    return {
        "key": one.playbook.key,
        "version": one.playbook.version,
        "state": one.state,
        "enrolled": dict(one.enrolled),
    }

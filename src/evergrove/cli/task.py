"""``evergrove task``: what people of the shop are to do for customers, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import at_work
from evergrove.core import InputError, _
from evergrove.core.lazy import Later
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.app import messages
    from evergrove.cli.terminal import Terminal
    from evergrove.outbox.tasks import StaffTask
else:
    messages = Later("evergrove.app.messages")

MOST = 200
MINUTE = "%Y-%m-%d %H:%M"
HEADER = (_("task"), _("kind"), _("customer"), _("due (UTC)"), _("state"), _("taken by"))
NONE = _("No task waits.")
DONE = _("Task {id}: {state}.")
STATES = {
    "open": _("waits"),
    "taken": _("taken"),
    "done": _("done"),
    "cancelled": _("let go"),
    "expired": _("too late"),
}


class NoTaskNamed(InputError):
    """Something is to be said of a task, and it is not said of which, or what."""

    code = "cli.no_task_named"
    message = _("Which task is meant, or what came of it, is not said.")
    hint = _(
        "Like this: evergrove task done ID --outcome reached. evergrove task list shows those that wait."
    )


def task(
    action: Annotated[
        Literal["list", "take", "done", "cancel"],
        typer.Argument(help="done: what came of it counts as the message's result."),
    ] = "list",
    task_id: Annotated[str, typer.Argument(metavar="ID", help="Of the task.")] = "",
    outcome: Annotated[
        str, typer.Option(help="reached, not_reached, wrong_number, declined, or no_more: no further calls.")
    ] = "",
    note: Annotated[str, typer.Option(help="A code of the cause, such as moved_away.")] = "",
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List what staff are to do for customers, take a task, say what came of it, or let it go."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        if action == "list":
            _list(terminal, messages.staff_tasks(here, MOST))
            return
        if not task_id or (action == "done" and not outcome):
            raise NoTaskNamed
        if action == "take":
            found = messages.take_task(here, task_id)
        elif action == "cancel":
            found = messages.cancel_task(here, task_id)
        else:
            found = messages.finish_task(here, task_id, outcome, note)
        formats = Formats(terminal.language)
        terminal.say(formats.say(DONE, id=found.id, state=formats.say(STATES[found.state])))
        terminal.result("task", _figures(found))


def _list(terminal: Terminal, found: list[StaffTask]) -> None:
    formats = Formats(terminal.language)
    if not found:
        terminal.say(formats.say(NONE))
    rows = [
        (
            each.id,
            each.kind,
            each.customer_id,
            f"{each.due_at:{MINUTE}}",
            formats.say(STATES[each.state]),
            each.assigned or "",
        )
        for each in found
    ]
    if rows:
        terminal.table(formats.say(_("Tasks of staff")), rows, tuple(map(formats.say, HEADER)))
    terminal.result("task_list", {"tasks": [_figures(each) for each in found]})


def _figures(found: StaffTask) -> dict[str, Any]:
    told = dict(vars(found))
    for name in ("created_at", "due_at", "settled_at"):
        told[name] = None if told[name] is None else told[name].isoformat()
    return told

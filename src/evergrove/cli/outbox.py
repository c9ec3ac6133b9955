"""``evergrove outbox``: messages and what became of each; settle what nobody knows, let one leave once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.reasons import counted
from evergrove.cli.workspace import at_work
from evergrove.core import InputError, _
from evergrove.core.lazy import Later
from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.app import messages
    from evergrove.cli.terminal import Terminal
else:
    messages = Later("evergrove.app.messages")

HEADER = (_("message"), _("channel"), _("customer"), _("playbook"), _("state"), _("why"))
NONE = _("There is no such message.")
DONE = _("Message {id} is now: {state}.")


class NoMessageNamed(InputError):
    """Something is to be said of a message, and it is not said of which."""

    code = "cli.no_message_named"
    message = _("Which message is meant is not said.")
    hint = _("Like this: evergrove outbox left ID. evergrove outbox list shows those of which nobody knows.")


class NoSuchState(InputError):
    """There is no such state."""

    code = "cli.no_such_state"
    message = _("{state} is no state of a message.")
    hint = _("States are: {known}.")


def outbox(
    action: Annotated[
        Literal["list", "left", "not-left", "retry"],
        typer.Argument(
            help="left, not-left: what you have found out of one; retry: one that failed leaves once more."
        ),
    ] = "list",
    outbox_id: Annotated[str, typer.Argument(metavar="ID", help="Of the message.")] = "",
    state: Annotated[str, typer.Option(help="list: in this state.")] = "unknown",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="list: so many at most.")] = 50,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List the messages of which nobody knows whether they left, settle one by hand, or let a failed one leave again."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        if action == "list":
            from evergrove.outbox import State  # noqa: PLC0415 - help is said without it

            if state not in get_args(State):
                raise NoSuchState(state=state, known=", ".join(get_args(State)))
            _list(terminal, messages.messages(here, limit, states=[state]))
            return
        if not outbox_id:
            raise NoMessageNamed
        if action == "retry":
            messages.retry_message(here, outbox_id)
        else:
            messages.settle_message(here, outbox_id, did_leave=action == "left")
        now = messages.message(here, outbox_id)["state"]
        terminal.say(Formats(terminal.language).say(DONE, id=outbox_id, state=now))
        terminal.result("message", {"id": outbox_id, "state": now})


def _list(terminal: Terminal, found: list[Any]) -> None:
    formats = Formats(terminal.language)
    if not found:
        terminal.say(formats.say(NONE))
    rows = [
        (
            each["id"],
            each["channel"],
            each["customer_id"],
            each["playbook"],
            each["state"],
            formats.say(counted(each["reason"])) if each["reason"] else "",
        )
        for each in found
    ]
    if rows:
        terminal.table(formats.say(_("Messages")), rows, tuple(map(formats.say, HEADER)))
    terminal.result("outbox", {"messages": [_figures(each) for each in found]})


def _figures(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "channel", "customer_id", "playbook", "state", "reason", "message_id", "provider_id")
    return {name: row[name] for name in names}

"""``evergrove send``: what is due leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.reasons import counted
from evergrove.cli.workspace import at_work
from evergrove.core import _
from evergrove.text import Formats, say

if TYPE_CHECKING:
    from evergrove.cli.terminal import Terminal
    from evergrove.delivery import SendReport

SENT = _(
    "{accepted} {accepted:message|messages} sent, {failed} refused, {unknown} without an answer, {expired} too late."
)
RECOVERED = _(
    "{count} {count:message was|messages were} taken over from a command that had died before sending {count:it|them}."
)
AWAITING = _("{count} {count:message waits|messages wait} for staff to act: evergrove task list.")
STOPPED = _("{channel} has stopped: {reason}")
NOTHING_DUE = _("No message is due now.")


def send(
    limit: Annotated[
        int | None, typer.Option(min=1, help="Most messages to take; default: all that are due.")
    ] = None,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Send the messages that are due, each once, to those who may still receive it."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        report = here.send(limit)
        _print(terminal, report)
        terminal.result("send", _figures(report, terminal))
        if report.stopped is None:
            return
        if machine:  # the one document says why already
            raise typer.Exit(report.stopped.exit_status)
        raise report.stopped


def _print(terminal: Terminal, report: SendReport) -> None:
    from evergrove.delivery.pacing import left_behind  # noqa: PLC0415 - help is said without it

    formats = Formats(terminal.language)
    handled = report.accepted + report.failed + report.unknown + report.expired + report.awaiting_staff
    tables = ((_("Stopped by a guard"), report.skipped), (_("Put off"), report.deferred))
    if not handled and not any(counts for _title, counts in tables) and report.stopped is None:
        terminal.say(formats.say(NOTHING_DUE))
        return
    terminal.say(formats.say(SENT, **vars(report)))
    left = left_behind(report)
    if left is not None:
        terminal.say(formats.say(left.template, **left.params))
    if report.awaiting_staff:
        terminal.say(formats.say(AWAITING, count=report.awaiting_staff))
    for name, each in report.channels.items():
        if each.stopped is not None and each.stopped is not report.stopped:
            terminal.say(formats.say(STOPPED, channel=name, reason=say(each.stopped, terminal.language)))
    if report.recovered:
        terminal.say(formats.say(RECOVERED, count=report.recovered))
    for title, counts in tables:
        largest = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        terminal.table(
            formats.say(title), [(formats.number(n), formats.say(counted(code))) for code, n in largest]
        )


def _figures(report: SendReport, terminal: Terminal) -> dict[str, Any]:
    """What happened to the messages, for machines."""
    stopped = report.stopped
    return {
        "accepted": report.accepted,
        "failed": report.failed,
        "unknown": report.unknown,
        "expired": report.expired,
        "awaiting_staff": report.awaiting_staff,
        "skipped": dict(report.skipped),
        "deferred": dict(report.deferred),
        "recovered": report.recovered,
        "next_at": None if report.next_at is None else report.next_at.isoformat(),
        "stopped": None
        if stopped is None
        else {"code": stopped.code, "message": say(stopped, terminal.language)},
        "channels": {
            name: {**_figures(each, terminal), "channels": {}} for name, each in report.channels.items()
        },
    }

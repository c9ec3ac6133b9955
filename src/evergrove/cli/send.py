"""``evergrove send``: what is due leaves."""

from __future__ import annotations

from typing import Annotated

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.reasons import reason
from evergrove.cli.workspace import at_work
from evergrove.core import _, fill
from evergrove.text import say, translator

SENT = _(
    "{accepted} {accepted:message|messages} sent, {failed} refused, {unknown} unknown, {expired} too late."
)


def send(
    limit: Annotated[
        int | None, typer.Option(help="Most messages to take; default: all that are due.")
    ] = None,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Send the messages that are due, each once and to those who may still receive it."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        report = here.send(limit)
        translate = translator(terminal.language)
        terminal.say(fill(translate(SENT), vars(report)))
        for title, counts in ((_("Stopped by a guard"), report.skipped), (_("Put off"), report.deferred)):
            rows = [(reason(code).said(translate), f"{n:,}") for code, n in counts.items()]
            terminal.table(translate(title), rows)
        stopped = report.stopped
        terminal.result(
            {
                "accepted": report.accepted,
                "failed": report.failed,
                "unknown": report.unknown,
                "expired": report.expired,
                "skipped": dict(report.skipped),
                "deferred": dict(report.deferred),
                "recovered": report.recovered,
                "stopped": say(stopped, terminal.language) if stopped else None,
            }
        )
        if stopped:
            raise stopped

"""``evergrove worker``: what is due is done, until somebody ends it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from evergrove import app, server
from evergrove.cli.job_words import kind_word, reason_words
from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import at_work
from evergrove.core import _
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.cli.terminal import Terminal
    from evergrove.jobs import Ending, Hold, Ticked

WORKING = _("At work in {folder}. Ctrl-C ends it; the job at hand goes to the next worker.")
MISSED = _(
    "{kind}: {missed} {missed:time was|times were} missed for longer than jobs may be late, the last on {last}."
)
BEGUN = _("Job {number}: {kind}, attempt {attempt}.")
ENDED = {
    "done": _("Job {number}: done."),
    "cancelled": _("Job {number}: cancelled."),
    "dead": _("Job {number}: given up. {reason}"),
    "queued": _("Job {number}: put off until {later}. {reason}"),
    None: _("Job {number}: belongs to another worker by now."),
}
IDLE = _("Nothing is due.")


def worker(
    drain: Annotated[bool, typer.Option("--drain", help="Do what is due and end.")] = False,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Do the workspace's jobs: those of the schedule in evergrove.toml, and those that people queue."""
    with (
        at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal),
        app.jobs.ends_on_signal() as stopping,
        nullcontext() if drain else server.observing.observed_work(here, "worker"),
    ):
        formats = Formats(terminal.language)
        if not drain:
            terminal.say(formats.say(WORKING, folder=str(workspace)))
        told = app.jobs.Listener(
            ticked=lambda what: _ticked(terminal, formats, what),
            begun=lambda hold: _begun(terminal, formats, hold),
            ended=lambda hold, ending: _ended(terminal, formats, hold, ending),
        )
        attempts = app.jobs.do_jobs(here, stopping, told, drain=drain)
        if drain and not attempts:
            terminal.say(formats.say(IDLE))
        terminal.result("worker", {"attempts": attempts})


def _ticked(terminal: Terminal, formats: Formats, what: Ticked) -> None:
    server.job_lines.ticked(what)
    if what.missed and what.last_missed is not None:
        last = f"{what.last_missed:%Y-%m-%d %H:%M} UTC"
        kind = kind_word(formats, what.key)
        terminal.say(formats.say(MISSED, kind=kind, missed=what.missed, last=last))


def _begun(terminal: Terminal, formats: Formats, hold: Hold) -> None:
    server.job_lines.begun(hold)
    kind = kind_word(formats, hold.kind)
    terminal.say(formats.say(BEGUN, number=str(hold.id), kind=kind, attempt=hold.attempts))


def _ended(terminal: Terminal, formats: Formats, hold: Hold, ending: Ending) -> None:
    server.job_lines.ended(hold, ending)
    reason = reason_words(formats, ending.reason, ending.detail)
    later = f"{ending.not_before:%Y-%m-%d %H:%M:%S} UTC" if ending.not_before else ""
    terminal.say(formats.say(ENDED[ending.state], number=str(hold.id), reason=reason, later=later))

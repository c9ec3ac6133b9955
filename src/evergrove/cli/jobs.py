"""``evergrove jobs``: see what is done, cancel it, have it done again, and when it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer

from evergrove import app
from evergrove import jobs as queue
from evergrove.cli.job_words import STATES, kind_word, reason_words
from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import at_work, say_next
from evergrove.core import InputError, _
from evergrove.text import Formats, translator

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from evergrove.app import Workspace
    from evergrove.cli.terminal import Terminal
    from evergrove.jobs import Job, Standing

Action = Literal["list", "show", "queue", "cancel", "retry", "schedule"]

HEADER = (_("job"), _("work"), _("state"), _("queued"), _("progress"))
COMING = (_("work"), _("next"), _("zone"), _("times missed"))
NONE = _("There are no jobs.")
NOTHING_COMES = _("Nothing comes by itself: the section [jobs] of evergrove.toml says what does, and when.")
QUEUED = _("Job {number} waits for a worker.")
CANCELLED = _("Job {number} is cancelled.")
ENDING = _("Job {number} ends at its next safe point.")
AGAIN = _("Job {number} runs again.")
LINE = _("Job {number}: {kind}, {state}, attempt {attempts} of {most}.")
STAGE = _("{stage}, {percent}")
LEFT = _("About {minutes} {minutes:minute|minutes} left.")
STARTS = _("It starts at {moment} or later.")


class NoNumber(InputError):
    """Something is to be done with a job, and it is not said with which."""

    code = "cli.no_job_number"
    message = _("Which job to {action} is not said.")
    hint = _("Like this: evergrove jobs {action} {example}. evergrove jobs list shows them.")


def jobs(
    action: Annotated[
        Action,
        typer.Argument(help="queue: to be done now; retry: what was given up or cancelled, once more."),
    ] = "list",
    which: Annotated[str, typer.Argument(help="Number of the job; to queue one, its kind.")] = "",
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List the jobs, look at one, have work done, cancel it, run it again, or see what comes by itself."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        formats = Formats(terminal.language)
        if action == "list":
            _list(here, terminal, formats)
        elif action == "schedule":
            _schedule(here, terminal, formats)
        elif action == "queue":
            _queue(here, terminal, formats, workspace, which)
        else:
            _one(here, terminal, formats, action, _number(action, which))


def _number(action: Action, which: str) -> int:
    if not which.isdecimal():
        raise NoNumber(action=action, example="7")
    return int(which)


def _list(here: Workspace, terminal: Terminal, formats: Formats) -> None:
    with here.ledger.reading() as connection:
        found = queue.list_jobs(connection)
    if not found:
        terminal.say(formats.say(NONE))
    header = tuple(map(formats.say, HEADER))
    terminal.table(formats.say(_("Jobs")), [_row(one, formats, _zone(here)) for one in found], header)
    terminal.result("jobs", {"jobs": [figures(one) for one in found]})


def _row(one: Job, formats: Formats, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        str(one.id),
        kind_word(formats, one.kind),
        formats.say(STATES[one.state]),
        moment(one.queued_at, zone),
        _progress(one, formats),
    )


def _progress(one: Job, formats: Formats) -> str:
    told, says = one.told, translator(formats.language)
    if told.stage is None or one.state == "done":
        return formats.percent(told.percent / 100, 0) if told.percent else ""
    stage = says(told.stage)
    if told.percent is None:
        return stage
    return formats.say(STAGE, stage=stage, percent=formats.percent(told.percent / 100, 0))


def _one(here: Workspace, terminal: Terminal, formats: Formats, action: Action, number: int) -> None:
    if action == "cancel":
        state = app.jobs.cancel_job(here, number)
        terminal.say(formats.say(CANCELLED if state == "cancelled" else ENDING, number=str(number)))
    elif action == "retry":
        app.jobs.retry_job(here, number)
        terminal.say(formats.say(AGAIN, number=str(number)))
    with here.ledger.reading() as connection:
        found = queue.show(connection, number)
    if action == "show":
        _print(terminal, formats, found, _zone(here))
    terminal.result("job", figures(found))


def _print(terminal: Terminal, formats: Formats, one: Job, zone: ZoneInfo) -> None:
    kind, state = kind_word(formats, one.kind), formats.say(STATES[one.state])
    said = {"number": str(one.id), "kind": kind, "state": state}
    terminal.say(formats.say(LINE, **said, attempts=one.attempts, most=one.most_attempts))
    for sentence in (_progress(one, formats), reason_words(formats, one.reason, one.detail)):
        if sentence:
            terminal.say(sentence)
    if one.state == "queued":
        terminal.say(formats.say(STARTS, moment=moment(one.not_before, zone)))
    if one.remaining is not None:
        minutes = max(1, round(one.remaining.total_seconds() / 60))
        terminal.say(formats.say(LEFT, minutes=minutes))
    for line in one.told.log:
        terminal.say(f"  {line['at']}  {formats.say(line['text'], **line['params'])}")


def _queue(here: Workspace, terminal: Terminal, formats: Formats, folder: Path, kind: str) -> None:
    number = app.jobs.queue_job(here, kind)
    terminal.say(formats.say(QUEUED, number=str(number)))
    say_next(terminal, folder, "worker --drain")
    terminal.result("job_queued", {"id": number, "kind": kind})


def _schedule(here: Workspace, terminal: Terminal, formats: Formats) -> None:
    queue.keep_schedules(here.ledger, app.jobs.schedules(here), here.clock.now())
    with here.ledger.reading() as connection:
        found = queue.standings(connection)
    if not found:
        terminal.say(formats.say(NOTHING_COMES))
    rows = [
        (
            kind_word(formats, each.schedule.kind),
            moment(each.next_at, ZoneInfo(each.schedule.zone)),
            each.schedule.zone,
            formats.number(each.missed),
        )
        for each in found
    ]
    terminal.table(formats.say(_("What comes by itself")), rows, tuple(map(formats.say, COMING)))
    terminal.result("job_schedules", {"schedules": [_coming(each) for each in found]})


def _zone(here: Workspace) -> ZoneInfo:
    return here.settings.value.zone


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A moment as clocks of a zone show it."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def figures(one: Job) -> dict[str, Any]:
    """A job for machines."""
    moments = {name: getattr(one, name) for name in ("queued_at", "not_before", "started_at", "settled_at")}
    same = ("id", "kind", "params", "state", "origin", "attempts", "most_attempts", "waits", "claimed_by")
    return {
        **{name: getattr(one, name) for name in same},
        **{name: None if at is None else at.isoformat() for name, at in moments.items()},
        "is_cancel_asked": one.is_cancel_asked,
        "stage": one.told.stage,
        "percent": one.told.percent,
        "remaining_s": None if one.remaining is None else round(one.remaining.total_seconds()),
        "log": [dict(line) for line in one.told.log],
        "reason": one.reason,
        "detail": one.detail,
        "result": one.result,
    }


def _coming(each: Standing) -> dict[str, Any]:
    missed_at = each.missed_at
    return {
        "key": each.schedule.key,
        "kind": each.schedule.kind,
        "zone": each.schedule.zone,
        "next_at": each.next_at.isoformat(),
        "missed": each.missed,
        "missed_at": None if missed_at is None else missed_at.isoformat(),
    }

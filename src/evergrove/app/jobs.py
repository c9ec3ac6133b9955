"""The jobs of a workspace: which kinds there are, when they come again, and the worker that does them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evergrove import access, audit, pipeline, worker
from evergrove.app.backups import back_up_workspace, secret_from
from evergrove.app.channels import waiting_of_a_job
from evergrove.app.coupons import expire as expire_coupons
from evergrove.app.creation import SETTINGS_FILE
from evergrove.app.events_answered import OUTREACH, TRY, answer_events, try_as_asked
from evergrove.app.exports import KIND, make_export, remove_expired
from evergrove.app.held import TAKE, became_of, take_held
from evergrove.app.inbox import take_inbox
from evergrove.app.looking_back import BACKTEST, REPLAY, day_anew, look_back
from evergrove.app.refusals import without_cells
from evergrove.app.trial import TRIAL, fill_with_trial
from evergrove.app.workspace import open_workspace
from evergrove.core import InputError, _
from evergrove.delivery.pacing import left_behind
from evergrove.ingest.facts.noted import facts_noted
from evergrove.jobs import (
    Daily,
    Every,
    Kind,
    Order,
    Schedule,
    UnknownKind,
    cancel,
    enqueue,
    retry,
    show,
    unique_key,
)
from evergrove.jobs.errors import AlreadyQueued
from evergrove.jobs.queue import open_job
from evergrove.jobs.types import BY_HAND, OF_A_PERSON
from evergrove.outbox import OutboundPaused
from evergrove.settings import InvalidSetting, load_settings
from evergrove.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from threading import Event

    from evergrove.access import Actor
    from evergrove.app.workspace import Workspace
    from evergrove.core import Clock
    from evergrove.jobs import Ending, Hold, State, Task, Ticked

ends_on_signal = worker.ends_on_signal


class NoBackupFolder(InputError):
    """A backup is to be made, and no place is named."""

    code = "app.no_backup_folder"
    message = _("Where backups go is not said.")
    hint = _("Name an existing folder outside of the workspace: backup_folder in the section [jobs].")


TITLES: Mapping[str, str] = {
    "night": _("Daily run"),
    "inbox": _("Importing the files of the inbox"),
    TAKE: _("A file taken in as somebody said"),
    "send": _("Sending"),
    "measure": _("Measuring effects"),
    "backup": _("Backup"),
    "tidy": _("Letting go of what is old"),
    BACKTEST: _("Back-test"),
    REPLAY: _("Computing a past day anew"),
    TRY: _("Trying a playbook on the past"),
    OUTREACH: _("What events start and end"),
    KIND: _("Export"),
    TRIAL: _("A demo shop to look around in"),
}
"""The kinds of work, as people call them."""


@dataclass(frozen=True)
class Listener:
    """Who is told what a worker does."""

    ticked: Callable[[Ticked], object]
    begun: Callable[[Hold], object]
    ended: Callable[[Hold, Ending], object]


def _night(here: Workspace, task: Task) -> dict[str, Any]:
    asked = task.hold.params.get("as_of")
    as_of = date.fromisoformat(asked) if asked else None
    outcome = here.run(as_of, checks=False, announce=task.stage)
    for warning in outcome.warnings:
        task.say(warning.message, **warning.params)
    expire_coupons(here)
    here.keep_targets(announce=task.stage)  # the run stands, whatever becomes of these
    return {
        "as_of": outcome.as_of.isoformat(),
        "snapshot": outcome.snapshot_id,
        "is_new": outcome.is_new,
        "customers": outcome.customers,
    }


def _inbox(here: Workspace, task: Task) -> dict[str, Any]:
    taken = take_inbox(here, task.stage)
    for each in taken:
        if each.refused is not None:
            task.say(each.refused.message, **without_cells(each.refused).params)
    told = became_of(here, task.hold.params.get("file", ""))
    return {"files": len(taken), "refused": sum(each.refused is not None for each in taken), **told}


def _send(here: Workspace, task: Task) -> dict[str, Any]:
    try:
        report = here.send(waiting=waiting_of_a_job(here, lambda: _is_to_end(task)))
    except (
        OutboundPaused
    ) as pause:  # no job of a person's to mend: they pile up until somebody confirms the copy
        task.say(pause.message, **pause.params)
        return {"paused": True}
    if report.stopped is not None:
        raise report.stopped
    task.check()  # what is left is sent when the job is taken again
    left = left_behind(report)
    if left is not None:
        task.note(left)
    return {
        "accepted": report.accepted,
        "failed": report.failed,
        "unknown": report.unknown,
        "next_at": None if report.next_at is None else report.next_at.isoformat(),
    }


def _is_to_end(task: Task) -> bool:
    return task.stopping.is_set() or task.is_cancelled or task.is_lost


def _measure(here: Workspace, _task: Task) -> dict[str, Any]:
    return {"playbooks": len(here.measure())}


def require_backup_folder(here: Workspace) -> Path:
    """
    Where backups go.

    Raises:
        NoBackupFolder: The settings do not say.
    """
    folder = here.settings.jobs.backup_folder
    if not folder:
        raise NoBackupFolder
    return Path(folder)


def _backup(here: Workspace, task: Task) -> dict[str, Any]:
    folder = require_backup_folder(here)
    task.check()
    passphrase = here.settings.jobs.backup_passphrase_file
    secret = secret_from(Path(passphrase)) if passphrase else None
    by = f"job:{task.hold.id}"
    made, _key = back_up_workspace(here.folder, folder, here.clock, secret=secret, by=by)
    return {"to": made.to.name, "bytes": made.bytes}


def _tidy(here: Workspace, _task: Task) -> dict[str, Any]:
    with here.alone():
        gone = pipeline.tidy(here)
    remove_expired(here)
    expire_coupons(here)
    return {
        "snapshots": gone.snapshots,
        "rejects": gone.rejects,
        "uploads": gone.uploads,
        "jobs": gone.jobs,
        "logins": gone.logins,
    }


DOING: Mapping[str, Callable[[Workspace, Task], dict[str, Any]]] = {
    "night": _night,
    "inbox": _inbox,
    TAKE: take_held,
    "send": _send,
    "measure": _measure,
    "backup": _backup,
    "tidy": _tidy,
    BACKTEST: look_back,
    REPLAY: day_anew,
    TRY: try_as_asked,
    OUTREACH: answer_events,
    KIND: make_export,
    TRIAL: fill_with_trial,
}
BY_NAME = tuple(kind for kind in DOING if kind not in (KIND, REPLAY, TAKE, TRY))
"""What can be queued by its name alone: an export is somebody's, and asked for in a request; a day, or a file, has to be
named."""
RIGHTS: Mapping[str, str] = {
    "night": "runs.start",
    "inbox": "imports.write",
    TAKE: "imports.write",
    "send": "messages.send",
    "measure": "effects.measure",
    "backup": "workspace.back_up",
    "tidy": "settings.write",
    BACKTEST: "backtests.run",
    REPLAY: "runs.start",
    TRY: "playbooks.write",
    OUTREACH: "runs.start",
    TRIAL: "runs.start",
}
"""The right that one needs to have a kind of work done, when it is queued and when it is done."""
UNFENCED = ("send",)
"""Each message has a lease and a token of its own, and what the mail server has said must be written down by the
worker that heard it, also when its job is another's by now."""


def kinds(folder: Path, clock: Clock) -> dict[str, Kind]:
    """What a worker can do in a workspace."""
    return {name: Kind(name, TITLES[name], partial(_do, folder, clock)) for name in DOING}


def _do(folder: Path, clock: Clock, task: Task) -> dict[str, Any]:
    """Do a job with the settings of this moment, and the rights that whoever ordered it has now."""
    with held_by(folder, clock, task) as here:
        _check_owner(here, task)
        return DOING[task.hold.kind](here, task)


def _check_owner(here: Workspace, task: Task) -> None:
    """
    Let nothing be done for somebody who may no longer have it done; an export asks for itself.

    Raises:
        SignInNeeded, RightMissing: The account was disabled, or its right withdrawn.
    """
    kind = task.hold.kind
    with here.ledger.reading() as connection:
        origin = show(connection, task.hold.id).origin
        if origin.startswith(OF_A_PERSON) and kind in RIGHTS:
            actor = access.actor_of_account(connection, origin.removeprefix(OF_A_PERSON))
            access.require(actor, RIGHTS[kind])


@contextmanager
def held_by(folder: Path, clock: Clock, task: Task) -> Iterator[Workspace]:
    """The workspace, in which nothing is written any more once the job is another worker's."""
    with open_workspace(folder, clock) as here:
        by = f"job:{task.hold.id}"
        if task.hold.kind in UNFENCED:
            yield replace(here, by=by)
        else:
            kept = Warehouse(folder / "warehouse", task.ledger, clock)
            yield replace(here, by=by, ledger=task.ledger, warehouse=kept)


def schedules(here: Workspace) -> list[Schedule]:
    """What comes again in a workspace, by its evergrove.toml as it is now."""
    chosen = load_settings(here.folder / SETTINGS_FILE)
    jobs, noted = chosen.jobs, facts_noted(here.warehouse.newest())
    daily = {name: getattr(jobs, name) for name in ("night", "measure", "backup")}
    often = {"inbox": jobs.inbox_minutes, "send": jobs.send_minutes, OUTREACH: jobs.outreach_minutes}
    rules = {name: Daily(time.fromisoformat(at)) for name, at in daily.items() if at} | {
        name: Every(60 * minutes) for name, minutes in often.items() if minutes
    }
    return [
        Schedule(
            key=name,
            kind=name,
            rule=rule,
            zone=chosen.value.timezone or noted.timezone or "UTC",
            late=timedelta(minutes=jobs.late_minutes),
            params={},
            most_attempts=jobs.attempts,
        )
        for name, rule in rules.items()
    ]


def queue_job(here: Workspace, kind: str, actor: Actor | None = None) -> int:
    """
    Have a piece of work done by the next worker that is free; its number.

    Args:
        here: The workspace.
        kind: Which work.
        actor: Who wants it; None: whoever stands at the machine.

    Raises:
        UnknownKind: There is no such work.
        RightMissing: The actor may not have it done.
        AlreadyQueued: It waits or runs already.
    """
    if kind not in BY_NAME:
        raise UnknownKind(kind=kind, known=", ".join(BY_NAME))
    if actor is not None:
        access.require(actor, RIGHTS[kind])
    now, key = here.clock.now(), unique_key(kind)
    order = Order(
        kind=kind,
        not_before=now,
        unique_key=key,
        most_attempts=here.settings.jobs.attempts,
        origin=BY_HAND if actor is None or actor.account_id is None else f"{OF_A_PERSON}{actor.account_id}",
    )
    with here.ledger.writing() as connection:
        number = enqueue(connection, order, now)
        if number is None:
            raise AlreadyQueued(number=open_job(connection, key))
        audit.note(connection, "jobs.queued", here.by, f"job:{number}", {"kind": kind}, at=now)
    return number


def cancel_job(here: Workspace, number: int) -> State:
    """
    Cancel a job; its state: ``cancelled``, or still ``running`` until its worker stops at the next safe point.

    Raises:
        UnknownJob, AlreadySettled: There is nothing to cancel.
    """
    now = here.clock.now()
    with here.ledger.writing() as connection:
        state = cancel(connection, number, now)
        audit.note(connection, "jobs.cancelled", here.by, f"job:{number}", at=now)
    return state


def retry_job(here: Workspace, number: int, actor: Actor | None = None) -> None:
    """
    Let a job that was given up or cancelled run again.

    Args:
        here: The workspace.
        number: Of the job.
        actor: Who asks; None: whoever stands at the machine.

    Raises:
        RightMissing: What the job does is not the actor's to have done.
        UnknownJob, NotRetryable, AlreadyQueued: It cannot.
    """
    now = here.clock.now()
    with here.ledger.writing() as connection:
        if actor is not None and (right := RIGHTS.get(show(connection, number).kind)) is not None:
            access.require(actor, right)
        retry(connection, number, now)
        audit.note(connection, "jobs.retried", here.by, f"job:{number}", at=now)


def do_jobs(here: Workspace, stopping: Event, told: Listener, *, drain: bool = False) -> int:
    """
    Do what is due in a workspace, and what comes to be due, until asked to end.

    Args:
        here: The workspace; any number of processes may work in one.
        stopping: Set from outside.
        told: Who is told of it.
        drain: End as soon as nothing is due.

    Returns:
        How many attempts there were.
    """
    desk = worker.Desk(
        ledger=here.ledger,
        kinds=kinds(here.folder, here.clock),
        schedules=heard(here),
        clock=here.clock,
        draw=worker.jitter(),
        ticked=told.ticked,
        begun=told.begun,
        ended=told.ended,
        worker=worker.worker_name(),
    )
    return worker.work(desk, stopping, drain=drain)


def heard(here: Workspace) -> Callable[[], list[Schedule]]:
    """The schedules at each moment; a slip in evergrove.toml does not end a worker that is at work."""
    kept = schedules(here)

    def now() -> list[Schedule]:
        nonlocal kept
        try:
            kept = schedules(here)
        except InvalidSetting:
            return kept
        return kept

    return now

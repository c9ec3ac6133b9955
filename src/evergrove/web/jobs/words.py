"""Jobs in words: their states, who ordered them, how long they took, what they brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.api.job_answers import JobAnswer
    from evergrove.http import Call
    from evergrove.text import Formats

STATES: Mapping[str, str] = {
    "queued": _("Waiting"),
    "running": _("Running"),
    "done": _("Done"),
    "dead": _("Given up"),
    "cancelled": _("Cancelled"),
}
TAGS: Mapping[str, str] = {"queued": "", "running": "warn", "done": "good", "dead": "bad", "cancelled": ""}
"""Colour of a state's word; the word says it too."""
OPEN = ("queued", "running")
BROUGHT: Mapping[str, tuple[str, ...]] = {
    "night": (_("{customers} {customers:customer|customers} valued as of {as_of}."),),
    "take": (_("{files} {files:file|files} looked at, {refused} refused."),),
    "inbox": (_("{files} {files:file|files} looked at, {refused} refused."),),
    "send": (_("{accepted} accepted, {failed} failed, {unknown} without an answer."),),
    "measure": (_("{playbooks} {playbooks:playbook|playbooks} measured."),),
    "backup": (_("Saved as {to} ({bytes} bytes)."),),
    "tidy": (
        _(
            "{snapshots} old {snapshots:state|states} and {rejects} old {rejects:list|lists} of rejected rows deleted."
        ),
    ),
    "backtest": (_("Models judged by the past until {as_of}."),),
    "replay": (_("{as_of} was computed anew."),),
    "export": (_("{rows} {rows:row|rows} written."),),
}
NOTHING_NEW = _("Nothing had changed since the run before.")
SAME, DIFFERENT = _("Every table came out the same."), _("Tables that came out differently: {tables}.")
CAME_IN, REFUSED = _("The file came in: import {numbers}."), _("The file was refused. It waits for you.")
PAUSED = _("Nothing was sent: sending is paused.")
BY_YOU, BY_SOMEBODY = _("You"), _("Somebody who signed in")
BY_HAND, BY_SCHEDULE = _("At the machine"), _("Schedule")
_PERSON = "user:"
SECONDS, MINUTES, HOURS = _("{n} s"), _("{n} min"), _("{hours} h {n} min")


@dataclass(frozen=True)
class Shown:
    """
    A job as a page shows it.

    Attributes:
        job: As /v1 tells it.
        state: In words.
        tag: Colour of that.
        who: Ordered it.
        took: How long its last attempt has taken; empty before it began.
        left: How long it will take at the speed so far; empty where nobody knows.
        brought: What came of it, or why it waits or was given up.
    """

    job: JobAnswer
    state: str
    tag: str
    who: str
    took: str
    left: str
    brought: str


def shown(call: Call, job: JobAnswer, formats: Formats) -> Shown:
    """A job in the reader's words."""
    now = call.service.here.clock.now()
    return Shown(
        job=job,
        state=formats.say(STATES[job.state]),
        tag=TAGS[job.state],
        who=formats.say(_who(call, job.origin)),
        took=_took(job, now, formats),
        left="" if job.remaining_seconds is None else lasting(job.remaining_seconds, formats),
        brought=_brought(job, formats),
    )


def lasting(seconds: float, formats: Formats) -> str:
    """A length of time in short: 12 s, 4 min, 1 h 5 min."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return formats.say(SECONDS, n=whole)
    hours, minutes = divmod(round(whole / 60), 60)
    return formats.say(HOURS, hours=hours, n=minutes) if hours else formats.say(MINUTES, n=minutes)


def _who(call: Call, origin: str) -> str:
    if origin.startswith(_PERSON):
        is_own = call.caller is not None and origin == f"{_PERSON}{call.caller.account_id}"
        return BY_YOU if is_own else BY_SOMEBODY
    return BY_HAND if origin == "by hand" else BY_SCHEDULE


def _took(job: JobAnswer, now: datetime, formats: Formats) -> str:
    if job.started_at is None or job.state == "queued":
        return ""
    took = (job.ended_at or now.astimezone(UTC)) - job.started_at
    return lasting(max(took, timedelta(0)).total_seconds(), formats)


def _brought(job: JobAnswer, formats: Formats) -> str:
    if job.reason is not None:
        return job.reason.message
    result = job.result or {}
    if result.get("imports"):
        return formats.say(CAME_IN, numbers=formats.enumerated([str(each) for each in result["imports"]]))
    if result.get("waits"):
        return formats.say(REFUSED)
    if result.get("paused"):
        return formats.say(PAUSED)
    try:
        said = [
            formats.say(text, **_written(result, formats)) for text in BROUGHT.get(job.kind, ()) if result
        ]
    except KeyError:
        return ""  # a job of an earlier version told less of itself
    if result.get("is_new") is False:
        said.append(formats.say(NOTHING_NEW))
    if "equal" in result:
        tables = formats.enumerated(result.get("different", ()))
        said.append(formats.say(SAME) if result["equal"] else formats.say(DIFFERENT, tables=tables))
    return formats.sentences(*said)


def _written(result: Mapping[str, Any], formats: Formats) -> dict[str, Any]:
    return {name: formats.day(value) if name == "as_of" else value for name, value in result.items()}

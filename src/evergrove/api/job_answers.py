"""What is told of a job."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from evergrove.app.jobs import TITLES
from evergrove.core import _
from evergrove.http import Answer, Moment
from evergrove.jobs.types import State
from evergrove.jobs.words import reason_words
from evergrove.text import Formats, translator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove import jobs
    from evergrove.text import Language

ABOUT: Mapping[str, str] = {
    "night": _("Values every customer anew, places them in tiers and stages, and plans whom to write to."),
    "inbox": _("Takes in the files that lie in the inbox folder."),
    "send": _("Sends the messages that are due. Each is sent once, however often this runs."),
    "measure": _("Compares treated customers with untreated ones, to tell what each playbook earned."),
    "backup": _("Saves the whole workspace to one file in the backup folder."),
    "tidy": _("Deletes what is older than the settings keep."),
    "trial": _("Fills an empty workspace with a simulated shop, to look around in."),
    "backtest": _("Hides part of the past from each model, and sees which one foretells it best."),
}
"""What each kind of work does that can be had done by its name."""


class JobReason(Answer):
    """Why a job waits, or was given up."""

    code: str = Field(description="docs/reference/codes.md lists them.", examples=["jobs.waits"])
    message: str = Field(description="In the language of Accept-Language.")


class JobLine(Answer):
    """A line of a job's log; nothing personal stands in it."""

    at: Moment
    text: str


class JobAnswer(Answer):
    """A job as it stands."""

    number: int = Field(examples=[7])
    kind: str = Field(examples=["night"])
    title: str = Field(description="The kind, as people call it.", examples=["Daily run"])
    state: State = Field(description="`dead`: given up; it waits for somebody to have it run again.")
    origin: str = Field(
        description="Who ordered it: `user:<id>`, the key of a schedule, or `by hand` at the machine itself."
    )
    attempts: int
    most_attempts: int
    queued_at: Moment
    not_before: Moment = Field(description="It starts at this moment or later.")
    started_at: Moment | None = Field(description="Of the last attempt.")
    ended_at: Moment | None
    stage: str | None = Field(description="What it is about now.", examples=["Scoring customers"])
    percent: int | None = Field(
        description="How much is done; null where that cannot be known.", ge=0, le=100
    )
    remaining_seconds: int | None = Field(description="At the speed so far; null where that is not known.")
    is_cancel_asked: bool
    reason: JobReason | None
    result: dict[str, Any] | None = Field(description="What it brought, for machines.")


class JobDetail(JobAnswer):
    """A job, with the end of its log."""

    log: list[JobLine] = Field(description="Its last lines, oldest first; 50 at most.")


def told_job(job: jobs.Job, language: Language) -> JobAnswer:
    """A job without its log."""
    return JobAnswer(**_fields(job, language))


def told_whole_job(job: jobs.Job, language: Language) -> JobDetail:
    """A job and the end of its log."""
    formats = Formats(language)
    log = [
        JobLine(at=datetime.fromisoformat(line["at"]), text=formats.say(line["text"], **line["params"]))
        for line in job.told.log
    ]
    return JobDetail(**_fields(job, language), log=log)


def _fields(job: jobs.Job, language: Language) -> dict[str, Any]:
    says, told = translator(language), job.told
    reason = job.reason and JobReason(
        code=job.reason, message=reason_words(Formats(language), job.reason, job.detail)
    )
    same = ("kind", "state", "origin", "attempts", "most_attempts", "queued_at", "not_before", "started_at")
    return {
        **{name: getattr(job, name) for name in (*same, "is_cancel_asked", "result")},
        "number": job.id,
        "title": says(TITLES[job.kind]) if job.kind in TITLES else job.kind,
        "ended_at": job.settled_at,
        "stage": told.stage and says(told.stage),
        "percent": told.percent,
        "remaining_seconds": None if job.remaining is None else round(job.remaining.total_seconds()),
        "reason": reason or None,
    }

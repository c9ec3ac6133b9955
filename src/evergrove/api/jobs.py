"""``/v1/jobs``: what is done for the workspace, how far it is; have it done, cancelled, done again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from evergrove import access
from evergrove import jobs as queue
from evergrove.api.event_stream import streamed
from evergrove.api.job_answers import ABOUT, JobAnswer, JobDetail, told_job, told_whole_job
from evergrove.app.jobs import BY_NAME, RIGHTS, TITLES, cancel_job, queue_job, retry_job
from evergrove.http import Answer, Body, Moment, Page, Routes, ThisCall
from evergrove.http.paging import ThisPage
from evergrove.jobs.schedule import Every
from evergrove.jobs.types import State
from evergrove.text import translator

if TYPE_CHECKING:
    from evergrove.http import Call

routes = Routes(tag="jobs")

MOST_NUMBER = 2**31 - 1
JobNumber = Annotated[int, Path(ge=1, le=MOST_NUMBER, description="Number of the job.", examples=[7])]


class NewJob(Body):
    """A piece of work to be done."""

    kind: str = Field(
        description="docs/jobs.md says what each does.",
        max_length=40,
        examples=["night"],
        json_schema_extra={"enum": list(BY_NAME)},
    )


class WorkAnswer(Answer):
    """A kind of work that can be had done by its name."""

    kind: str = Field(examples=["night"])
    title: str = Field(examples=["Daily run"])
    about: str = Field(description="What it does, in a sentence.")
    right: str = Field(description="That it asks for.", examples=["runs.start"])
    is_allowed: bool = Field(description="Whether whoever asks has that right.")


class ScheduleAnswer(Answer):
    """What comes again by itself."""

    key: str = Field(examples=["night"])
    title: str = Field(examples=["Daily run"])
    daily_at: str | None = Field(
        description="Local time; null where it comes every so often.", examples=["03:00"]
    )
    every_seconds: int | None = Field(description="Null where it comes daily.")
    zone: str = Field(description="Whose local time.", examples=["Asia/Shanghai"])
    next_at: Moment
    queued_for: Moment | None = Field(description="The last moment for which a job was queued.")
    missed: int = Field(description="Moments that were passed over, in all: no worker was there in time.")
    missed_at: Moment | None


@routes.get("/jobs", right="jobs.read")
def list_jobs(
    call: ThisCall,
    page: ThisPage,
    state: Annotated[list[State] | None, Query(description="Only jobs in one of these.")] = None,
    kind: Annotated[str | None, Query(max_length=40, description="Only of this kind.")] = None,
) -> Page[JobAnswer]:
    """Jobs, the newest first."""
    before = None if page.after is None else int(page.after[0])
    with call.here.ledger.reading() as connection:
        found = queue.list_jobs(connection, state or (), kind, before=before, limit=page.limit + 1)
    shown = found[: page.limit]
    after = (shown[-1].id,) if len(found) > len(shown) else None
    return Page(items=[told_job(job, call.language) for job in shown], next_cursor=page.next(after))


@routes.post("/jobs", right="jobs.read", status_code=202)
def queue_one(call: ThisCall, new: NewJob) -> JobDetail:
    """
    Have a piece of work done by the next worker that is free.

    Each kind asks for the right to what it does, now and again when it is done; `jobs.read` is not enough.
    """
    return _shown(call, queue_job(call.here, new.kind, call.actor))


@routes.get("/jobs/kinds", right="jobs.read")
def list_kinds(call: ThisCall) -> Page[WorkAnswer]:
    """The kinds of work that `POST /v1/jobs` takes, what each does, and whether you may have it done."""
    say = translator(call.language)
    items = [
        WorkAnswer(
            kind=kind,
            title=say(TITLES[kind]),
            about=say(ABOUT[kind]) if kind in ABOUT else "",
            right=RIGHTS[kind],
            is_allowed=access.may(call.actor, RIGHTS[kind]),
        )
        for kind in BY_NAME
    ]
    return Page(items=items)


@routes.get("/schedules", right="jobs.read")
def list_schedules(call: ThisCall) -> Page[ScheduleAnswer]:
    """What comes again by itself, the next one first; the settings say it."""
    with call.here.ledger.reading() as connection:
        found = queue.standings(connection)
    return Page(items=[_schedule(call, each) for each in found])


@routes.get(
    "/jobs/events",
    right="jobs.read",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}}},
)
def watch_jobs(request: Request, call: ThisCall) -> Response:
    """
    Every job that waits or runs, and each change of one, as server-sent events.

    An event `job` has the data of `GET /v1/jobs/{number}` without the log. After a break, send the last id as
    `Last-Event-ID`: jobs that ended meanwhile are told too. A job may be told twice, and is never left out.
    """
    return streamed(request, call, None)


@routes.get("/jobs/{number:int}", right="jobs.read")
def show_job(call: ThisCall, number: JobNumber) -> JobDetail:
    """One job, with the end of its log."""
    return _shown(call, number)


@routes.get(
    "/jobs/{number:int}/events",
    right="jobs.read",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}}},
)
def watch_job(request: Request, call: ThisCall, number: JobNumber) -> Response:
    """
    One job as it goes on, as server-sent events, until it has ended.

    An event `job` has the data of `GET /v1/jobs/{number}`. After a break, send the last id as `Last-Event-ID`; where
    the job has ended and that was told, the answer is 204, and a browser does not come back.
    """
    return streamed(request, call, number)


@routes.post("/jobs/{number:int}/cancel", right="jobs.write")
def cancel(call: ThisCall, number: JobNumber) -> JobDetail:
    """Cancel a job: at once where it waits; where it runs, at its next safe point."""
    cancel_job(call.here, number)
    return _shown(call, number)


@routes.post("/jobs/{number:int}/retry", right="jobs.write")
def retry(call: ThisCall, number: JobNumber) -> JobDetail:
    """Let a job that was given up or cancelled run again, with all its attempts before it."""
    retry_job(call.here, number, call.actor)
    return _shown(call, number)


def _shown(call: Call, number: int) -> JobDetail:
    with call.here.ledger.reading() as connection:
        return told_whole_job(queue.show(connection, number), call.language)


def _schedule(call: Call, standing: queue.Standing) -> ScheduleAnswer:
    schedule, title = standing.schedule, TITLES.get(standing.schedule.kind, standing.schedule.kind)
    often = isinstance(schedule.rule, Every)
    return ScheduleAnswer(
        key=schedule.key,
        title=translator(call.language)(title),
        daily_at=None if isinstance(schedule.rule, Every) else schedule.rule.at.isoformat("minutes"),
        every_seconds=int(schedule.rule.period / timedelta(seconds=1)) if often else None,
        zone=schedule.zone,
        next_at=standing.next_at,
        queued_for=standing.queued_for,
        missed=standing.missed,
        missed_at=standing.missed_at,
    )

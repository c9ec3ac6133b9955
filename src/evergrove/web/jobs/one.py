"""``/settings/jobs/{number}``: one job as it goes on; cancel it, have it run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import jobs as routes
from evergrove.api.jobs import JobNumber  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - same
from evergrove.http.statuses import status_of
from evergrove.web.frame import Pages, Refused, Told, allowed, ask, fragment, page, reader_of, redirect
from evergrove.web.jobs.page import PATH
from evergrove.web.jobs.words import OPEN, shown

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.http import Call

pages = Pages()

CANCELLED = Told(
    "jobs.page_cancelled",
    _("Job {number} is to stop: at once if it waits, at its next safe point if it runs."),
)
RETRIED = Told("jobs.page_retried", _("Job {number} waits for a worker, with all its attempts before it."))


@pages.get(f"{PATH}/{{number:int}}", right="jobs.read")
def job(call: ThisCall, request: Request, number: JobNumber) -> Response:
    """The page."""
    return page(call, request, "jobs/job.html.j2", **_content(call, number))


@pages.get(f"{PATH}/{{number:int}}/progress", right="jobs.read")
def progress(call: ThisCall, request: Request, number: JobNumber) -> Response:
    """How far it is: asks again by itself every two seconds until it has ended."""
    return fragment(call, request, "jobs/progress.html.j2", **_content(call, number))


@pages.get(f"{PATH}/{{number:int}}/live", right="jobs.read")
def live(call: ThisCall, request: Request, number: JobNumber) -> Response:
    """The page below its head: progress, figures and log."""
    return fragment(call, request, "jobs/live.html.j2", **_content(call, number))


@pages.post(f"{PATH}/{{number:int}}/cancel", right="jobs.write")
def cancel(call: ThisCall, request: Request, number: JobNumber) -> Response:
    """Stop it."""
    try:
        ask(call, routes.cancel, number=number)
    except InputError as error:
        return _refused(call, request, number, error)
    return redirect(f"{PATH}/{number}", CANCELLED, number=number)


@pages.post(f"{PATH}/{{number:int}}/retry", right="jobs.write")
def retry(call: ThisCall, request: Request, number: JobNumber) -> Response:
    """Let it run again."""
    try:
        ask(call, routes.retry, number=number)
    except InputError as error:
        return _refused(call, request, number, error)
    return redirect(f"{PATH}/{number}", RETRIED, number=number)


def _refused(call: Call, request: Request, number: int, error: InputError) -> Response:
    answer = page(
        call,
        request,
        "jobs/job.html.j2",
        **{**_content(call, number), "refused": Refused.of(error, call.language)},
    )
    answer.status_code = status_of(error)
    return answer


def _content(call: Call, number: int) -> dict[str, object]:
    found = ask(call, routes.show_job, number=number)
    return {
        "active": "settings",
        "it": shown(call, found, reader_of(call).formats),
        "job": found,
        "is_open": found.state in OPEN,
        "may_stop": found.state in OPEN and not found.is_cancel_asked and allowed(call, routes.cancel),
        "may_retry": found.state in {"dead", "cancelled"} and allowed(call, routes.retry),
        "refused": None,
    }

"""``/begin``: a demo shop or one's own orders, what was made of them, and everybody valued."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import files, imports, jobs, runs
from evergrove.core import InputError
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.paging import first_page
from evergrove.http.statuses import status_of
from evergrove.web.data.page import waiting_files
from evergrove.web.data.words import file_name, table_name
from evergrove.web.frame import Pages, Refused, allowed, ask, fragment, page, reader_of, redirect

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.api.job_answers import JobDetail
    from evergrove.http import Call

pages = Pages()

Then = Literal["overview", "check"]
AFTER: dict[Then, str] = {"overview": "/", "check": "/begin/check"}
"""Where one goes on when a job has ended well."""
OVER = frozenset({"done", "cancelled", "dead"})
NEWEST = 5
"""Imports that are shown: files of the first hour."""


def _begun(call: Call, request: Request, refused: Refused | None = None) -> Response:
    came = ask(call, imports.imports, page=first_page(call, NEWEST)).items
    running = ask(call, jobs.list_jobs, page=first_page(call, NEWEST), state=["queued", "running"]).items
    content = {"imports": came, "running": running, "refused": refused, "step": 1}
    answer = page(call, request, "begin/begin.html.j2", **content)
    answer.status_code = refused.status if refused else 200
    return answer


@pages.get("/begin", right="imports.write")
def begin(call: ThisCall, request: Request) -> Response:
    """The choice between a demo shop and one's own orders."""
    return _begun(call, request)


@pages.post("/begin/demo", right="runs.start")
def demo(call: ThisCall, request: Request) -> Response:
    """Have a shop simulated."""
    try:
        queued = ask(call, jobs.queue_one, new=jobs.NewJob(kind="trial"))
    except InputError as error:
        refused = Refused.of(error, call.language)
        return _begun(call, request, Refused(refused.message, refused.hint, status=status_of(error)))
    return redirect(f"/begin/wait?job={queued.number}&then=overview")


@pages.post("/begin/value", right="runs.start")
def value(call: ThisCall, request: Request) -> Response:
    """Have everybody valued for the first time."""
    try:
        queued = ask(call, runs.begin, day=runs.NewRun())
    except InputError as error:
        refused = Refused.of(error, call.language)
        return _checked(call, request, Refused(refused.message, refused.hint, status=status_of(error)))
    return redirect(f"/begin/wait?job={queued.job}&then=overview")


@pages.get("/begin/wait", right="jobs.read")
def wait(
    call: ThisCall,
    request: Request,
    job: Annotated[int, Query(ge=1)],
    then: Then = "overview",
) -> Response:
    """How far the work is; on to what follows when it has ended well."""
    shown: JobDetail = ask(call, jobs.show_job, number=job)
    is_part = bool(request.headers.get("hx-request"))
    if shown.state == "done":
        onward = redirect(AFTER[then])
        if is_part:
            onward.status_code = 204
            onward.headers["HX-Redirect"] = AFTER[then]
        return onward
    content = {"job": shown, "then": then, "step": 2, "is_over": shown.state in OVER}
    if is_part:
        return fragment(call, request, "begin/waiting.html.j2", **content)
    return page(call, request, "begin/wait.html.j2", **content)


@pages.get("/begin/check", right="imports.write")
def check(call: ThisCall, request: Request) -> Response:
    """What was made of the files; whether it is enough is fetched behind it, for all orders are looked through."""
    return _checked(call, request)


def _checked(call: Call, request: Request, refused: Refused | None = None) -> Response:
    came = ask(call, imports.imports, page=first_page(call, NEWEST)).items
    formats = reader_of(call).formats
    is_ready = any(each.table == "orders" and each.good for each in came)
    content: dict[str, Any] = {
        "imports": [(each, file_name(each.file), table_name(each.table, formats)) for each in came],
        "waiting": waiting_files(call),
        "may_send": allowed(call, files.look),
        "refused": refused,
        "step": 2,
        "is_ready": is_ready,
    }
    answer = page(call, request, "begin/check.html.j2", **content)
    answer.status_code = refused.status if refused else 200
    return answer

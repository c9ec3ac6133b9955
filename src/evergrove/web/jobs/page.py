"""``/settings/jobs``: what is being done and was done, what comes again, and what one can have done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Query
from pydantic import ValidationError
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import jobs as routes
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.paging import Paging, ThisPage
from evergrove.http.statuses import status_of
from evergrove.web.frame import Pages, Refused, ThisForm, Told, ask, page, query, reader_of, redirect
from evergrove.web.jobs.words import OPEN, STATES, shown
from evergrove.web.settings.tabs import tabs as rooms

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.http import Call

pages = Pages()

PATH = "/settings/jobs"
TRIAL = "trial"
"""A shop to look around in is for a workspace that holds nothing yet: its first page offers it."""
QUEUED = Told("jobs.page_queued", _("Job {number} waits for a worker."))


@pages.get(PATH, right="jobs.read")
def list_of_jobs(
    call: ThisCall, request: Request, paging: ThisPage, state: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """The page."""
    return _shown(call, request, paging, state if state in STATES else "")


@pages.post(PATH, right="jobs.read")
def begin(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Have a piece of work done, and look at it."""
    try:
        queued = ask(call, routes.queue_one, new=form.body(routes.NewJob))
    except (InputError, ValidationError) as error:
        refused = Refused.of(error, call.language)
        answer = _shown(call, request, Paging(50, None, None, call.here.seal, ""), "", refused)
        answer.status_code = status_of(error) if isinstance(error, InputError) else 422
        return answer
    return redirect(f"{PATH}/{queued.number}", QUEUED, number=queued.number)


def _shown(
    call: Call, request: Request, paging: Paging, state: str, refused: Refused | None = None
) -> Response:
    formats = reader_of(call).formats
    found = ask(call, routes.list_jobs, page=paging, state=[state] if state else None, kind=None)
    first = Paging(20, None, None, call.here.seal, "")
    under_way = ask(call, routes.list_jobs, page=first, state=list(OPEN), kind=None)
    tabs = [(PATH, formats.say(_("All")), "")]
    tabs += [(f"{PATH}{query(state=each)}", formats.say(word), each) for each, word in STATES.items()]
    content = {
        "rows": [shown(call, each, formats) for each in found.items],
        "under_way": [shown(call, each, formats) for each in under_way.items if each.state == "running"],
        "schedules": ask(call, routes.list_schedules).items,
        "kinds": [
            each for each in ask(call, routes.list_kinds).items if each.is_allowed and each.kind != TRIAL
        ],
        "tabs": tabs,
        "rooms": rooms(call, formats),
        "state": state,
        "onward": f"{PATH}{query(state=state, cursor=found.next_cursor)}" if found.next_cursor else None,
        "first": f"{PATH}{query(state=state)}" if paging.after is not None else None,
        "refused": refused,
    }
    return page(call, request, "jobs/list.html.j2", active="settings", **content)

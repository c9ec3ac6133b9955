"""``/tasks``: who is to be called, what is due first, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, get_args

from fastapi import Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import customers
from evergrove.api import tasks as routes
from evergrove.api.tasks import Id  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.paging import MOST, Paging, ThisPage, first_page
from evergrove.outbox.tasks import TaskOutcome, TaskState
from evergrove.web.frame import (
    Block,
    Column,
    Pages,
    Table,
    ThisForm,
    Told,
    allowed,
    ask,
    downloads,
    query,
    reader_of,
    redirect,
)
from evergrove.web.outreach.rooms import Mistake, room
from evergrove.web.segments.authors import author_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import ValidationError
    from starlette.responses import Response

    from evergrove.api.tasks import TaskLine
    from evergrove.core import InputError
    from evergrove.http import Call

pages = Pages()

PATH = "/tasks"
TAKEN = Told("tasks.page_taken", _("The task is yours. The others see that you are at it."))
FINISHED = Told("tasks.page_finished", _("Noted. It counts as the result of the message."))
CANCELLED = Told("tasks.page_cancelled", _("The task is let go."))
STATES: Mapping[str, str] = {
    "open": _("waits"),
    "taken": _("somebody is at it"),
    "done": _("done"),
    "cancelled": _("let go"),
    "expired": _("too late"),
}
OUTCOMES: Mapping[str, str] = {
    "reached": _("reached"),
    "not_reached": _("nobody answered"),
    "wrong_number": _("wrong number"),
    "declined": _("reached, and not interested"),
    "no_more": _("wants no more calls"),
}
KINDS: Mapping[str, str] = {"call_back": _("Call")}
COLUMNS = (
    ("due_at", _("Due")),
    ("customer_id", _("Customer")),
    ("kind", _("What to do")),
    ("playbook", _("Playbook")),
    ("template", _("What to say")),
    ("phone", _("Telephone")),
    ("state", _("State")),
    ("outcome", _("Outcome")),
)
Shown = Annotated[TaskState | None, Query()]


@pages.get(PATH, right="tasks.read")
def tasks(call: ThisCall, request: Request, paging: ThisPage, state: Shown = None) -> Response:
    """The page."""
    return _shown(call, request, paging, state)


@pages.post(f"{PATH}/{{task_id}}/take", right="tasks.write")
def take(call: ThisCall, request: Request, task_id: Id) -> Response:
    """Say that one is at it."""
    try:
        ask(call, routes.take, task_id=task_id)
    except Mistake as mistake:
        return _shown(call, request, None, None, mistake)
    return redirect(PATH, TAKEN)


@pages.post(f"{PATH}/{{task_id}}/finish", right="tasks.write")
def finish(call: ThisCall, request: Request, form: ThisForm, task_id: Id) -> Response:
    """Say what came of it."""
    try:
        ask(call, routes.finish, task_id=task_id, told=form.body(routes.Outcome))
    except Mistake as mistake:
        return _shown(call, request, None, None, mistake)
    return redirect(PATH, FINISHED)


@pages.post(f"{PATH}/{{task_id}}/cancel", right="tasks.write")
def cancel(call: ThisCall, request: Request, task_id: Id) -> Response:
    """Let it go."""
    try:
        ask(call, routes.cancel, task_id=task_id)
    except Mistake as mistake:
        return _shown(call, request, None, None, mistake)
    return redirect(PATH, CANCELLED)


def _shown(
    call: Call,
    request: Request,
    paging: Paging | None,
    state: TaskState | None,
    mistake: InputError | ValidationError | None = None,
) -> Response:
    found = ask(call, routes.tasks, page=paging or first_page(call, MOST), state=state)
    formats = reader_of(call).formats
    content: dict[str, Any] = {
        "tasks": [(each, author_of(call, each.assigned) if each.assigned else "") for each in found.items],
        "counts": ask(call, routes.counts),
        "state": state or "",
        "states": {code: formats.say(word) for code, word in STATES.items()},
        "outcomes": [(code, formats.say(OUTCOMES[code])) for code in get_args(TaskOutcome)],
        "kinds": {code: formats.say(word) for code, word in KINDS.items()},
        "me": call.by,
        "may_write": allowed(call, routes.take),
        "may_see_customers": allowed(call, customers.customer),
        "next": PATH + query(cursor=found.next_cursor, state=state) if found.next_cursor else "",
        "first": PATH + query(state=state) if paging and paging.after else "",
        "files": f"{PATH}/files/tasks",
        "filter": query(state=state),
    }
    return room(call, request, "tasks", "tasks/tasks.html.j2", mistake, **content)


def _blocks(call: Call, request: Request) -> Iterable[Block]:
    formats = reader_of(call).formats
    wanted = request.query_params.get("state")
    state: TaskState | None = next((each for each in get_args(TaskState) if each == wanted), None)
    rows = [tuple(getattr(each, key) for key, _name in COLUMNS) for each in _all(call, state)]
    columns = [Column(key, formats.say(name)) for key, name in COLUMNS]
    return (Block("tasks", formats.say(_("Staff tasks")), table=Table(columns, rows)),)


def _all(call: Call, state: TaskState | None) -> list[TaskLine]:
    """Every task, a portion of the API's after the other."""
    page, found = first_page(call, MOST), list[Any]()
    while True:
        part = ask(call, routes.tasks, page=page, state=state)
        found += part.items
        if not part.next_cursor:
            return found
        page = page.beyond(part.next_cursor)


downloads(pages, PATH, "tasks.read", _blocks)

"""A list of customers taken along as a file: asked for, made by a job, fetched by a link that opens once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from fastapi import Path
from pydantic import ValidationError
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import exports as routes
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.paging import ThisPage  # noqa: TC001 - same
from evergrove.http.statuses import status_of
from evergrove.web.customers.asked import PATH, question_of
from evergrove.web.customers.columns import BY_KEY
from evergrove.web.frame import Pages, Refused, ThisForm, Told, allowed, ask, fragment, page, query, redirect
from evergrove.web.frame.render import IS_PART

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.api.exports import ExportAnswer
    from evergrove.http import Call

pages = Pages()

FILES = "/customer-files"
PERSONAL = ("email", "name")
ASKED = Told(
    "customers.export_asked", _("Your file is being made. It can be fetched for a day, by you alone.")
)
STATES = {
    "queued": _("It waits for a worker."),
    "running": _("It is being written."),
    "dead": _("It could not be made: its job says why."),
    "cancelled": _("It was cancelled."),
}
OVER = _("The file is no longer kept. Ask for it again.")
ExportId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


@dataclass(frozen=True)
class ShownExport:
    """
    A file as a page shows it.

    Attributes:
        told: As /v1 tells it.
        says: How it stands, where it cannot be fetched.
        is_open: Whether it is still being made.
    """

    told: ExportAnswer
    says: str
    is_open: bool


def _as_shown(told: ExportAnswer) -> ShownExport:
    is_open = told.state in ("queued", "running")
    return ShownExport(told, "" if told.is_there else STATES.get(told.state, OVER), is_open)


def shown_export(call: Call, export: str) -> ShownExport | None:
    """A file of whoever asks; None where there is none such, or they may have none."""
    if not allowed(call, routes.show_export):
        return None
    try:
        return _as_shown(ask(call, routes.show_export, export=export))
    except InputError:
        return None


@pages.get(FILES, right="exports.write")
def files(call: ThisCall, request: Request, paging: ThisPage) -> Response:
    """The files that somebody had made."""
    found = ask(call, routes.list_exports, page=paging)
    content = {
        "files": [_as_shown(each) for each in found.items],
        "further": f"{FILES}{query(cursor=found.next_cursor)}" if found.next_cursor else None,
        "first": FILES if paging.after is not None else None,
        "refused": None,
        "back": None,
    }
    return page(call, request, "customers/files.html.j2", active="customers", **content)


@pages.post(FILES, right="exports.write")
def begin(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Have a file made of just the list that is shown."""
    question = question_of(form)
    columns = [name for key in question.columns for name in BY_KEY[key].exported]
    if form.has("personal"):
        columns[1:1] = PERSONAL
    try:
        new = form.body(routes.NewExport, filter=question.condition, columns=columns)
        asked = ask(call, routes.ask, new=new)
    except (InputError, ValidationError) as error:
        status = status_of(error) if isinstance(error, InputError) else 422
        refused = Refused.of(error, call.language)
        content: dict[str, Any] = {
            "files": [],
            "further": None,
            "first": None,
            "refused": refused,
            "back": question.link(),
        }
        answer = page(call, request, "customers/files.html.j2", active="customers", **content)
        answer.status_code = status
        return answer
    return redirect(question.link(export=asked.id), ASKED)


@pages.get(f"{FILES}/{{export}}", right="exports.write")
def one(call: ThisCall, request: Request, export: ExportId) -> Response:
    """How far a file is; asks again by itself until it is there."""
    content = {"export": _as_shown(ask(call, routes.show_export, export=export))}
    if request.headers.get(IS_PART):
        return fragment(call, request, "customers/export.html.j2", **content)
    return page(call, request, "customers/file.html.j2", active="customers", back=PATH, **content)


@pages.post(f"{FILES}/{{export}}", right="exports.write")
def fetch(call: ThisCall, export: ExportId) -> Response:
    """Make a link that opens once, and go there."""
    made = ask(call, routes.new_link, export=export)
    return redirect(urlsplit(made.url).path)

"""What people do with a playbook: try it, start it, agree to a start, let it rest, let in who was held back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import playbooks as routes
from evergrove.api.playbooks import Days, Key, Wish
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.web.frame import Pages, ThisForm, Told, ask, query, redirect
from evergrove.web.playbooks.one import page_of
from evergrove.web.playbooks.words import PATH, path_of

if TYPE_CHECKING:
    from starlette.responses import Response

pages = Pages()

TRYING = Told(
    "playbooks.page_trying", _("The trial waits for a worker as job {number}. What it comes to stands here.")
)
STARTED = Told("playbooks.page_started", _("“{name}” works from the next run on."))
WAITS = Told(
    "playbooks.page_waits",
    _("“{name}” waits for a second person: it would reach {people} {people:customer|customers}."),
)
APPROVED = Told("playbooks.page_approved", _("“{name}” is approved, and works from the next run on."))
PAUSED = Told(
    "playbooks.page_paused",
    _("“{name}” rests; {messages} {messages:message that waited was|messages that waited were} taken back."),
)
RELEASED = Told(
    "playbooks.page_released",
    _("{customers} {customers:customer enters|customers enter} “{name}” with the next run."),
)


@pages.post(f"{PATH}/{{key}}/try", right="playbooks.write")
def try_it(call: ThisCall, request: Request, key: Key, form: ThisForm) -> Response:
    """Try it on the nights that were published, as a job."""
    try:
        queued = ask(call, routes.try_on_the_past, key=key, days=form.body(Days))
    except (InputError, ValidationError) as mistake:
        return page_of(call, request, key, mistake)
    return redirect(f"{path_of(key)}{query(job=queued.job)}", TRYING, number=queued.job)


@pages.post(f"{PATH}/{{key}}/start", right="playbooks.write")
def start(call: ThisCall, request: Request, key: Key) -> Response:
    """Let it work, or have it wait for a second person."""
    try:
        line = ask(call, routes.begin, key=key)
    except InputError as mistake:
        return page_of(call, request, key, mistake)
    if line.asked is not None:
        return redirect(path_of(key), WAITS, name=line.name, people=line.asked.people)
    return redirect(path_of(key), STARTED, name=line.name)


@pages.post(f"{PATH}/{{key}}/approve", right="playbooks.write")
def approve(call: ThisCall, request: Request, key: Key) -> Response:
    """Agree to somebody else's start."""
    try:
        line = ask(call, routes.approve, key=key)
    except InputError as mistake:
        return page_of(call, request, key, mistake)
    return redirect(path_of(key), APPROVED, name=line.name)


@pages.post(f"{PATH}/{{key}}/pause", right="playbooks.write")
def pause(call: ThisCall, key: Key) -> Response:
    """Let it rest."""
    name = ask(call, routes.one, key=key).name
    rested = ask(call, routes.pause, key=key)
    return redirect(path_of(key), PAUSED, name=name, messages=rested.taken_back)


@pages.post(f"{PATH}/{{key}}/release", right="playbooks.write")
def release(call: ThisCall, request: Request, key: Key, form: ThisForm) -> Response:
    """Let those in who were held back for one cause."""
    try:
        released = ask(call, routes.release, key=key, wish=form.body(Wish))
    except (InputError, ValidationError) as mistake:
        return page_of(call, request, key, mistake)
    name = ask(call, routes.one, key=key).name
    return redirect(path_of(key), RELEASED, name=name, customers=released.released)

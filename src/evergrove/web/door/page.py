"""Signing in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Query
from pydantic import ValidationError
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import about
from evergrove.api import sign_in as routes
from evergrove.core import InputError
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.statuses import status_of
from evergrove.web.frame import Pages, Refused, ThisForm, ask, page, redirect
from evergrove.web.frame.choices import local

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.http import Call

pages = Pages()

DOOR = "It is the door: nobody is known before it."


def _shown(
    call: Call, request: Request, onward: str, refused: Refused | None = None, email: str = ""
) -> Response:
    is_set_up = ask(call, about.about).is_set_up
    content = {"onward": local(onward), "refused": refused, "email": email, "is_set_up": is_set_up}
    return page(call, request, "door/sign_in.html.j2", **content)


@pages.get("/sign-in", public=DOOR)
def sign_in(
    call: ThisCall, request: Request, onward: Annotated[str, Query(alias="next", max_length=2000)] = "/"
) -> Response:
    """The form."""
    return _shown(call, request, onward)


@pages.post("/sign-in", public=DOOR)
def signed_in(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Sign in, and go on to where one wanted to go."""
    onward, email = local(form.text("next", "/")), form.text("email")
    answer = redirect(onward)
    try:
        ask(call, routes.sign_in, form.body(routes.Credentials), request=request, response=answer)
    except (InputError, ValidationError) as error:
        shown = _shown(call, request, onward, Refused.of(error, call.language), email)
        shown.status_code = status_of(error) if isinstance(error, InputError) else 422
        return shown
    return answer


@pages.post("/sign-out", known="Whoever signed in may sign out.")
def sign_out(call: ThisCall, request: Request) -> Response:
    """Sign out, and show the door."""
    answer = redirect("/sign-in")
    ask(call, routes.sign_out, request=request, response=answer)
    return answer

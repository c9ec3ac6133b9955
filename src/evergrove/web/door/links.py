"""``/link/{token}``: where one-time links lead. Opening it changes nothing, for mail scanners open links, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import BackgroundTasks, Path
from pydantic import ValidationError
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time
from starlette.responses import PlainTextResponse

from evergrove.api import about, sign_in
from evergrove.core import InputError
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.statuses import status_of
from evergrove.web.door.by_command import told
from evergrove.web.frame import Pages, Refused, ThisForm, ask, page, redirect

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.http import Call

pages = Pages()

Token = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_-]+$")]
HELD = "Whoever holds a one-time link is not known yet; nothing is looked up."
DOOR = "It is the door: nobody is known before it."


def _shown(
    call: Call, request: Request, token: str, refused: Refused | None = None, email: str = ""
) -> Response:
    is_first = not ask(call, about.about).is_set_up
    content = {"token": token, "is_first": is_first, "refused": refused, "email": email}
    return page(call, request, "door/link.html.j2", **content)


@pages.get("/link/{token}", public=HELD)
def link(call: ThisCall, request: Request, token: Token) -> Response:
    """The form behind the link; a command to send, for whoever has no browser."""
    if "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse(told(call, token))
    return _shown(call, request, token)


@pages.post("/link/{token}", public=HELD)
def open_link(call: ThisCall, request: Request, token: Token, form: ThisForm) -> Response:
    """Choose a password; the link is used up. The first administrator goes on to the first steps."""
    is_first = form.has("email")
    answer = redirect("/begin" if is_first else "/")
    body, act = (sign_in.SetUp, sign_in.set_up) if is_first else (sign_in.Entry, sign_in.enter)
    try:
        ask(call, act, form.body(body, token=token), request=request, response=answer)
    except (InputError, ValidationError) as error:
        shown = _shown(call, request, token, Refused.of(error, call.language), form.text("email"))
        shown.status_code = status_of(error) if isinstance(error, InputError) else 422
        return shown
    return answer


@pages.get("/forgotten", public=DOOR)
def forgotten(call: ThisCall, request: Request) -> Response:
    """Where one asks for a link to a new password."""
    return page(call, request, "door/forgotten.html.j2", refused=None, is_sent=False, email="")


@pages.post("/forgotten", public=DOOR)
def send_link(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Have the link sent; the answer is the same whether somebody has that address or not."""
    later = BackgroundTasks()
    content: dict[str, Any] = {"refused": None, "is_sent": True, "email": form.text("email")}
    try:
        ask(call, sign_in.reset, form.body(sign_in.Asked), request=request, later=later)
    except (InputError, ValidationError) as error:
        content |= {"refused": Refused.of(error, call.language), "is_sent": False}
    answer = page(call, request, "door/forgotten.html.j2", **content)
    answer.background = later
    return answer

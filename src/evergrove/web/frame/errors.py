"""Errors as pages: what happened, the way out, and the number under which the log knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from evergrove.access.errors import SignInNeeded
from evergrove.http import Call
from evergrove.http.errors import NoCredentials
from evergrove.http.statuses import retry_after, status_of
from evergrove.web.frame.forms import Refused
from evergrove.web.frame.render import IS_PART, fragment, page

if TYPE_CHECKING:
    from starlette.requests import Request

    from evergrove.core import EvergroveError

SIGN_IN = "/sign-in"


def error_page(request: Request, error: EvergroveError) -> Response | None:
    """An error as a browser is told it; None for paths of the API, which speaks JSON whatever is asked for."""
    if request.url.path.startswith("/v1/"):
        return None
    if isinstance(error, NoCredentials | SignInNeeded):
        return _to_the_door(request)
    call = getattr(request.state, "call", None) or Call(
        request.app.state.service, None, request.state.request_id, request.state.language
    )
    status, wait_s = status_of(error), retry_after(error)
    refused = Refused.of(error, call.language)
    if request.headers.get(IS_PART):
        answer = fragment(call, request, "frame/templates/error_part.html.j2", refused=refused)
    else:
        answer = page(call, request, "frame/templates/error.html.j2", refused=refused, status=status)
    answer.status_code = status
    if wait_s is not None:
        answer.headers["Retry-After"] = str(wait_s)
    return answer


def _to_the_door(request: Request) -> Response:
    """Where one signs in, and the way back; what a form held is not kept."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = f"?next={quote(asked, safe='/')}" if request.method == "GET" and asked != "/" else ""
    if request.headers.get(IS_PART):  # a part of a page cannot hold the door: the whole page goes there
        return Response(status_code=204, headers={"HX-Redirect": SIGN_IN})
    return RedirectResponse(f"{SIGN_IN}{back}", 303)

"""What a reader chooses for their own browser: language and light. Kept in cookies that hold nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time
from starlette.responses import RedirectResponse

from evergrove.http import ThisCall  # noqa: TC001 - same
from evergrove.http.cookies import is_secure
from evergrove.http.languages import COOKIE as LANGUAGE
from evergrove.text import language
from evergrove.web.frame.forms import ThisForm  # noqa: TC001 - same
from evergrove.web.frame.pages import Pages

if TYPE_CHECKING:
    from starlette.responses import Response

pages = Pages()

LIGHT = "evergrove_light"
LIGHTS = ("auto", "light", "dark")
LASTS_S = 365 * 86_400


def local(path: str) -> str:
    """A path of this site; anything else leads to its first page."""
    try:
        parts = urlsplit(path)
    except ValueError:  # what no address is
        return "/"
    is_ours = (
        path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    )
    return path if is_ours and path.isprintable() else "/"


@pages.post("/choices", public="It is the reader's own browser that keeps it.", bucket="")
def choose(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Keep a language, or a light, and go back to the page."""
    answer = RedirectResponse(local(form.text("next", "/")), 303)
    secure = is_secure(request, call.service.here.settings.access.base_url)
    kept: dict[str, str] = {}
    if form.has("language"):
        kept[LANGUAGE] = language(form.text("language"))
    if form.text("light") in LIGHTS:
        kept[LIGHT] = form.text("light")
    for name, value in kept.items():
        answer.set_cookie(
            name, value, max_age=LASTS_S, path="/", secure=secure, httponly=True, samesite="lax"
        )
    return answer

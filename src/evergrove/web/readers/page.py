"""``/l``, ``/p``, ``/c`` and ``/o``: leaving, wishes, followed links and opened letters. Only a POST changes anything."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Annotated

from fastapi import Path
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time
from starlette.responses import HTMLResponse, RedirectResponse, Response

from evergrove.access.errors import TooManyAttempts
from evergrove.api import links
from evergrove.delivery.links.errors import NoSuchLink
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.statuses import retry_after, status_of
from evergrove.text import LANGUAGES
from evergrove.web.frame import Pages, Refused, ThisForm
from evergrove.web.frame.render import environment
from evergrove.web.readers.route import ReaderRoute
from evergrove.web.readers.words import CHANNELS, PURPOSES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from evergrove.core import InputError
    from evergrove.http import Call
    from evergrove.text import Language

pages = Pages()

HELD = links.HELD
Token = Annotated[str, Path(min_length=1, max_length=200)]
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}
PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""A GIF of one transparent point."""


@pages.get("/l/{token}", public=HELD, base=ReaderRoute)
def leaving(call: ThisCall, request: Request, token: Token) -> Response:
    """The page on which one leaves; opening it changes nothing, for mail scanners open links, too."""
    return _shown(call, request, "leave", lambda: links.shown(call, request, token), token)


@pages.post("/l/{token}", public=HELD, base=ReaderRoute)
def left(call: ThisCall, request: Request, token: Token) -> Response:
    """Leave, at once: by the button of the page, or by the one click of a mail program (RFC 8058)."""
    return _shown(call, request, "left", lambda: links.leave(call, request, token), token)


@pages.get("/p/{token}", public=HELD, base=ReaderRoute)
def wishes(call: ThisCall, request: Request, token: Token) -> Response:
    """The page on which one says what one wants."""
    return _shown(call, request, "wishes", lambda: links.shown(call, request, token), token)


@pages.post("/p/{token}", public=HELD, base=ReaderRoute)
def chosen(call: ThisCall, request: Request, token: Token, form: ThisForm) -> Response:
    """Say what one wants; the last answer counts."""
    offered = [each for each in form.texts("offered") if len(each) <= 100][:60]
    wanted = [each for each in form.texts("wish") if each in offered]
    body = links.WishesBody(chosen=wanted, offered=offered)
    return _shown(call, request, "chosen", lambda: links.choose(call, request, token, body), token)


@pages.get("/c/{token}", public=HELD, base=ReaderRoute)
@pages.add("HEAD", "/c/{token}", public=HELD, base=ReaderRoute)
def click(call: ThisCall, request: Request, token: Token) -> Response:
    """On to where a link of a letter leads, and to nowhere else."""
    try:
        return RedirectResponse(links.follow(call, request, token), 302, headers=HEADERS)
    except (NoSuchLink, TooManyAttempts) as error:
        return _refused(call, request, error)


@pages.get("/o/{token}", public=HELD, base=ReaderRoute)
@pages.add("HEAD", "/o/{token}", public=HELD, base=ReaderRoute)
def picture(call: ThisCall, request: Request, token: Token) -> Response:
    """The picture that tells of opening; whoever has not agreed to being counted is not."""
    try:
        links.opened(call, request, token)
    except (NoSuchLink, TooManyAttempts) as error:
        return _refused(call, request, error)
    return Response(PIXEL, headers={**HEADERS, "Content-Type": "image/gif"})


def _shown(call: Call, request: Request, state: str, ask: Any, token: str) -> Response:
    """A page of a link, in the language of its letter; or why there is none."""
    try:
        told = ask()
    except (NoSuchLink, TooManyAttempts) as error:
        return _refused(call, request, error)
    if state in {"wishes", "chosen"} and told.kind == "leave" and not told.preferences:
        state = "leave"  # nothing is known of the letter: one can leave, and nothing else
    language = _language(request, told.language)
    groups: dict[str, list[links.WishAnswer]] = {}
    for wish in told.wishes:
        groups.setdefault(wish.channel, []).append(wish)
    content = {"state": state, "told": told, "token": token, "groups": groups}
    content |= {"channels": CHANNELS, "purposes": PURPOSES}
    return _page(request, language, "readers/letter.html.j2", content)


def _refused(call: Call, request: Request, error: InputError) -> Response:
    """No page: the same for every link that leads nowhere, whatever is wrong with it."""
    language = _language(request, call.language)
    content = {"state": "refused", "refused": Refused.of(error, language)}
    answer = _page(request, language, "readers/letter.html.j2", content)
    answer.status_code, wait_s = status_of(error), retry_after(error)
    if wait_s is not None:
        answer.headers["Retry-After"] = str(wait_s)
    return answer


def _page(request: Request, language: Language, template: str, content: Mapping[str, Any]) -> HTMLResponse:
    made = environment(language).get_template(template)
    html = made.render(language=language, path=request.url.path, **content)
    return HTMLResponse(html, headers=HEADERS)


def _language(request: Request, usual: str) -> Language:
    """The one that was switched to, else the letter's."""
    wanted = request.query_params.get("language", "")
    return next((each for name in (wanted, usual) for each in LANGUAGES if each == name), LANGUAGES[0])

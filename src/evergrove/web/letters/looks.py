"""A letter's HTML as a document of its own, which runs nothing, loads nothing and reaches nothing of the page around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

from evergrove.web.frame.render import POLICY

if TYPE_CHECKING:
    from starlette.responses import Response

LETTER_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
"""``sandbox`` gives it an origin of nobody's, so that opened by itself, too, it reads no cookie and sends no form."""
FRAMING = f"{POLICY}; frame-src 'self'"
"""What a page may do that shows a letter in a frame."""
HEADERS = {
    "Content-Security-Policy": LETTER_POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


def look(html: str) -> HTMLResponse:
    """A letter's HTML, to be shown in a frame."""
    return HTMLResponse(html, headers=HEADERS)


def framing(answer: Response) -> Response:
    """A page that may show a letter in a frame."""
    answer.headers["Content-Security-Policy"] = FRAMING
    return answer

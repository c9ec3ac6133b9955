"""
Changes that a page of another site asks for with the log-in of this one.

Three locks, each of which holds alone: the cookie is SameSite=Lax, the header Origin must name this service, and the
header X-CSRF-Token must carry what only a page of this service could read. Keys need none of them: no browser sends
them by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.access import check_csrf
from evergrove.http.errors import ForeignOrigin
from evergrove.http.places import is_loopback, origin_of

if TYPE_CHECKING:
    from starlette.requests import Request

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
PLAIN = "text/plain"
TOKEN_HEADER = "x-csrf-token"  # noqa: S105 - the name of a header


def check_origin(request: Request, base_url: str) -> None:
    """
    Let no change pass that a page of another site asks for; programs name no origin.

    Raises:
        ForeignOrigin: It comes from another site, or as text/plain, which any page may send anywhere.
    """
    if request.method in SAFE:
        return
    named = request.headers.get("origin")
    if named is not None and named.lower() not in _own(request, base_url):
        raise ForeignOrigin
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise ForeignOrigin
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == PLAIN:
        raise ForeignOrigin


def check_token(request: Request, secret: str, token: str | None = None) -> None:
    """
    Let no change pass that does not carry the token of its log-in.

    Args:
        request: With the token in its header, unless
        secret: Of the log-in.
        token: It has come in a form.

    Raises:
        RequestForged: It carries none, or another one.
    """
    if request.method not in SAFE:
        check_csrf(secret, request.headers.get(TOKEN_HEADER, "") if token is None else token)


def _own(request: Request, base_url: str) -> set[str]:
    """What this service is called: as configured; on this machine also as the browser has addressed it."""
    named = {origin_of(base_url)}
    if is_loopback(request):
        named.add(f"{request.url.scheme}://{request.headers.get('host', '')}".lower())
    return named

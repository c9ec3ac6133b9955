"""The cookies of a log-in: out of reach for scripts, and for pages of other sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.http.errors import NotSecure
from evergrove.http.places import is_loopback

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from evergrove.access import SignedIn

LOGIN, DEVICE = "evergrove", "evergrove_device"
PREFIX = "__Host-"
"""A browser takes a cookie of such a name only over https, for this host alone (RFC 6265bis, 4.1.3)."""
DEVICE_LASTS_S = 365 * 86_400


def is_secure(request: Request, base_url: str) -> bool:
    """Whether the browser speaks https, by the connection, a trusted proxy, or the address that was configured."""
    return request.url.scheme == "https" or base_url.startswith("https://")


def cookie_name(name: str, *, secure: bool) -> str:
    """The name under which a cookie is kept; over plain http, on this machine only, without the prefix."""
    return f"{PREFIX}{name}" if secure else name


def held(request: Request, base_url: str, name: str = LOGIN) -> str:
    """The secret that the browser holds; empty where it holds none."""
    return request.cookies.get(cookie_name(name, secure=is_secure(request, base_url)), "")


def give(request: Request, response: Response, base_url: str, opened: SignedIn, now: datetime) -> None:
    """
    Have the browser keep a log-in, and that this device is known.

    Raises:
        NotSecure: The line is open: plain http, and not from this machine.
    """
    secure = is_secure(request, base_url)
    if not secure and not is_loopback(request):
        raise NotSecure
    lasts_s = max(0, int((opened.expires_at - now).total_seconds()))
    for name, value, age in ((LOGIN, opened.secret, lasts_s), (DEVICE, opened.device, DEVICE_LASTS_S)):
        _set(response, cookie_name(name, secure=secure), value, age, secure=secure)


def take_back(request: Request, response: Response, base_url: str) -> None:
    """Have the browser forget the log-in; the device stays known."""
    secure = is_secure(request, base_url)
    _set(response, cookie_name(LOGIN, secure=secure), "", 0, secure=secure)


def _set(response: Response, name: str, value: str, age_s: int, *, secure: bool) -> None:
    response.set_cookie(name, value, max_age=age_s, path="/", secure=secure, httponly=True, samesite="lax")

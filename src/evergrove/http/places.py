"""Where a request comes from, and where it went to."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.requests import Request


def address(request: Request) -> str:
    """The address of whoever asks: of the connection, or what a trusted proxy says of it."""
    return request.client.host if request.client is not None else ""


def is_loopback(request: Request) -> bool:
    """Whether the request comes from this machine."""
    return is_loopback_address(address(request))


def is_loopback_address(host: str) -> bool:
    """Whether an address, or the name localhost, is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as browsers write them in the header Origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()

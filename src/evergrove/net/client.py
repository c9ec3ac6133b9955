"""The one function by which anything of ours calls another server over HTTP."""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING

from httpcore2 import URL as WireUrl  # noqa: N811 - a class, which its library spells so
from httpcore2 import (
    ConnectError,
    ConnectTimeout,
    HTTPConnection,
    NetworkError,
    Origin,
    ProtocolError,
    Response,
    TimeoutException,
)
from httpcore2 import Request as WireRequest

from evergrove.core import Term, _
from evergrove.net.addresses import destination, is_public
from evergrove.net.breaker import Breaker
from evergrove.net.errors import (
    AnswerLost,
    CallFailed,
    HostResting,
    NotReached,
    NotResolved,
    Redirected,
    RefusedAddress,
    TooSlow,
)
from evergrove.net.types import Answer, Destination, Limits, Request
from evergrove.net.wire import Deadline, Wire

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
OURS = ("host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade")
_NAME, _VALUE = re.compile(r"[A-Za-z0-9-]+\Z"), re.compile(r"[^\x00-\x1f\x7f]*\Z")
SERVER_ERROR = 500
LIMITS = Limits()


def look_up(host: str, port: int) -> list[str]:
    """Every address of a host, as the system's resolver tells them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True)
class Door:
    """
    What calls go through.

    Attributes:
        allowed: Addresses with their port that are called although they are not public: "127.0.0.1:8025". Each is
            named by whoever runs the machine, never by a user; empty in production.
        look_up: Tells the addresses of a host.
        tls: Whose certificates are trusted; None: those that the system trusts.
        breaker: Which hosts rest.
    """

    allowed: frozenset[str] = frozenset()
    look_up: Callable[[str, int], Sequence[str]] = look_up
    tls: ssl.SSLContext | None = None
    breaker: Breaker = field(default_factory=Breaker)


DOOR = Door()


def check_url(url: str, limits: Limits = LIMITS, *, through: Door = DOOR) -> Destination:
    """
    Refuse a URL when it is stored, as it would be refused when it is called.

    Raises:
        RefusedUrl: It is not one that we would call.
        RefusedAddress: It leads to an address that is no public server's.
        NotResolved: Its host has no address.
    """
    found = destination(url)
    _checked(found, Deadline(limits.total_s), through)
    return found


def fetch(request: Request, limits: Limits = LIMITS, *, through: Door = DOOR) -> Answer:
    """
    Call another server: the one way out.

    The host is looked up once and every address that it has is checked; the connection goes to an address that was
    checked, while the certificate and the Host header are of the name. No redirect is followed, no proxy used, nothing
    unpacked.

    Args:
        request: What to send.
        limits: How long it may take in all, and how much of the answer is read.
        through: For tests and for machines that name servers of their own.

    Returns:
        The answer, whatever its status is but a redirect.

    Raises:
        RefusedUrl, RefusedAddress: It is not called.
        CallFailed: Nothing left, or nobody knows whether it arrived; the subclass says which.
    """
    _check_request(request)
    to, deadline = destination(request.url), Deadline(limits.total_s)
    failures, rest = through.breaker.rest_of(to.key, time.monotonic())
    if rest > 0:
        raise HostResting(host=to.host, failures=failures, seconds=round(rest))
    try:
        addresses = _checked(to, deadline, through)
        answer = _called(request, to, Wire(addresses, deadline), limits, through)
    except Redirected:
        through.breaker.answered(to.key)
        raise
    except CallFailed:
        through.breaker.failed(to.key, time.monotonic())
        raise
    if answer.status >= SERVER_ERROR:
        through.breaker.failed(to.key, time.monotonic())
    else:
        through.breaker.answered(to.key)
    return answer


def _check_request(request: Request) -> None:
    """Refuse what would be a mistake of ours: nobody outside chooses methods or the names of headers."""
    if request.method not in METHODS:
        message = f"not a method that we send: {request.method!r}"
        raise ValueError(message)
    for name, value in request.headers.items():
        if name.lower() in OURS or not _NAME.match(name) or not _VALUE.match(value):
            message = f"a header that is ours to write, or holds a line break: {name!r}"
            raise ValueError(message)


def _checked(to: Destination, deadline: Deadline, through: Door) -> Sequence[str]:
    """Every address of the host, all of them fit to be called."""
    addresses = _looked_up(to, deadline, through)
    for address in addresses:
        named = f"[{address}]:{to.port}" if ":" in address else f"{address}:{to.port}"
        if not is_public(address) and named not in through.allowed:
            raise RefusedAddress(host=to.host, address=address)
    return addresses


def _looked_up(to: Destination, deadline: Deadline, through: Door) -> Sequence[str]:
    """The system's resolver takes no time limit: it is asked in a thread, and left behind when it is too slow."""
    told: list[Sequence[str] | OSError | UnicodeError] = []

    def ask() -> None:
        try:
            told.append(through.look_up(to.host, to.port))
        except (OSError, UnicodeError) as error:
            told.append(error)

    asking = Thread(target=ask, daemon=True)
    asking.start()
    asking.join(deadline.left())
    if not told:
        raise NotResolved(host=to.host, reason=Term(_("the name server does not answer")))
    found = told[0]
    if isinstance(found, Exception) or not found:
        raise NotResolved(host=to.host, reason=Term(_("there is no such name"))) from (
            found if isinstance(found, Exception) else None
        )
    return found


def _called(request: Request, to: Destination, wire: Wire, limits: Limits, through: Door) -> Answer:
    host = to.host.encode("ascii")
    origin = Origin(to.scheme.encode(), host, to.port)
    url = WireUrl(scheme=to.scheme, host=to.host, port=to.port, target=to.target)
    outgoing = WireRequest(request.method, url, headers=_headers(request, to), content=request.body)
    connection = HTTPConnection(origin, ssl_context=through.tls, network_backend=wire)
    try:
        answer = connection.handle_request(outgoing)
        return _read(answer, to, wire, limits)
    except (ConnectError, ConnectTimeout) as error:
        raise NotReached(host=to.host, reason=str(error) or type(error).__name__) from error
    except TimeoutException as error:
        raise TooSlow(host=to.host, seconds=limits.total_s) from error
    except (NetworkError, ProtocolError) as error:
        raise AnswerLost(host=to.host, reason=str(error) or type(error).__name__) from error
    finally:
        connection.close()


def _headers(request: Request, to: Destination) -> list[tuple[bytes, bytes]]:
    is_usual = to.port == {"http": 80, "https": 443}[to.scheme]
    name = f"[{to.host}]" if ":" in to.host else to.host
    own = {
        "host": name if is_usual else f"{name}:{to.port}",
        "content-length": str(len(request.body)),
        "accept-encoding": "identity",  # what is not packed cannot burst
        "connection": "close",
    }
    return [(key.encode("ascii"), value.encode("utf-8")) for key, value in {**own, **request.headers}.items()]


def _read(answer: Response, to: Destination, wire: Wire, limits: Limits) -> Answer:
    if 300 <= answer.status < 400:
        raise Redirected(host=to.host, status=answer.status)
    headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in answer.headers}
    body, is_whole = _body(answer, limits.answer_bytes)
    if headers.get("content-encoding", "identity").lower() != "identity":
        body, is_whole = b"", False
    return Answer(answer.status, headers, body, is_whole, wire.address)


def _body(answer: Response, most: int) -> tuple[bytes, bool]:
    """As much as may be read, and whether that is all; the status counts however the body ends."""
    body = bytearray()
    try:
        for part in answer.iter_stream():
            body += part
            if len(body) > most:
                return bytes(body[:most]), False
    except (TimeoutException, NetworkError, ProtocolError):
        return bytes(body[:most]), False
    return bytes(body), True

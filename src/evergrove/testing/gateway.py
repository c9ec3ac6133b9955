"""A provider of messages on this machine that takes, refuses, stalls and forgets as its script says."""

from __future__ import annotations

import json
import socket
import struct
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl

from evergrove.net import Door
from evergrove.testing.http import HOST, scripted_http

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from evergrove.testing.http import ScriptedHttp

Fault = Literal[
    "ok", "busy", "error", "away", "hang", "reset", "lost", "garbled", "error_body", "refused", "bad_number"
]
FAULTS: tuple[Fault, ...] = (
    "ok",
    "busy",
    "error",
    "away",
    "hang",
    "reset",
    "lost",
    "garbled",
    "error_body",
    "refused",
    "bad_number",
)
MAY_HAVE_TAKEN: tuple[Fault, ...] = ("ok", "lost", "hang", "garbled")
"""After these the provider has the message, whatever it has answered."""


@dataclass(frozen=True)
class Call:
    """One call that came in: its head, and its body as a document."""

    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content)

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return dict(parse_qsl(self.content.decode(), keep_blank_values=True))


@dataclass
class ScriptedGateway:
    """
    A running provider.

    Attributes:
        server: Underneath.
        wait_s: What Retry-After asks for, where the fault is "busy".
    """

    server: ScriptedHttp
    wait_s: int
    script: list[Fault] = field(default_factory=list)

    @property
    def url(self) -> str:
        """By a name that leads here."""
        return f"http://gateway.test:{self.server.port}/messages"

    @property
    def door(self) -> Door:
        """Through which it is reached, and nothing else is."""
        return Door(allowed=frozenset({self.server.address}), look_up=lambda _host, _port: (HOST,))

    @property
    def calls(self) -> list[Call]:
        """What came in."""
        return [_call(raw) for raw in self.server.received]


@contextmanager
def scripted_gateway(
    *faults: Fault, accepted: bytes = b'{"sid": "SM%d"}', refused: bytes = b'{"code": 21611}', wait_s: int = 7
) -> Iterator[ScriptedGateway]:
    """
    A provider for the length of a ``with`` block.

    Args:
        faults: One a call; after the last one it takes everything.
        accepted: Its answer to what it takes; %d becomes the number of the call.
        refused: The body of "bad_number" and "error_body".
        wait_s: What Retry-After asks for.
    """
    answers = [_answering(fault, nth, accepted, refused, wait_s) for nth, fault in enumerate([*faults, "ok"])]
    with scripted_http(*answers) as server:
        yield ScriptedGateway(server, wait_s, list(faults))


def _answering(
    fault: Fault, nth: int, accepted: bytes, refused: bytes, wait_s: int
) -> bytes | Callable[[socket.socket], None]:
    taken = accepted % nth if b"%d" in accepted else accepted
    answers: dict[Fault, bytes | Callable[[socket.socket], None]] = {
        "ok": _http("200 OK", taken),
        "busy": _http("429 Too Many Requests", b"{}", f"Retry-After: {wait_s}\r\n"),
        "error": _http("500 Internal Server Error", b"oops"),
        "away": _http("503 Service Unavailable", b""),
        "hang": _hang,
        "reset": _reset,
        "lost": _close,
        "garbled": _http("200 OK", b"<html>busy</html>"),
        "error_body": _http("200 OK", refused),
        "refused": _http("400 Bad Request", b"{}"),
        "bad_number": _http("400 Bad Request", refused),
    }
    return answers[fault]


def _http(status: str, body: bytes, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def _hang(connection: socket.socket) -> None:
    """Say nothing until the caller hangs up."""
    connection.settimeout(10)
    connection.recv(1)


def _reset(connection: socket.socket) -> None:
    """Break off with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _close(_connection: socket.socket) -> None:
    """Hang up without a word."""


def _call(raw: bytes) -> Call:
    head, _gap, body = raw.partition(b"\r\n\r\n")
    lines: Sequence[str] = head.decode("latin-1").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines)
    return Call({name.lower(): value.strip() for name, _colon, value in pairs}, body)

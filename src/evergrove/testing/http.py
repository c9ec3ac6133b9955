"""A server on this machine that answers over HTTP as its script says, byte by byte if need be."""

from __future__ import annotations

import socket
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    Answering: TypeAlias = bytes | Callable[[socket.socket], None]

HOST = "127.0.0.1"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class ScriptedHttp:
    """
    A running server.

    Attributes:
        port: Where it listens.
        script: What it says to one caller after the other: bytes, or a function that is given the connection; the
            last one is repeated.
        received: What each caller has sent, head and body.
    """

    port: int
    script: list[Answering]
    received: list[bytes] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Address and port, as a list of exceptions names them."""
        return f"{HOST}:{self.port}"


@contextmanager
def scripted_http(*script: Answering, tls: ssl.SSLContext | None = None) -> Iterator[ScriptedHttp]:
    """A server for the length of a ``with`` block; without a script it answers 200."""
    with socket.create_server((HOST, 0)) as listening:
        server = ScriptedHttp(listening.getsockname()[1], list(script or (OK,)))
        thread = Thread(target=_serve, args=(listening, server, tls), daemon=True)
        thread.start()
        yield server
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=5)


def _serve(listening: socket.socket, server: ScriptedHttp, tls: ssl.SSLContext | None) -> None:
    """One caller after the other, until the block ends; a caller who hangs up ends only its own turn."""
    while True:
        try:
            connected, _address = listening.accept()
        except OSError:
            return
        with suppress(OSError), connected:
            stream = tls.wrap_socket(connected, server_side=True) if tls else connected
            with stream:
                answering = server.script[min(len(server.received), len(server.script) - 1)]
                server.received.append(_request(stream))
                if isinstance(answering, bytes):
                    stream.sendall(answering)
                else:
                    answering(stream)


def _request(stream: socket.socket) -> bytes:
    """Head and body of a request, as long as its head says."""
    told = b""
    while b"\r\n\r\n" not in told:
        part = stream.recv(65_536)
        if not part:
            return told
        told += part
    head, _gap, body = told.partition(b"\r\n\r\n")
    lengths = [
        line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    ]
    while len(body) < int(lengths[0] if lengths else 0):
        body += stream.recv(65_536)
    return head + b"\r\n\r\n" + body

"""A mail server that takes everything and keeps it: on this machine only, for the demo and for trying out."""

from __future__ import annotations

import socketserver
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"


@dataclass(frozen=True)
class ReceivedMail:
    """One message as it came over the wire."""

    sender: str
    recipient: str
    content: bytes


@dataclass
class MailSink:
    """Where it listens, and what it has received."""

    host: str
    port: int
    received: list[ReceivedMail] = field(default_factory=list)


@contextmanager
def mail_sink() -> Iterator[MailSink]:
    """Listen on a free port of this machine for the length of a ``with`` block."""
    with _Server((HOST, 0), _Conversation) as server:
        server.sink = MailSink(HOST, server.server_address[1])
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server.sink
        finally:
            server.shutdown()
            thread.join()


class _Server(socketserver.ThreadingTCPServer):
    # With the usual five, connections that come together are not greeted on a busy machine.
    request_queue_size = 128
    allow_reuse_address = True
    daemon_threads = True
    disable_nagle_algorithm = True
    sink: MailSink
    server_address: tuple[str, int]


class _Conversation(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs that has nothing to complain about."""

    server: _Server
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer one line after the other until the client leaves."""
        self._say("220 evergrove sink")
        sender = recipient = ""
        while line := self.rfile.readline(2_000).decode("ascii", "replace").strip():
            verb, _, rest = line.partition(" ")
            address = rest.partition("<")[2].partition(">")[0]
            match verb.upper():
                case "MAIL":
                    sender, recipient = address, ""
                    self._say("250 2.1.0 ok")
                case "RCPT":
                    recipient = address
                    self._say("250 2.1.5 ok")
                case "DATA":
                    self._say("354 end with a dot on a line of its own")
                    content = self._content()
                    if content is None:
                        return
                    self.server.sink.received.append(ReceivedMail(sender, recipient, content))
                    self._say(f"250 2.0.0 ok: queued as {len(self.server.sink.received)}")
                case "QUIT":
                    self._say("221 2.0.0 bye")
                    return
                case "EHLO" | "HELO" | "RSET" | "NOOP":
                    self._say("250 ok")
                case _:
                    self._say("502 5.5.1 not known here")

    def _content(self) -> bytes | None:
        """All lines up to the lone dot; None when the client has gone before it."""
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return None
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode("ascii"))

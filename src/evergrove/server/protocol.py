"""
Connections: how long a head may take to come, how long it may be, and how many are held at once.

uvicorn waits for a head for as long as the client likes, and reads as much of it as comes. A thousand connections that
say a word a minute would then hold a thousand places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from evergrove.http.limits import HEAD_BYTES

if TYPE_CHECKING:
    from asyncio import TimerHandle, Transport

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

HEAD_S = 10.0
SLACK = 4096
"""Beyond what a head may have: it is then answered in full, and not cut off here."""
SLOW = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class PatientProtocol(HttpToolsProtocol):
    """A connection whose patience ends."""

    most_connections = 1024
    head_s = HEAD_S

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waiting: TimerHandle | None = None
        self._head_bytes = 0
        self._is_in_head = True

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn's own does
        """Take a place; where none is left, the one who has kept us waiting for longest gives theirs up."""
        super().connection_made(transport)
        if len(self.connections) > self.most_connections:
            _make_room(self)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._come()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, but for heads without an end."""
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._waiting is None:  # the head of a later request on the same connection
                self._wait()
        super().data_received(data)
        if self._is_in_head and self._head_bytes > HEAD_BYTES + SLACK:
            self._refuse(LONG)

    def on_headers_complete(self) -> None:
        """The head is in: from here on the application keeps the time."""
        self._is_in_head = False
        self._come()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body is in: what comes next is another head."""
        super().on_message_complete()
        self._is_in_head, self._head_bytes = True, 0

    def is_waiting(self) -> bool:
        """Whether no request of this connection is being answered."""
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn leaves out that there is none at first
        return cycle is None or cycle.response_complete

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(self.head_s, self._refuse, SLOW)

    def _come(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _refuse(self, answer: bytes) -> None:
        """Say why, and close; a request that is being answered is let finish."""
        self._waiting = None
        if self.transport.is_closing() or not self.is_waiting():
            return
        self.transport.write(answer)
        self.transport.close()


def _make_room(newest: PatientProtocol) -> None:
    """Close one connection on which nothing is being answered; the set keeps no order, and any will do."""
    for each in newest.connections:
        if each is not newest and isinstance(each, PatientProtocol) and each.is_waiting():
            each.transport.close()
            return
    newest.transport.close()

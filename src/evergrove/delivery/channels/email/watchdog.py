"""An end to conversations that drag on: a server that sends a byte a second never runs into a time-out."""

from __future__ import annotations

import smtplib
import socket
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Condition, Thread, Timer
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS = 5
"""A message takes so many exchanges; together they may take so many times the longest wait."""


@contextmanager
def bounded(connection: smtplib.SMTP, timeout_s: float) -> Iterator[None]:
    """
    Shut a connection that is still talking after ``STEPS`` times the longest wait; in a thread of its own.

    Args:
        connection: With its socket.
        timeout_s: Longest wait for a single byte.
    """
    watchdog = Timer(STEPS * timeout_s, _shut, [connection.sock])
    watchdog.daemon = True
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()


@dataclass
class Watchdog:
    """
    The same for many conversations and one message after the other: one thread, which a conversation seldom wakes.

    Attributes:
        timeout_s: Longest wait for a single byte, the same for all, so that whatever begins later may also take longer.
    """

    timeout_s: float
    _ends: dict[int, tuple[float, socket.socket]] = field(default_factory=dict)
    _changed: Condition = field(default_factory=Condition)
    _thread: Thread | None = None
    _is_idle: bool = False
    _is_over: bool = False

    @contextmanager
    def bounded(self, connection: smtplib.SMTP) -> Iterator[None]:
        """Shut a connection that is still talking after ``STEPS`` times the longest wait."""
        sock = connection.sock
        if sock is None:
            yield
            return
        name = id(sock)  # the socket is held here for as long as it is watched
        with self._changed:
            self._ends[name] = monotonic() + STEPS * self.timeout_s, sock
            if self._thread is None:
                self._thread = Thread(target=self._watch, name="evergrove-watchdog", daemon=True)
                self._thread.start()
            elif self._is_idle:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._ends.pop(name, None)

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._is_over, thread, self._thread = True, self._thread, None
            self._changed.notify()
        if thread is not None:
            thread.join()
        self._is_over = False

    def _watch(self) -> None:
        with self._changed:
            while not self._is_over:
                now = monotonic()
                for name, (end, sock) in [*self._ends.items()]:
                    if end <= now:
                        _shut(sock)
                        del self._ends[name]
                self._is_idle = not self._ends
                first = min((end for end, _sock in self._ends.values()), default=None)
                self._changed.wait(None if first is None else first - now)


def _shut(sock: socket.socket | None) -> None:
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


class Watched(smtplib.SMTP):
    """Bounds each answer while the connection is being opened, from the greeting on; later ones see to it themselves."""

    is_opening = True

    def getreply(self) -> tuple[int, bytes]:
        """The server's next answer."""
        if not self.is_opening:
            return super().getreply()
        with bounded(self, self.timeout):
            return super().getreply()


class WatchedTls(Watched, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte on."""

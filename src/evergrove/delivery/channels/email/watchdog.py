"""An end to conversations that drag on: a server that sends a byte a second never runs into a time-out."""

from __future__ import annotations

import smtplib
import socket
from contextlib import contextmanager, suppress
from threading import Timer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS = 5
"""A message takes so many exchanges; together they may take so many times the longest wait."""


@contextmanager
def bounded(connection: smtplib.SMTP, timeout_s: float) -> Iterator[None]:
    """
    Shut a connection that is still talking after ``STEPS`` times the longest wait.

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

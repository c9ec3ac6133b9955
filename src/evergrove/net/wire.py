"""The socket under a call: to the very addresses that were checked, and with one deadline for all of it."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

from httpcore2 import (
    ConnectError,
    ConnectTimeout,
    NetworkBackend,
    NetworkStream,
    ReadError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
)
from typing_extensions import override

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Sequence


class Deadline:
    """A moment of the monotonic clock by which everything has to be done."""

    def __init__(self, total_s: float) -> None:
        self.at = time.monotonic() + total_s

    def left(self) -> float:
        """
        Seconds that are left.

        Raises:
            TimeoutError: None are.
        """
        seconds = self.at - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the time for this call is over")
        return seconds


class Stream(NetworkStream):
    """A connection of which every step takes what is left of the call's time, and not time of its own."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket = connected
        self._deadline = deadline

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Whatever has come, at most so much."""
        try:
            self._socket.settimeout(self._deadline.left())
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise ReadTimeout(str(error)) from error
        except OSError as error:
            raise ReadError(str(error)) from error

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of it."""
        rest = memoryview(buffer)
        try:
            while rest:
                self._socket.settimeout(self._deadline.left())
                rest = rest[self._socket.send(rest) :]
        except TimeoutError as error:
            raise WriteTimeout(str(error)) from error
        except OSError as error:
            raise WriteError(str(error)) from error

    @override
    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        """The same connection, encrypted, to whom the name says."""
        try:
            self._socket.settimeout(self._deadline.left())
            wrapped = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except TimeoutError as error:
            self.close()
            raise ConnectTimeout(str(error)) from error
        except OSError as error:  # wrong certificates are such as well
            self.close()
            raise ConnectError(str(error)) from error
        return Stream(wrapped, self._deadline)

    @override
    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    @override
    def get_extra_info(self, info: str) -> Any:
        """Nothing that anybody asks for."""
        return None


class Wire(NetworkBackend):
    """
    Connects to one of some addresses that were checked, whichever name it is asked for: none is looked up again.

    Attributes:
        address: To which it has connected; empty before.
    """

    def __init__(self, addresses: Sequence[str], deadline: Deadline) -> None:
        self.address = ""
        self._addresses = addresses
        self._deadline = deadline

    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> NetworkStream:
        """The first address that takes us; each gets its share of the time that is left."""
        refused: OSError = ConnectionRefusedError()
        for tried, address in enumerate(self._addresses):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            connecting = socket.socket(family, socket.SOCK_STREAM)
            try:
                connecting.settimeout(self._deadline.left() / (len(self._addresses) - tried))
                connecting.connect((address, port))
                connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                connecting.close()
                refused = error
            else:
                self.address = address
                return Stream(connecting, self._deadline)
        if isinstance(refused, TimeoutError):
            raise ConnectTimeout(str(refused)) from refused
        raise ConnectError(str(refused)) from refused

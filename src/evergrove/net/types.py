"""What goes out over HTTP, within which limits, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Request:
    """
    One call to another server.

    Attributes:
        method: GET, POST, PUT, PATCH, DELETE or HEAD.
        url: http or https, with a name or an address and no user.
        headers: Host, lengths and encodings are ours to write.
        body: As it leaves; the same bytes on each try.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Limits:
    """
    How much another server may cost us.

    Attributes:
        total_s: Seconds for all of it: looking up the name, connecting, sending, and the whole answer.
        answer_bytes: Most bytes of the answer's body that are read.
    """

    total_s: float = 10.0
    answer_bytes: int = 65_536


@dataclass(frozen=True)
class Answer:
    """
    What another server said.

    Attributes:
        status: Of HTTP.
        headers: Names in small letters; of a repeated one the last.
        body: What was read of it; empty where it came compressed, which we do not ask for.
        is_whole: False where the body was cut at a limit, broke off, or came compressed.
        address: Of the server that answered.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool
    address: str


@dataclass(frozen=True)
class Destination:
    """
    Where a URL leads, taken apart once: nothing later reads the URL again.

    Attributes:
        scheme: http or https.
        host: In ASCII and small letters, an IPv6 address without its brackets.
        port: Given, or the scheme's own.
        target: Path and query.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def key(self) -> str:
        """Host and port: what rests after failures, and what a list of exceptions names."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

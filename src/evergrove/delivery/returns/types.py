"""What is told of a letter, and what became of the telling."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["hard", "soft", "complaint", "delivered"]
Taken = Literal["taken", "known", "strange"]
"""``taken``: it was news. ``known``: it was told before. ``strange``: it names no message of ours that has left."""


@dataclass(frozen=True)
class Told:
    """
    One report. Personal: never logged, never in an error.

    Attributes:
        name: The same for the same report, however often it comes.
        message_id: Of the letter that it is about.
        kind: "hard": the address is no good. "soft": not this time, or not this letter.
        source: "mail" or "hook".
        status: Enhanced status code (RFC 3463), such as 5.1.1; None: not told.
        addresses: That it names; they only ever narrow down which of the person's own addresses is meant.
    """

    name: str
    message_id: str
    kind: Kind
    source: str
    status: str | None = None
    addresses: tuple[str, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        return f"Told({self.kind})"

"""What every channel does, and the one that keeps its mails in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from evergrove.delivery.types import Receipt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.delivery.errors import AccountProblem
    from evergrove.delivery.types import Mail


class Channel(Protocol):
    """Takes messages, a few at a time, and says what became of each."""

    @property
    def name(self) -> str:
        """As messages name it, such as "email"."""
        ...

    @property
    def width(self) -> int:
        """Messages that are on the wire at once: so many at most are unknown after a crash."""
        ...

    def deliver(self, mails: Sequence[Mail]) -> list[Receipt | AccountProblem]:
        """
        Hand messages over, ``width`` at most.

        Returns:
            What became of each, in their order. An ``AccountProblem`` says that nothing can be sent at all now,
            and that nothing of this message has left.
        """
        ...

    def close(self) -> None:
        """Let go of what is open; the channel can be used again afterwards."""
        ...


@dataclass
class MemoryChannel:
    """Accepts everything and keeps it: for simulated shops and for tests."""

    mails: list[Mail] = field(default_factory=list)
    name: str = "email"
    width: int = 20

    def deliver(self, mails: Sequence[Mail]) -> list[Receipt | AccountProblem]:
        """Keep the mails."""
        self.mails.extend(mails)
        return [Receipt("accepted") for _mail in mails]

    def close(self) -> None:
        """Nothing is open."""

"""What every channel does, and what most of them have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from typing_extensions import TypeVar  # with a default: in `typing` from Python 3.13

from evergrove.delivery.rules import OF_SERVERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.delivery.errors import AccountProblem
    from evergrove.delivery.types import Form, Patience, Receipt

Posted_contra = TypeVar("Posted_contra", contravariant=True, default=Any)
"""What a channel takes: a ``Mail`` where its form is "mail", else an ``Outgoing``."""


class Channel(Protocol[Posted_contra]):
    """Takes messages, a few at a time, and says what became of each."""

    @property
    def name(self) -> str:
        """As messages name it, such as "email"."""
        ...

    @property
    def width(self) -> int:
        """Messages that are on the wire at once: so many at most are unknown after a crash."""
        ...

    @property
    def form(self) -> Form:
        """What it is given of a letter."""
        ...

    @property
    def patience(self) -> Patience:
        """How messages that were put off are tried again."""
        ...

    @property
    def takes_tokens(self) -> bool:
        """Whether each message needs a token of the customer's; see ``evergrove.outbox.tokens``."""
        ...

    def deliver(self, letters: Sequence[Posted_contra], /) -> list[Receipt | AccountProblem]:
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


class ChannelBase:
    """What most channels have in common: a plugin overrides what it does otherwise."""

    takes_tokens = False

    @property
    def width(self) -> int:
        """One at a time."""
        return 1

    @property
    def form(self) -> Form:
        """Nothing but what was decided."""
        return "facts"

    @property
    def patience(self) -> Patience:
        """As with servers."""
        return OF_SERVERS

    def close(self) -> None:
        """Nothing is open."""

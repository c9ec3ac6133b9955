"""What goes to a channel and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from evergrove.delivery.errors import AccountProblem

Handed = Literal["accepted", "failed", "unknown", "later"]


@dataclass(frozen=True)
class Rendered:
    """A message in words: the subject on one line, and the same body as plain text and as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Mail:
    """
    One message to one recipient. Personal: never logged, never in an error.

    Attributes:
        outbox_id: Of the row that it is sent for.
        message_id: Its Message-ID without angle brackets, the same at every attempt.
        sender: Address that it comes from, and name beside it; the name may be empty.
        recipient: The one address, and the name beside it; the name may be empty.
        rendered: Its words.
        unsubscribe: The way out, mailto: or https:; empty in a mail of the service itself to who asked for it.
        is_one_click: Whether a POST to it takes effect without further questions (RFC 8058).
        sent_at: The moment of the attempt.
    """

    outbox_id: str
    message_id: str
    sender: tuple[str, str]
    recipient: tuple[str, str]
    rendered: Rendered
    unsubscribe: str
    is_one_click: bool
    sent_at: datetime

    def __repr__(self) -> str:
        return f"Mail({self.outbox_id})"


@dataclass(frozen=True)
class Receipt:
    """
    What a channel says of one message.

    Attributes:
        state: "accepted": the channel answers for it from now on. "failed": it never will. "unknown": the
            answer was lost after everything had been said. "later": nothing was taken, try again.
        reason: A code of ``REASONS``; None when accepted.
        provider_id: The channel's own name for the message.
        detail: Reply codes, never a server's words: they repeat addresses.
        suppress: The reason for which nothing more is sent to this address; None: it is not its fault.
    """

    state: Handed
    reason: str | None = None
    provider_id: str | None = None
    detail: Mapping[str, Any] | None = None
    suppress: str | None = None


@dataclass(frozen=True)
class SendReport:
    """
    What one run of sending did, in messages.

    Attributes:
        accepted, failed, unknown: Handed over, refused for good, answer lost.
        skipped: Stopped by a guard, by reason.
        deferred: Put back for a later hour, by reason.
        expired: Too late to be of use.
        recovered: Left held by a worker that died, and queued again.
        stopped: Why the run ended before the queue did; None: it did not.
    """

    accepted: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    deferred: Mapping[str, int] = field(default_factory=dict)
    expired: int = 0
    recovered: int = 0
    stopped: AccountProblem | None = None

"""What goes to a channel and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from evergrove.core import EvergroveError
    from evergrove.outbox import Message

Handed = Literal["accepted", "awaiting_staff", "failed", "unknown", "later", "again"]
Form = Literal["mail", "short", "chat", "platform", "note", "facts"]
"""
What a channel is given of a letter: a whole mail; a text message with the sender and the way out in it; the same words
for a chat; the fields of a platform's own template; what staff are to say; or nothing but what was decided.
"""


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
class Outgoing:
    """
    One message to one recipient, on any channel but e-mail. Personal: never logged, never in an error.

    Attributes:
        outbox_id: Of the row that it is sent for; at every attempt the key by which the other side knows it.
        message: What was decided; whatever stands in it is the same at every attempt.
        to: Where the recipient is reached: a phone, an id of the platform, or the customer's own id.
        sent_at: The moment of the attempt.
        language: Of the reader.
        text: In words; empty where the channel takes none.
        subject: Of a note; empty where the channel takes none.
        template_id: Of the platform's own template; empty where the words are ours.
        fields: What that template is filled with, in its order.
    """

    outbox_id: str
    message: Message
    to: str
    sent_at: datetime
    language: str = ""
    text: str = ""
    subject: str = ""
    template_id: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Outgoing({self.outbox_id})"


@dataclass(frozen=True)
class Patience:
    """
    How a message that was put off is tried again.

    Attributes:
        first: Longest wait after the first attempt; it doubles with each further one.
        longest: Longest wait of all, also where the other side asks for more.
        attempts: After so many it has failed.
        least_share: The least share of a wait that is taken; 0: full jitter, any part of it.
    """

    first: timedelta
    longest: timedelta
    attempts: int
    least_share: float = 0.0


@dataclass(frozen=True)
class Receipt:
    """
    What a channel says of one message.

    Attributes:
        state: "accepted": the channel answers for it from now on. "awaiting_staff": it does, as soon as a person of the
            shop has acted. "failed": it never will. "unknown": the answer was lost after everything had been said.
            "later": nothing was taken, try again. "again": the answer was lost, and the other side takes what comes under
            the same key only once, so that it is safe to try again.
        reason: A code of ``REASONS``; None when accepted.
        provider_id: The channel's own name for the message.
        detail: Reply codes, never a server's words: they repeat addresses.
        suppress: The reason for which nothing more is sent to this address; None: it is not its fault.
        wait_s: For how many seconds the other side asks to be left alone; None: it does not say.
    """

    state: Handed
    reason: str | None = None
    provider_id: str | None = None
    detail: Mapping[str, Any] | None = None
    suppress: str | None = None
    wait_s: float | None = None


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
        awaiting_staff: Handed over, and waiting for a person of the shop.
        next_at: When a provider takes the next of the messages that are due and wait for its pace (``deferred``,
            "decisions.provider_rate"); None: none does.
        stopped: Why the run ended before the queue did; None: it did not. Of several channels: the first that stopped.
        channels: What each did, where there were several.
    """

    accepted: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    deferred: Mapping[str, int] = field(default_factory=dict)
    expired: int = 0
    recovered: int = 0
    awaiting_staff: int = 0
    next_at: datetime | None = None
    stopped: EvergroveError | None = None
    channels: Mapping[str, SendReport] = field(default_factory=dict)

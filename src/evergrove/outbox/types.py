"""A message to one customer, its states, and the proof that a worker holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from evergrove.core import stable_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Arm = Literal["treated", "control"]
State = Literal[
    "queued",  # waits for its hour
    "claimed",  # a worker holds a lease on it; nothing has left
    "attempting",  # it may be leaving this moment
    "accepted",  # the channel took it over
    "awaiting_staff",  # the channel took it over, and a person of the shop has yet to act on it
    "failed",  # the channel refused it for good
    "unknown",  # it may have left or not; never sent again by itself
    "skipped",  # a guard stopped it, or the customer is a control
    "expired",  # it was not sent while it was of use
    "delivered",  # the receiver's side has it
    "bounced",  # the receiver's side gave it back
    "complained",  # the receiver called it unwanted
]
Outcome = Literal["accepted", "awaiting_staff", "failed", "unknown", "skipped", "expired"]
Learnt = Literal["accepted", "failed", "delivered", "bounced", "complained", "expired"]

STATES: tuple[State, ...] = (
    "queued",
    "claimed",
    "attempting",
    "accepted",
    "awaiting_staff",
    "failed",
    "unknown",
    "skipped",
    "expired",
    "delivered",
    "bounced",
    "complained",
)
HELD: tuple[State, ...] = ("claimed", "attempting")
OPEN: tuple[State, ...] = ("queued", *HELD)
LEFT: tuple[State, ...] = ("attempting", "accepted", "awaiting_staff", "delivered", "unknown", "complained")
"""States of messages that the customer has received, or may have, or will once staff have acted."""

SETTLED_FROM: Mapping[Outcome, tuple[State, ...]] = {
    "accepted": ("attempting",),
    "awaiting_staff": ("attempting",),
    "failed": ("attempting",),
    "unknown": ("attempting",),
    "skipped": HELD,
    "expired": HELD,
}
"""What a worker may say of a message it holds: only what was attempted can have been taken or refused."""

NEVER_LEFT: tuple[Outcome, ...] = ("skipped", "expired")
"""Ends that say that nobody was written to."""

NEEDS_REASON: tuple[Outcome, ...] = ("failed", "unknown", "skipped", "expired")
"""Whoever asks why a customer got nothing finds the answer in the row."""

LEARNT_FROM: Mapping[Learnt, tuple[State, ...]] = {
    "accepted": ("unknown",),
    "failed": ("unknown", "awaiting_staff"),
    "delivered": ("accepted", "awaiting_staff", "unknown"),
    "bounced": ("accepted", "unknown", "delivered"),
    "complained": ("accepted", "awaiting_staff", "unknown", "delivered"),
    "expired": ("awaiting_staff",),
}
"""What may become known afterwards, by a receipt or from the provider's log."""

CONTROL = "campaigns.control"
LEASE_OVER = "outbox.lease_over"
TOO_LATE = "outbox.too_late"
NEVER_CONFIRMED = "outbox.never_confirmed"
DID_LEAVE, DID_NOT_LEAVE = "outbox.did_leave", "outbox.did_not_leave"
"""What a person has found out of a message of which nobody knew."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """
    One step of a playbook for one customer; with the occasion these name it, once and for all.

    Attributes:
        version: Of the playbook; like the channel no part of the name: a changed playbook repeats nothing.
        occasion: What set the playbook off, such as the day on which the customer entered a stage.
        arm: A ``control`` is never written to; the row is the message that would have left.
        params: What the template needs and does not know by itself.
        cost: Expected cost of the message itself, in the workspace's currency.
        not_before: It leaves at this moment or later ...
        valid_until: ... and before this one, or not at all.
    """

    playbook: str
    version: int
    customer_id: str
    occasion: str
    step: int
    channel: str
    arm: Arm
    template: str
    decision_id: str
    run_id: int
    not_before: datetime
    valid_until: datetime
    params: Mapping[str, Any] = field(default_factory=dict)
    cost: Decimal = Decimal(0)
    category: str = "marketing"
    language: str | None = None

    @property
    def id(self) -> str:
        """The name under which it is in the outbox, however often it is put there."""
        return stable_id("outbox", self.playbook, self.customer_id, self.occasion, self.step)


@dataclass(frozen=True)
class Claim:
    """
    A worker's hold on a message until its lease is over.

    Attributes:
        token: Grows with every claim of the message: a worker that lost its lease is known by an old one.
        attempts: How often it was attempted before.
        may_have_left: Whether an earlier attempt may have arrived, and is repeated under the same key.
        letter_version: In which that attempt was written.
    """

    id: str
    token: int
    attempts: int
    message: Message
    may_have_left: bool = False
    letter_version: int | None = None


@dataclass(frozen=True)
class Recovered:
    """What workers that died left behind, counted by what became of it."""

    requeued: int = 0
    unknown: int = 0
    expired: int = 0


@dataclass(frozen=True)
class Counts:
    """Messages of one customer in the last day, week and month (1, 7 and 30 days)."""

    day: int = 0
    week: int = 0
    month: int = 0


WINDOWS: Mapping[str, timedelta] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}
SLACK = timedelta(hours=4)
"""A queue that took a while yesterday must not count yesterday's message into today."""

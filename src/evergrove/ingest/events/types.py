"""One thing that a program told over HTTP, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

EventKind = Literal["order", "refund", "cancel", "customer", "alias", "track", "page", "screen", "group"]
EventState = Literal["waiting", "taken", "refused"]
Verdict = Literal["new", "duplicate", "conflict"]

KINDS: tuple[EventKind, ...] = get_args(EventKind)
STATES: tuple[EventState, ...] = get_args(EventState)
DIRTYING: frozenset[EventKind] = frozenset({"order", "refund", "cancel", "alias"})
"""Kinds after which a customer's value may be another."""

CONTENT_FORMAT = "evergrove.event/1"
ANONYMOUS = "~anonymous:"
"""How the customer id of somebody begins of whom only an anonymous id is known: a person is named after the least id."""


def anonymous_customer(anonymous_id: str) -> str:
    """The customer id under which the facts know somebody who has not said who they are."""
    return f"{ANONYMOUS}{anonymous_id}"


@dataclass(frozen=True)
class Reason:
    """Why an event was refused: a code with its parameters; nothing in them is personal."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """
    One event, read and judged, ready to be stored.

    Attributes:
        source: Who told it: id of the account whose key it came with. Message ids are told apart by source.
        message_id: The sender's own name for it; told again under the same name it is the same event.
        digest: Of everything that was told, 64 hexadecimal digits under the workspace's key.
        kind: What it is about.
        customer_id: As the facts know the customer: the shop's id, or ``anonymous_customer(anonymous_id)``.
        at: When it happened, by the sender's clock, corrected.
        received_at: When it came in.
        content: What it says, in JSON, nothing personal; see ``content.py`` for each kind's names.
        anonymous_id: The anonymous id that was told, if one was.
        sealed: What is personal in it, sealed under ``customer_id``.
        reason: Why it cannot be taken; None: it waits to be.
    """

    source: str
    message_id: str
    digest: str
    kind: EventKind
    customer_id: str
    at: datetime
    received_at: datetime
    content: Mapping[str, Any]
    anonymous_id: str | None = None
    sealed: bytes | None = None
    reason: Reason | None = None


@dataclass(frozen=True)
class Outcome:
    """
    What became of one event in the ledger.

    Attributes:
        seq: Its number; of a duplicate or a conflict, the number of the one that came first.
        verdict: ``new``; ``duplicate``, where the same had come in before; ``conflict``, where something else had
            come in under that name: the first holds, and the other is noted.
    """

    seq: int
    verdict: Verdict

"""What every event has, whichever way it is told: who, when, under which name, and the digest of all of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hmac import digest
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from evergrove.ingest.events.redacting import name_kept
from evergrove.ingest.events.types import Event, Reason, anonymous_customer
from evergrove.ingest.events.values import Refused, id_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from evergrove.ingest.events.types import EventKind
    from evergrove.people import Seal

SEALED_FORMAT = "evergrove.event_sealed/1"
LONGEST_MESSAGE_ID = 128
LONGEST_EVENT = 32 * 1024
_NOT_TOLD = frozenset({"sentAt", "receivedAt", "writeKey", "_metadata"})
"""What differs between two sendings of the same event."""
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True)
class Desk:
    """
    What reading events needs of the workspace and of the request.

    Attributes:
        seal: Of the workspace.
        key: For digests, derived from it.
        source: Id of the account that sends.
        received_at: When the request came in.
    """

    seal: Seal
    key: bytes = field(repr=False)
    source: str
    received_at: datetime

    @classmethod
    def at(cls, seal: Seal, source: str, received_at: datetime) -> Desk:
        """For one request."""
        return cls(seal, digest_key(seal), source, received_at)


def digest_key(seal: Seal) -> bytes:
    """The key of digests: without it nobody can find out, by trying, what an event says."""
    return bytes.fromhex(seal.hash("event digest", ""))


@dataclass(frozen=True)
class Told:
    """
    What an event says, sorted.

    Attributes:
        kind: What it is about.
        at: When it happened.
        content: Nothing personal.
        personal: What is to be sealed; empty: nothing.
    """

    kind: EventKind
    at: datetime
    content: Mapping[str, Any]
    personal: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Who:
    """Whose an event is: the customer as the facts know them, and the anonymous id, if one is told."""

    customer_id: str
    anonymous_id: str | None


def who_of(message: Mapping[str, Any]) -> Who:
    """
    Whose a Segment message is.

    Raises:
        Refused: It names nobody, or under an id that is none.
    """
    user = id_of(message, "userId", "ingest.bad_customer")
    anonymous = id_of(message, "anonymousId", "ingest.bad_customer")
    if not user and not anonymous:
        raise Refused("events.no_identity")
    if anonymous and len(anonymous_customer(anonymous)) > 256:
        raise Refused("ingest.bad_customer", "anonymousId")
    return Who(user or anonymous_customer(anonymous), anonymous or None)


def message_id_of(message: Mapping[str, Any]) -> str:
    """
    The sender's own name for an event; a new one where it has none.

    Raises:
        Refused: It is no short text.
    """
    value = message.get("messageId")
    if value is None or value == "":
        return uuid4().hex
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.isprintable() or len(value) > LONGEST_MESSAGE_ID:
        raise Refused("events.bad_message_id", "messageId")
    return value


def made_event(desk: Desk, message: Mapping[str, Any], message_id: str, who: Who, told: Told) -> Event:
    """The event as it is stored."""
    sealed = None
    if told.personal:
        sealed = desk.seal.seal({"format": SEALED_FORMAT, **told.personal}, who.customer_id)
    return Event(
        source=desk.source,
        message_id=name_kept(desk.seal, message_id),
        digest=digest_of(desk, message),
        kind=told.kind,
        customer_id=who.customer_id,
        anonymous_id=who.anonymous_id,
        at=told.at,
        received_at=desk.received_at,
        content=told.content,
        sealed=sealed,
    )


def refused_event(desk: Desk, message: Mapping[str, Any], kind: EventKind, reason: Reason) -> Event | None:
    """
    An event that cannot be taken, as it is kept for people to look at: sealed, as nobody knows what is in it.

    None where it has not even a name and a customer of its own.
    """
    try:
        who, message_id = who_of(message), message_id_of(message)
    except Refused:
        return None
    personal = {"format": SEALED_FORMAT, "refused": {k: v for k, v in message.items() if k not in _NOT_TOLD}}
    return Event(
        source=desk.source,
        message_id=name_kept(desk.seal, message_id),
        digest=digest_of(desk, message),
        kind=kind,
        customer_id=who.customer_id,
        anonymous_id=who.anonymous_id,
        at=desk.received_at,
        received_at=desk.received_at,
        content={},
        sealed=desk.seal.seal(personal, who.customer_id),
        reason=reason,
    )


def digest_of(desk: Desk, message: Mapping[str, Any]) -> str:
    """The keyed digest of all that an event says; when it was sent is not part of that."""
    said = {name: value for name, value in message.items() if name not in _NOT_TOLD}
    return digest(desk.key, _CANONICAL(said).encode(), "sha256").hex()

"""Mails that tell what became of a letter: delivery status notifications (RFC 3464) and complaints (RFC 5965). Pure."""

from __future__ import annotations

import re
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import getaddresses
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

from evergrove.delivery.returns.types import Told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from evergrove.delivery.returns.types import Kind

LARGEST = 5 * 1024 * 1024
"""Bytes that are read of a mail: what is told stands before the letter that it gives back."""
PARTS = 100
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_GONE = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
"""Codes that speak of the address itself: it does not exist, has moved, or takes nothing any more."""
COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
HEADERS = "text/rfc822-headers"


def told_by_mail(content: bytes) -> Told | None:
    """
    What a mail tells of one of our letters.

    Which letter that is says the letter itself, which is given back with it or at least its head: addresses in the mail
    prove nothing. Whether the letter is ours is asked afterwards, by the mark in its Message-ID.

    Args:
        content: The whole mail, as it was received.

    Returns:
        None: it tells nothing of that kind (an answer, a notice of absence, a mere delay).
    """
    mail = message_from_bytes(content[:LARGEST])
    if mail.get_content_type() != "multipart/report":
        return None
    parts = list(islice(mail.walk(), PARTS))
    letter = _letter(parts)
    if letter is None or not (message_id := _line(letter, "Message-ID")):
        return None
    name = sha256(_line(mail, "Message-ID").encode() or content).hexdigest()
    by_type = {part.get_content_type(): part for part in reversed(parts)}
    if (complaint := by_type.get("message/feedback-report")) is not None:
        return _complaint(complaint, letter, message_id, name)
    if (status := by_type.get("message/delivery-status")) is not None:
        return _delivery(status, letter, message_id, name)
    return None


def _complaint(part: Message, letter: Message, message_id: str, name: str) -> Told | None:
    """What a feedback report says; one that takes an earlier one back changes nothing."""
    fields = next(iter(_blocks(part)), None)
    if fields is None or _line(fields, "Feedback-Type").lower() not in COMPLAINTS:
        return None
    named = [*_all(fields, "Original-Rcpt-To"), *_all(fields, "Removal-Recipient"), *_all(letter, "To")]
    return Told(name, message_id, "complaint", "mail", None, _addresses(named))


def _delivery(part: Message, letter: Message, message_id: str, name: str) -> Told | None:
    """What a delivery status says of its one recipient; of a delay nothing is taken, for the letter may still come."""
    for block in _blocks(part):
        action, status = _line(block, "Action").lower(), _status(block)
        kind = _kind(action, status)
        if kind is not None:
            named = [
                text.rpartition(";")[2]
                for field in ("Original-Recipient", "Final-Recipient")
                for text in _all(block, field)
            ]
            return Told(name, message_id, kind, "mail", status, _addresses([*named, *_all(letter, "To")]))
    return None


def _kind(action: str, status: str | None) -> Kind | None:
    if action == "delivered":
        return "delivered"
    if action != "failed":
        return None
    return "hard" if status in _GONE else "soft"


def kind_of_status(status: str | None) -> Kind:
    """What a letter that could not be delivered says of its address."""
    return "hard" if status in _GONE else "soft"


def _status(block: Message) -> str | None:
    """The code of a recipient's block; where it is the general one, that of the server's own words."""
    codes = [
        ".".join(found.groups())
        for text in (_line(block, "Status"), _line(block, "Diagnostic-Code"))
        if (found := _STATUS.search(text))
    ]
    exact = [code for code in codes if not code.endswith(".0.0")]
    return next(iter((*exact, *codes)), None)


def _letter(parts: Iterable[Message]) -> Message | None:
    """The letter that is given back, or its head."""
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/rfc822" and part.is_multipart():
            inner = part.get_payload(0)
            return inner if isinstance(inner, Message) else None
        if kind == HEADERS:
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                return message_from_string(payload.decode("ascii", "replace"))
    return None


def _blocks(part: Message) -> Iterator[Message]:
    """Groups of fields of a report, which the parser takes for messages of their own."""
    payload = part.get_payload()
    for each in payload if isinstance(payload, list) else ():
        if isinstance(each, Message):
            yield each


def _all(message: Message, name: str) -> list[str]:
    return [str(each) for each in message.get_all(name, [])]


def _line(message: Message, name: str) -> str:
    return " ".join(str(message.get(name, "")).split())


def _addresses(texts: Iterable[str]) -> tuple[str, ...]:
    """Addresses in fields; unusable ones are no addresses."""
    found = (address for _name, address in getaddresses(list(texts)))
    return tuple(dict.fromkeys(each for each in found if "@" in each))

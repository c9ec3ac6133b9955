"""What a mail server's reply means for the message, the address and the account (RFC 5321, RFC 3463)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from evergrove.delivery.types import Receipt

if TYPE_CHECKING:
    from collections.abc import Mapping

Stage = Literal["recipient", "content"]

NO_SUCH_ADDRESS = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10")
"""Enhanced codes that speak of the address itself: no such mailbox, no such domain, moved, takes no mail."""

_ENHANCED = re.compile(rb"^\s*([245]\.\d{1,3}\.\d{1,3})\b")
_QUEUED_AS = re.compile(rb"queued as ([A-Za-z0-9._-]{1,64})")


def refusal(stage: Stage, code: int, text: bytes) -> Receipt:
    """
    The receipt for a reply that does not accept.

    Args:
        stage: Whether the recipient was named, or the whole message was handed over.
        code: Three digits.
        text: What stands behind them; only its enhanced code is kept, as servers repeat addresses.
    """
    detail = reply_detail(code, text)
    if code // 100 != 5:
        return Receipt("later", "delivery.put_off", detail=detail)
    if stage == "content":
        return Receipt("failed", "delivery.content_refused", detail=detail)
    status = detail.get("status")
    is_gone = status in NO_SUCH_ADDRESS if status else code == 550
    return Receipt(
        "failed",
        "delivery.address_refused",
        detail=detail,
        suppress="people.bounced" if is_gone else None,
    )


def answer(code: int, text: bytes) -> Receipt:
    """The receipt for the reply to a complete message; what is no reply at all leaves it unknown."""
    if code // 100 == 2:
        return Receipt("accepted", provider_id=queue_id(text), detail=reply_detail(code, text))
    if code // 100 in (4, 5):
        return refusal("content", code, text)
    return Receipt("unknown", "delivery.no_answer")


def reply_detail(code: int, text: bytes) -> Mapping[str, int | str]:
    """The codes of a reply, without its words."""
    match = _ENHANCED.search(text)
    return {"code": code} | ({"status": match.group(1).decode("ascii")} if match else {})


def queue_id(text: bytes) -> str | None:
    """The name that the server gave the message, where it says so in the usual words."""
    match = _QUEUED_AS.search(text)
    return match.group(1).decode("ascii") if match else None

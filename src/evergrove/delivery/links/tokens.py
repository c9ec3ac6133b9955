"""
Names of links that nobody can make up: what a link is for and which message it stands in, under a keyed mark.

A token holds the outbox row's name and nothing of the person. Its key is derived from the workspace's data key, which a
new master key does not change and a backup brings along: a link works as long as the workspace lives.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from evergrove.delivery.links.errors import NoSuchLink

if TYPE_CHECKING:
    from evergrove.people import Seal

Kind = Literal["leave", "preferences", "click", "open"]
KINDS: tuple[Kind, ...] = ("leave", "preferences", "click", "open")
PURPOSE = "links/1"
NAMES = "message names/1"
NO_TARGET = "0" * 16
_ID, _TARGET, _MARK = 16, 8, 16
LENGTH = 56
"""Characters of a token: a multiple of four, so that none of its bits is left unread."""
_NAME = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{20})@[^@\s<>]+")


@dataclass(frozen=True)
class Token:
    """
    What a link says of itself.

    Attributes:
        kind: What it is for.
        outbox_id: The message that it stands in.
        target: Of a click: the stored link that it leads to, 16 hexadecimal digits.
        links: Of a click: how many followed links the message has, 255 at most.
    """

    kind: Kind
    outbox_id: str
    target: str = NO_TARGET
    links: int = 0


def token_of(seal: Seal, kind: Kind, outbox_id: str, *, target: str = NO_TARGET, links: int = 0) -> str:
    """
    A token of 56 characters that stand in an address as they are; the same at every call.

    Args:
        seal: Of the workspace.
        kind: What it is for.
        outbox_id: 32 hexadecimal digits.
        target: Of a click: name of the stored link.
        links: Of a click: how many links of the message are followed.
    """
    head = bytes([KINDS.index(kind), min(links, 255)]) + bytes.fromhex(outbox_id) + bytes.fromhex(target)
    return urlsafe_b64encode(head + _mark(seal, head)).decode()


def read_token(seal: Seal, token: str) -> Token:
    """
    What a token says, if this workspace has made it.

    Raises:
        NoSuchLink: It has not; whatever is wrong with it, the answer is the same.
    """
    try:
        raw = urlsafe_b64decode(token.encode("ascii")) if len(token) == LENGTH else b""
    except (Error, UnicodeEncodeError) as error:
        raise NoSuchLink from error
    head, mark = raw[:-_MARK], raw[-_MARK:]
    is_plain = urlsafe_b64encode(raw).decode() == token  # strange signs are skipped by the decoder
    if not is_plain or not hmac.compare_digest(_mark(seal, head), mark) or head[0] >= len(KINDS):
        raise NoSuchLink
    outbox_id, target = head[2 : 2 + _ID], head[2 + _ID : 2 + _ID + _TARGET]
    return Token(KINDS[head[0]], outbox_id.hex(), target.hex(), head[1])


def signed_name(seal: Seal, outbox_id: str) -> str:
    """
    What stands before the @ of a message's Message-ID: its name in the outbox, and a mark.

    Names of messages follow from what they are about, and whoever knows the shop could make one up. Without the mark a
    forged complaint would silence somebody else.
    """
    return f"{outbox_id}.{_name_mark(seal, outbox_id)}"


def message_named(seal: Seal, message_id: str) -> str | None:
    """The outbox row that a Message-ID names, with or without its brackets; None: it is none of ours."""
    match = _NAME.fullmatch(message_id.strip().removeprefix("<").removesuffix(">"))
    if match is None or not hmac.compare_digest(_name_mark(seal, match[1]), match[2]):
        return None
    return match[1]


def _mark(seal: Seal, head: bytes) -> bytes:
    return hmac.digest(seal.derived(PURPOSE), head, sha256)[:_MARK]


def _name_mark(seal: Seal, outbox_id: str) -> str:
    return hmac.digest(seal.derived(NAMES), outbox_id.encode(), sha256).hex()[:20]

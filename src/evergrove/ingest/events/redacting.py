"""
What reads like a person in texts that are kept open: addresses and phone numbers, however they are written.

Names of events, paths of pages and names of articles stand in the ledger and in the warehouse for everybody to read. A
shop's programs put persons into them all the same: ``/account/ann%40shop.example``, ``Called 13800138000``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from evergrove.people import Seal

HIDDEN = "…"
SHORTEST = 4
KEPT_AS_HASH = "~"
"""Begins the name of an event that is kept as a keyed hash, as its own read like a person."""
_BETWEEN = re.compile(r"([\s<>\"'/?&=,;:()|\[\]{}]+)")
_AT = re.compile(r".*(?:@|\uff20|%(?:25)*40|%(?:25)*ef%(?:25)*bc%(?:25)*a0)", re.IGNORECASE | re.DOTALL)
_PHONE = re.compile(r"(?:\+|%2b)?(?<!\d)\d(?:(?:[ ().\u2010-\u2015-]|%20){0,2}\d){6,}", re.IGNORECASE)
"""Seven digits or more, however they are grouped; a stroke between two is a path's."""
_SIGNS = re.compile(r"[\W_]+")
_DAY = re.compile(r"(?<!\d)(?:19|20)\d\d(-?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])(?!\d)")


def redacted(text: str) -> str:
    """A text without what reads like an address or a phone number; days are neither."""
    if _has_sign(text):
        parts = _BETWEEN.split(text)
        text = "".join(HIDDEN if len(part) > 1 and _AT.match(part) else part for part in parts)
    if sum(map(str.isdigit, text)) < 7:
        return text
    kept, last = [], 0
    for day in _DAY.finditer(text):
        kept += [_PHONE.sub(HIDDEN, text[last : day.start()]), day[0]]
        last = day.end()
    return "".join([*kept, _PHONE.sub(HIDDEN, text[last:])])


def is_address(text: str) -> bool:
    """Whether an id reads like an e-mail address; digits are what most ids are made of, and tell nothing."""
    return _has_sign(text) and _AT.match(text) is not None


def name_kept(seal: Seal, message_id: str) -> str:
    """The name under which an event is kept: its own, or a keyed hash of it where that reads like an address."""
    return hashed_name(seal, message_id) if is_address(message_id) else message_id


def hashed_name(seal: Seal, message_id: str) -> str:
    """A name that tells nothing, and is the same for the same event."""
    return f"{KEPT_AS_HASH}{seal.hash('event name', message_id)[:40]}"


def words_of(texts: Iterable[str]) -> frozenset[str]:
    """
    What names somebody, as ``is_named_by`` looks for it: whole, and in parts.

    A name's parts, an address without its domain, a phone without its country, which has one to three digits. What has
    fewer than four bytes stands anywhere by chance.
    """
    found = {_plain(part) for text in texts for part in (text, *_parts(text))}
    return frozenset(word for word in found if len(word) > 1 and len(word.encode()) >= SHORTEST)


def _parts(text: str) -> Iterable[str]:
    if text.startswith("+"):
        return (text[at:] for at in (2, 3, 4))
    return (text.partition("@")[0],) if "@" in text else text.split()


def is_named_by(text: str, words: Collection[str]) -> bool:
    """Whether any of some words stands in a text, however it is spaced, stroked or encoded for an address."""
    if not words:
        return False
    found = _plain(text)
    return any(word in found for word in words)


def _plain(text: str) -> str:
    return _SIGNS.sub("", unquote(unquote(text))).casefold()


def _has_sign(text: str) -> bool:
    return "@" in text or "%" in text or "\uff20" in text

"""Personal data as they may be shown to somebody who need not see them: enough to tell two apart, no more."""

from __future__ import annotations

HIDDEN = "…"
LEAST = 7
"""A shorter text would be told by its ends."""


def masked(text: str) -> str:
    """A text by its ends: +86…00; a short one by its first character."""
    return f"{text[:3]}{HIDDEN}{text[-2:]}" if len(text) >= LEAST else f"{text[:1]}{HIDDEN}"


def masked_address(address: str) -> str:
    """An e-mail address by its first character and its domain."""
    local, _at, domain = address.partition("@")
    return f"{local[:1]}{HIDDEN}@{domain}"

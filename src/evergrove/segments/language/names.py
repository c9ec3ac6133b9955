"""Keys of segments."""

from __future__ import annotations

import re

from evergrove.segments.language.errors import InvalidKey

KEY = re.compile(r"[a-z][a-z0-9_-]{0,59}")


def is_key(text: str) -> bool:
    """Whether a text can name a segment."""
    return KEY.fullmatch(text) is not None


def check_key(text: str) -> str:
    """
    The key itself.

    Raises:
        InvalidKey: It is none.
    """
    if not is_key(text):
        raise InvalidKey(key=text[:60])
    return text

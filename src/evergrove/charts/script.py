"""Options as they stand in a page."""

from __future__ import annotations

import json
from typing import Any


def in_script(content: Any) -> str:
    """
    JSON that may stand in a script element: no text in it can end the element or begin a comment.

    Args:
        content: Anything that JSON holds.
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text

"""Files of the shop as the body of a request: how large, and how rows that are refused are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.core import EvergroveError
    from evergrove.http import Call

FILE_BYTES = 16 * 1024 * 1024
MOST_TOLD = 1_000
"""Rows of which it is said why they were refused."""
CSV_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}
}
"""What the schema says of such a body."""


def why(error: EvergroveError, call: Call) -> dict[str, str]:
    """Code of a refusal, and a sentence in the caller's language."""
    return {"code": error.code, "message": Formats(call.language).say(error.message, **error.params)}

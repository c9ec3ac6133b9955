"""TOML that people write: read strictly, and every way in which it cannot be read is one kind of error."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from evergrove.core.messages import _
from evergrove.core.reasons import reason_of
from evergrove.core.sentences import Term

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_BYTES = 1_000_000
MOST_BITS = 64
"""Of an integer, as TOML 1.0 states it; Python itself has no limit, and others behind it have."""
MANY_PARTS = re.compile(r"(?<![\w-])(?:[\w-]++\s*+\.\s*+){100}")
"""Of one key: what it costs to read one grows with their square."""


class NotToml(ValueError):
    """
    A file cannot be read as TOML.

    Attributes:
        reason: For a sentence; a ``Term`` where there are translations.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """
    A file as a document, and its text.

    Args:
        path: UTF-8, with or without a byte order mark.

    Raises:
        NotToml: It cannot be opened, is larger than any that people write, is no UTF-8 or no TOML.
        FileNotFoundError: There is none.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise NotToml(reason_of(error)) from error
    if len(content) > MOST_BYTES:
        raise NotToml(Term(_("it has more than 1 MB")))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotToml(Term(_("it is not written in UTF-8"))) from error
    return toml_of(text), text


def toml_of(text: str) -> dict[str, Any]:
    """
    A text as a document.

    Raises:
        NotToml: It is none.
    """
    if MANY_PARTS.search(text):
        raise NotToml(Term(_("it is nested too deeply")))
    try:
        document = tomllib.loads(text)
        is_too_large = any(each.bit_length() >= MOST_BITS for each in _whole_numbers(document))
    except RecursionError as error:
        raise NotToml(Term(_("it is nested too deeply"))) from error
    except tomllib.TOMLDecodeError as error:
        raise NotToml(str(error).rstrip(".")) from error
    except ValueError as error:  # more digits than Python turns into a number
        raise NotToml(Term(_("a whole number in it is too large"))) from error
    if is_too_large:
        raise NotToml(Term(_("a whole number in it is too large")))
    return document


def _whole_numbers(value: object) -> Iterator[int]:
    if isinstance(value, int):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _whole_numbers(each)

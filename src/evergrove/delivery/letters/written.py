"""A letter as the text of a file: written from a document, read from what somebody typed, with the line of a mistake."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from evergrove.core import NotToml, toml_of
from evergrove.delivery.rendering.errors import LetterProblem, NoLetterDocument

if TYPE_CHECKING:
    from collections.abc import Mapping

COMPILED = "html"
"""What MJML was compiled to: nobody writes it, and keeping the letter makes it anew."""
QUOTES = '"""'
BARE = re.compile(r"[A-Za-z0-9_-]+")
PLACE = re.compile(r"at line (\d+)")
_UNWRITTEN = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def letter_text(document: Mapping[str, Any]) -> str:
    """
    A letter's document as TOML; reading it gives the same letter.

    Args:
        document: As ``document_of`` makes it.
    """
    words = {
        language: {name: value for name, value in each.items() if name != COMPILED}
        for language, each in document["words"].items()
    }
    return "\n".join(_table({**document, "words": words}, "")) + "\n"


def document_written(text: str) -> dict[str, Any]:
    """
    The document that a text says; whether it is a letter is looked at when it is kept.

    Raises:
        NoLetterDocument: It is no TOML; the reason names the line.
    """
    try:
        return toml_of(text)
    except NotToml as error:
        raise NoLetterDocument(problem=error.reason) from error


def line_of(text: str, error: LetterProblem) -> int:
    """The line of a text, from 1, that a refusal is about; 0 where it cannot be said."""
    where, inner = str(error.params.get("where", "")), error.params.get("line")
    if not where:
        place = PLACE.search(str(error.params.get("problem", "")))
        return int(place[1]) if place else 0
    table, _comma, entry = where.partition(", ")
    header = table if table == "words" or table.startswith("params.") else f"words.{table}"
    if "." in entry:
        channel, _dot, entry = entry.partition(".")
        header += f".platforms.{channel}"
    found, is_block = _entry(text.splitlines(), header, entry)
    return found + (int(inner) if is_block and isinstance(inner, int) else 0)


def _entry(lines: list[str], header: str, name: str) -> tuple[int, bool]:
    """The line of an entry, and whether its words begin on the next one; of its table where it has no such entry."""
    opens = re.compile(rf"\s*\[\s*{re.escape(header)}\s*\]")
    has = re.compile(rf"\s*{re.escape(name)}\s*=\s*(?P<value>.*)") if name else None
    above, is_inside = 0, False
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith("[") and not is_inside:
            is_inside = opens.match(line) is not None
            above = number if is_inside else above
        elif is_inside and has is not None and (found := has.match(line)):
            return number, found["value"].strip() in {QUOTES, "'''"}
    return above, False


def _table(document: Mapping[str, Any], path: str) -> list[str]:
    """Lines of a table: its own entries first, then the tables within it."""
    lines = [
        f"{_key(name)} = {_value(each)}" for name, each in document.items() if not isinstance(each, dict)
    ]
    for name, each in document.items():
        if isinstance(each, dict) and each:
            inner = f"{path}{_key(name)}"
            below = _table(each, f"{inner}.")
            has_own = any(not isinstance(value, dict) for value in each.values())
            lines += ["", f"[{inner}]", *below] if has_own else below
    return lines


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else _value(name)


def _value(value: Any) -> str:
    """A text: several lines stand as they are, one line as JSON writes it, which TOML reads."""
    if isinstance(value, str) and "\n" in value and not _UNWRITTEN.search(value):
        head = value.rstrip('"')
        body = head.replace("\\", "\\\\").replace(QUOTES, r"\"\"\"") + r"\"" * (len(value) - len(head))
        return f"{QUOTES}\n{body}{QUOTES}"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

"""
Keeping persons out of the log, by construction and then once more by their looks.

By construction: a line has the fields of a closed list, an error its class and the places it came through but never
its text, and a foreign library's line its template without what would be filled in. By their looks: what reads like an
address or a phone number is masked wherever it stands, and control characters are written as their codes, so that
nothing that came from outside can begin a line of its own or colour a terminal.
"""

from __future__ import annotations

import re
import traceback
import unicodedata
from typing import TYPE_CHECKING, Any

from evergrove.core import EvergroveError
from evergrove.jobs.rules import without_persons
from evergrove.server.logs.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import MutableMapping

FRAMES = 8
OWN = {
    "actor": re.compile(r"user:[0-9a-f]{32}|key:evg_[0-9a-f]{12}|job:\d+|cli|nobody"),
    "request_id": re.compile(r"[A-Za-z0-9-]{8,64}"),
    "statement": re.compile(r"[a-z?]+ [\w-]+ [0-9a-f]{8}"),
    "timestamp": re.compile(r"[\d:.TZ-]+"),
}
"""Names of our own making, whose digits are nobody's phone number."""
_UNPRINTED = {"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"}


def without_foreign_fields(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Let no field into a line that the list does not name."""
    strange = sorted(event.keys() - FIELDS.keys() - {"exc_info"})
    for name in strange:
        del event[name]
    if strange:
        event["left_out"] = [clean(name) for name in strange]
    return event


def told_error(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say of an error which one it is and where it came from; its text may name persons."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["where"] = places(error)
        if isinstance(error, EvergroveError):
            event["code"] = error.code
    return event


def places(error: BaseException) -> list[str]:
    """The last places in the code that an error came through: file, line and function."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{'/'.join(each.filename.split('/')[-2:])}:{each.lineno} {each.name}" for each in frames]


def masked(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask what looks personal, and write control characters as their codes."""
    for name, value in event.items():
        if not (name in OWN and isinstance(value, str) and OWN[name].fullmatch(value)):
            event[name] = clean(value)
    return event


def clean(value: object) -> object:
    """A value as a line may hold it."""
    if isinstance(value, list | tuple):
        return [clean(each) for each in value]
    kept = without_persons(value)
    return escaped(kept) if isinstance(kept, str) else kept


def escaped(text: str) -> str:
    """A text of one line, whatever it held."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if unicodedata.category(char) not in _UNPRINTED else f"\\u{ord(char):04x}" for char in text
    )

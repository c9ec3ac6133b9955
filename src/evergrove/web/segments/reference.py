"""What a condition may name, as it stands beside the field in which one is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.web.segments.words import GROUPS, TYPES, UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.api.segment_answers import Language
    from evergrove.text import Formats


@dataclass(frozen=True)
class Entry:
    """
    One field or function.

    Attributes:
        text: As it is written.
        words: What it is.
        kind: What its values are, with their unit.
        values: The only ones it has; empty: any.
    """

    text: str
    words: str
    kind: str
    values: Sequence[str]


def reference(language: Language, formats: Formats) -> list[tuple[str, list[Entry]]]:
    """Groups by their names, each with its fields and functions, in the reader's language."""
    known = [*language.fields, *language.functions]
    groups = {
        formats.say(name): [_entry(each, formats) for each in known if each["group"] == group]
        for group, name in GROUPS.items()
    }
    return [(name, entries) for name, entries in groups.items() if entries]


def unbraced(words: str) -> str:
    """Words of a function, whose arguments stand in braces, for those who have not given any yet."""
    return words.replace("{", "").replace("}", "")


def _entry(each: Mapping[str, Any], formats: Formats) -> Entry:
    kind = formats.say(TYPES[each["type"]])
    unit = f" ({formats.say(UNITS[each['unit']])})" if each["unit"] in UNITS else ""
    return Entry(
        each.get("example", each["text"]),
        unbraced(each["words"][formats.language]),
        f"{kind}{unit}",
        each["values"],
    )

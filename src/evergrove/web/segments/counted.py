"""What a condition comes to while it is written: its meaning and count, or the place of what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.api import segments
from evergrove.api.segment_answers import LONGEST, Asked
from evergrove.core import InputError
from evergrove.web.frame import Refused, ask
from evergrove.web.frame.ways_out import PLACE

if TYPE_CHECKING:
    from evergrove.api.segment_answers import Counted
    from evergrove.http import Call

WORD = re.compile(r"'(?:[^']|'')*'?|\w+|\S")
"""What is marked: a value, a name, or a sign."""


@dataclass(frozen=True)
class Mistake:
    """
    Why a condition cannot be used.

    Attributes:
        refused: The sentence, and the way out.
        before: The text up to the mistake.
        wrong: What is marked; empty where the mistake has no place.
        after: What follows.
    """

    refused: Refused
    before: str = ""
    wrong: str = ""
    after: str = ""


@dataclass(frozen=True)
class Outcome:
    """
    What is said below the field.

    Attributes:
        counted: What the condition means, and of how many it is true; None where it cannot be used.
        mistake: Why not; None where it can, or where nothing is written.
    """

    counted: Counted | None = None
    mistake: Mistake | None = None


def outcome_of(call: Call, text: str) -> Outcome:
    """What a text comes to; nothing of it is stored."""
    if not text.strip():
        return Outcome()
    try:
        return Outcome(counted=ask(call, segments.check, asked=Asked(text=text[:LONGEST])))
    except InputError as error:
        return Outcome(mistake=mistake_of(error, text, call))


def mistake_of(error: InputError, text: str, call: Call) -> Mistake:
    """
    An error, and where in the text it is.

    Args:
        error: Names its place as line:column, both from 1.
        text: As it was written; the API counts columns in what is left of it without blanks at its ends.
        call: Of the request.
    """
    refused = Refused.of(error, call.language)
    place = PLACE.fullmatch(str(error.params.get("where", "")))
    if place is None:
        return Mistake(refused)
    text = text.strip()
    line, column = int(place[1]), int(place[2])
    lines = text.split("\n")
    start = sum(len(each) + 1 for each in lines[: line - 1]) + column - 1
    found = WORD.match(text, min(start, len(text)))
    end = found.end() if found else start
    return Mistake(refused, text[:start], text[start:end], text[end:])

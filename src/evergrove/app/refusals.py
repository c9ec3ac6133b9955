"""Why a file was refused, told twice: with what stands in it, and for whoever may not read that."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, TypeVar

from evergrove.core import EvergroveError, Sentence
from evergrove.text import say, translator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.text import Language

HIDDEN = "…"
"""Stands where something of the file would."""
OURS = frozenset({"file", "table", "role", "roles", "format", "encoding", "timezone", "limit", "ratio"})
"""
Fields of sentences that never hold what stands in a file: its name, and words of this program.

Headers are not among them: of a file without a header row they are the first customer.
"""
OF_NOBODY = (int, float, date, Sentence)
"""Counts and days, and sentences of ours."""
DETAILS = "-" * 12
"""Stands in a note between what anybody may read and what stands in the file."""
E = TypeVar("E", bound=EvergroveError)


def without_cells(error: E) -> E:
    """The same error, with a stroke for each field that may hold what stands in a file."""
    told = type(error).__new__(type(error))  # some kinds take their fields in other ways
    params = {name: value if _is_ours(name, value) else HIDDEN for name, value in error.params.items()}
    vars(told).update(vars(error), params=params)
    told.args = (str(told),)
    return told


def note_of(errors: Sequence[EvergroveError], language: Language) -> str:
    """
    The note beside a refused file: a line each without what stands in it, then all of it.

    The lines without come first, and hold no line of the file: nothing in it can pass for the stroke between them.
    """
    translate = translator(language)
    closed = [
        f"{Sentence(each.code, each.message, without_cells(each).params).said(translate)} [{each.code}]"
        for each in errors
    ]
    plainly = [" ".join(line.split()) for line in closed]
    fully = [f"{say(each, language)} [{each.code}]" for each in errors]
    return "\n".join([*plainly, DETAILS, *fully])


def told_in(note: str) -> tuple[str, str]:
    """What a note tells: without what stands in the file, which may be nothing, and with it."""
    plainly, stroke, fully = note.partition(f"\n{DETAILS}\n")
    return (plainly.strip(), fully.strip()) if stroke else ("", note.strip())


def _is_ours(name: str, value: object) -> bool:
    return name in OURS or isinstance(value, OF_NOBODY)

"""Errors and warnings that people can act on: a rule, a count, an example, a way out."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping


def shown(value: object) -> str:
    """Write one parameter of a sentence: grouped integers, ISO dates, several one after the other, all else as it is."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return ", ".join(map(shown, value))
    return str(value)


class _Written(str):
    """A parameter as it stands in a sentence; it knows which words agree with it."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        one, bar, many = spec.partition("|")
        if not bar:
            return super().__format__(spec)
        return one if self == "1" else many


def fill(template: str, params: Mapping[str, object]) -> str:
    """
    Put parameters into a template's named fields.

    ``{days} {days:day|days}`` is "1 day" and "34 days": the words before the bar agree with 1, those behind
    it with every other number. A translation repeats the field only where its own words change.
    """
    return template.format(**{name: _Written(shown(value)) for name, value in params.items()})


class _Worded(Exception):
    """A code, a message and a hint with named fields, and the values of these fields."""

    code: ClassVar[str]
    message: ClassVar[str]
    hint: ClassVar[str] = ""

    params: dict[str, object]

    def __init__(self, **params: object) -> None:
        self.params = params
        super().__init__(str(self))

    def __str__(self) -> str:
        sentences = (fill(text, self.params) for text in (self.message, self.hint) if text)
        return " ".join(sentences)


class EvergroveError(_Worded):
    """The root of every deliberate error; by itself: ours to mend, not the user's."""

    exit_status: ClassVar[int] = 1


class InputError(EvergroveError):
    """What was given cannot be used; the hint says what would settle it."""

    exit_status: ClassVar[int] = 2


class EvergroveWarning(_Worded, UserWarning):
    """Something that a reader of the numbers should know."""

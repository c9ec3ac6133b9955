"""Statements that travel as a code and parameters, and become words where a person reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evergrove.core.errors import fill
from evergrove.core.messages import _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Term(str):
    """A word of the catalogue that stands in another sentence: translated when that sentence is shown."""

    __slots__ = ()


@dataclass(frozen=True)
class Sentence:
    """
    A statement as a code and its parameters; words are put to it where it is shown.

    Attributes:
        code: Stable, for machines.
        template: English, with named fields, as marked for translation.
        params: The fields' values. A ``Term`` or a ``Sentence`` is itself translated; a tuple is enumerated.
    """

    code: str
    template: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.said()

    def said(self, translate: Callable[[str], str] = str) -> str:
        """The statement in a language; ``translate`` puts an English sentence into it."""
        words = {name: _worded(value, translate) for name, value in self.params.items()}
        return fill(translate(self.template), words)


def _worded(value: object, translate: Callable[[str], str]) -> object:
    if isinstance(value, Sentence):
        return value.said(translate)
    if isinstance(value, tuple):
        return translate(_(", ")).join(str(_worded(part, translate)) for part in value)
    return translate(str(value)) if isinstance(value, Term) else value

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


class Amount(str):
    """An amount of money, written, without its currency: the sign is set before it where the sentence is shown."""

    __slots__ = ()


@dataclass(frozen=True)
class Sentence:
    """
    A statement as a code and its parameters; words are put to it where it is shown.

    Attributes:
        code: Stable, for machines.
        template: English, with named fields, as marked for translation.
        params: The fields' values. A ``Term`` or a ``Sentence`` is itself translated; an ``Amount`` gets its currency; a
            tuple is enumerated.
    """

    code: str
    template: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.said()

    def said(self, translate: Callable[[str], str] = str, sign: str = "") -> str:
        """The statement in a language; ``translate`` puts an English sentence into it, ``sign`` stands before amounts."""
        words = {name: _worded(value, translate, sign) for name, value in self.params.items()}
        return fill(translate(self.template), words)


def _worded(value: object, translate: Callable[[str], str], sign: str) -> object:
    if isinstance(value, Sentence):
        return value.said(translate, sign)
    if isinstance(value, tuple):
        return translate(_(", ")).join(str(_worded(part, translate, sign)) for part in value)
    if isinstance(value, Amount):
        return f"-{sign}{value[1:]}" if value.startswith("-") else f"{sign}{value}"
    return translate(str(value)) if isinstance(value, Term) else value

"""Sentences as JSON keeps them for readers of any language: a template and its fields, some of them sentences again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import EvergroveWarning, Sentence, Term

if TYPE_CHECKING:
    from collections.abc import Mapping

TERM, SEVERAL = "term", "several"


def kept_sentence(spoken: Term | Sentence | EvergroveWarning) -> dict[str, Any]:
    """A sentence, or of a warning what is the matter, as JSON."""
    if isinstance(spoken, Term):
        return {TERM: str(spoken)}
    template = spoken.message if isinstance(spoken, EvergroveWarning) else spoken.template
    params = {name: _kept(value) for name, value in spoken.params.items()}
    return {"code": spoken.code, "template": template, "params": params}


def _kept(value: object) -> Any:
    if isinstance(value, Term | Sentence | EvergroveWarning):
        return kept_sentence(value)
    if isinstance(value, tuple):
        return {SEVERAL: [_kept(part) for part in value]}
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def read_sentence(stored: Mapping[str, Any]) -> Term | Sentence:
    """The same again; what was a warning is a sentence now."""
    if TERM in stored:
        return Term(stored[TERM])
    params = {name: _read(value) for name, value in stored["params"].items()}
    return Sentence(stored["code"], stored["template"], params)


def _read(value: Any) -> object:
    if not isinstance(value, dict):
        return value
    return tuple(map(_read, value[SEVERAL])) if SEVERAL in value else read_sentence(value)

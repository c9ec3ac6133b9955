"""Letters as documents: read from JSON or TOML, and written down again with what MJML was compiled to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.delivery.rendering.errors import LetterIncomplete, NoLetterDocument, UnknownLetterFormat
from evergrove.delivery.rendering.mjml import compiled
from evergrove.delivery.rendering.shipped import NAME
from evergrove.delivery.rendering.types import (
    CATEGORIES,
    FORMATS,
    PARAM_TYPES,
    Email,
    Letter,
    Param,
    Platform,
    Wording,
)
from evergrove.text import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

FORMAT = "evergrove.letter/1"
PLATFORMS = ("sms", "wechat")
MOST_PARAMS = 20
MOST_FIELDS = 20
LONGEST_NAME = 60
_LETTER = ("format", "name", "category", "params", "words")
_WORDING = ("subject", "preheader", "format", "body", "html", "short", "platforms")


def letter_of(document: Mapping[str, Any], *, version: int = 0, compile_: bool = False) -> Letter:
    """
    The letter that a document describes.

    Args:
        document: As ``document_of`` writes it; ``html`` in it is read where it was stored only.
        version: Of the letter.
        compile_: Whether MJML is compiled now, whatever the document says it came to.

    Raises:
        LetterProblem: It describes none.
    """
    if document.get("format") != FORMAT:
        raise UnknownLetterFormat(found=str(document.get("format"))[:LONGEST_NAME], known=FORMAT)
    _only(document, _LETTER, "the letter")
    name, category = document.get("name"), document.get("category", "marketing")
    if not isinstance(name, str) or not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise NoLetterDocument(problem="name is not of small letters and digits with hyphens between them")
    if category not in CATEGORIES:
        raise NoLetterDocument(problem=f"category is none of {', '.join(CATEGORIES)}")
    words = _table(document.get("words"), "words")
    if not words:
        raise LetterIncomplete(where="words")
    _only(words, LANGUAGES, "words")
    return Letter(
        name,
        version,
        category,
        {each: _wording(words[each], each, compile_=compile_) for each in LANGUAGES if each in words},
        _params(document.get("params", {})),
    )


def document_of(letter: Letter) -> dict[str, Any]:
    """A letter as a document, with what MJML was compiled to."""
    return {
        "format": FORMAT,
        "name": letter.name,
        "category": letter.category,
        "params": {name: _given(vars(each)) for name, each in letter.params.items()},
        "words": {language: _wording_document(each) for language, each in letter.words.items()},
    }


def _wording_document(wording: Wording) -> dict[str, Any]:
    email = {} if wording.email is None else _given(vars(wording.email))
    platforms = {
        channel: {"template_id": each.template_id, "fields": dict(each.fields)}
        for channel, each in wording.platforms.items()
    }
    return email | _given({"short": wording.short or None, "platforms": platforms or None})


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "")}


def _wording(given: Any, language: str, *, compile_: bool) -> Wording:
    table = _table(given, language)
    _only(table, _WORDING, language)
    email = _email(table, language, compile_=compile_) if "body" in table or "subject" in table else None
    platforms = _table(table.get("platforms", {}), f"{language}, platforms")
    _only(platforms, PLATFORMS, f"{language}, platforms")
    wording = Wording(
        email,
        _text(table, "short", language),
        {channel: _platform(each, f"{language}, {channel}") for channel, each in platforms.items()},
    )
    if wording == Wording():
        raise LetterIncomplete(where=language)
    return wording


def _email(table: Mapping[str, Any], language: str, *, compile_: bool) -> Email:
    format_ = table.get("format", "text")
    if format_ not in FORMATS:
        raise NoLetterDocument(problem=f"format of {language} is none of {', '.join(FORMATS)}")
    body = _text(table, "body", language)
    html = _text(table, "html", language)
    if compile_ or format_ != "mjml":
        html = compiled(body, f"{language}, body") if format_ == "mjml" else ""
    return Email(_text(table, "subject", language), body, format_, _text(table, "preheader", language), html)


def _platform(given: Any, where: str) -> Platform:
    table = _table(given, where)
    _only(table, ("template_id", "fields"), where)
    fields = _table(table.get("fields", {}), f"{where}, fields")
    template_id = _text(table, "template_id", where)
    if not template_id or not fields or len(fields) > MOST_FIELDS:
        raise LetterIncomplete(where=where)
    return Platform(template_id, tuple((name, _text(fields, name, where)) for name in fields))


def _params(given: Any) -> dict[str, Param]:
    table = _table(given, "params")
    if len(table) > MOST_PARAMS:
        raise NoLetterDocument(problem=f"params are more than {MOST_PARAMS}")
    found: dict[str, Param] = {}
    for name, each in table.items():
        one = _table(each, f"params.{name}")
        _only(one, ("type", "sample", "default"), f"params.{name}")
        if not name.isidentifier() or one.get("type", "text") not in PARAM_TYPES:
            raise NoLetterDocument(
                problem=f"params.{name} is no name, or its type none of {', '.join(PARAM_TYPES)}"
            )
        default = _text(one, "default", name) if "default" in one else None
        if not one.get("sample") or default == "":
            raise LetterIncomplete(where=f"params.{name}")
        found[name] = Param(one.get("type", "text"), _text(one, "sample", name), default)
    return found


def _table(given: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise NoLetterDocument(problem=f"{where} is no table")
    return given


def _text(table: Mapping[str, Any], name: str, where: str) -> str:
    found = table.get(name, "")
    if not isinstance(found, str):
        raise NoLetterDocument(problem=f"{name} of {where} is no text")
    return found


def _only(table: Mapping[str, Any], known: Collection[str], where: str) -> None:
    strange = next((str(name) for name in table if name not in known), None)
    if strange is not None:
        raise NoLetterDocument(problem=f"{where} has no field {strange[:40]}")

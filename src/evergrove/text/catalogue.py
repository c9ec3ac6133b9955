"""Sentences in the reader's language: English as written, Chinese from compiled catalogues."""

from __future__ import annotations

import gettext
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from evergrove.core import InputError, Sentence, _

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.core import EvergroveError, EvergroveWarning

Language = Literal["en", "zh-Hans", "zh-Hant"]
LANGUAGES: tuple[Language, ...] = ("en", "zh-Hans", "zh-Hant")
_ALIASES: dict[str, Language] = {
    "en": "en",
    "zh": "zh-Hans",
    "zh-cn": "zh-Hans",
    "zh-sg": "zh-Hans",
    "zh-hans": "zh-Hans",
    "zh-tw": "zh-Hant",
    "zh-hk": "zh-Hant",
    "zh-mo": "zh-Hant",
    "zh-hant": "zh-Hant",
}


class UnknownLanguage(InputError):
    """A language was asked for that has no catalogue."""

    code = "text.unknown_language"
    message = _("{code} is not a language that Evergrove speaks.")
    hint = _("Choose en, zh-Hans or zh-Hant (zh-CN and zh-TW are understood too).")


def language(code: str) -> Language:
    """
    The language behind a code such as zh-TW, zh_CN.UTF-8 or en-GB.

    Raises:
        UnknownLanguage: No catalogue speaks it.
    """
    plain = code.partition(".")[0].replace("_", "-").lower()
    parts = plain.split("-")
    for candidate in (plain, "-".join(parts[:2]), parts[0]):
        if candidate in _ALIASES:
            return _ALIASES[candidate]
    raise UnknownLanguage(code=code)


@cache
def translator(to: Language) -> Callable[[str], str]:
    """The function that puts an English sentence, as marked with ``_``, into a language."""
    if to == "en":
        return lambda message: message
    path = files("evergrove.text").joinpath("locale", to.replace("-", "_"), "LC_MESSAGES", "evergrove.mo")
    with path.open("rb") as stream:
        return gettext.GNUTranslations(stream).gettext


def say(spoken: EvergroveError | EvergroveWarning, to: Language) -> str:
    """An error or a warning, message and hint, in a language."""
    translate = translator(to)
    texts = (text for text in (spoken.message, spoken.hint) if text)
    sentences = [Sentence(spoken.code, text, spoken.params).said(translate) for text in texts]
    return ("" if to.startswith("zh") else " ").join(sentences)

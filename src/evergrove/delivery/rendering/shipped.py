"""The letters that come with Evergrove: files of this package, three languages each."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from evergrove.delivery.errors import NoTemplate, UnsafeSubject
from evergrove.delivery.rendering.types import Email, Letter, Wording
from evergrove.text import LANGUAGES

if TYPE_CHECKING:
    from evergrove.text import Language

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_FIELDS = ("subject", "preheader")


@cache
def templates() -> tuple[str, ...]:
    """Names of the letters there are."""
    folder = files("evergrove.delivery").joinpath("templates")
    return tuple(sorted(entry.name for entry in folder.iterdir() if NAME.fullmatch(entry.name)))


@cache
def shipped(name: str) -> Letter:
    """
    A letter that comes with Evergrove.

    Raises:
        NoTemplate: There is none of this name.
    """
    if name not in templates():
        raise NoTemplate(template=repr(name), language="")
    return Letter(name, 0, "marketing", {language: _wording(name, language) for language in LANGUAGES})


def _wording(name: str, language: Language) -> Wording:
    where = ("templates", name, language.replace("-", "_"))
    email = _email(name, language, read(f"{'/'.join(where)}.liquid"))
    short = files("evergrove.delivery").joinpath(*where[:2], f"{where[2]}.short.liquid")
    return Wording(email, short.read_text(encoding="utf-8").strip() if short.is_file() else "")


def _email(name: str, language: str, text: str) -> Email:
    head, _empty, body = text.partition("\n\n")
    given = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    if "subject" not in given or not set(given) <= set(_FIELDS):
        raise UnsafeSubject(template=name, language=language)
    return Email(given["subject"], body, "text", given.get("preheader", ""))


@cache
def read(path: str) -> str:
    """
    A file of this package.

    Raises:
        NoTemplate: It is not there.
    """
    try:
        return files("evergrove.delivery").joinpath(*path.split("/")).read_text(encoding="utf-8")
    except OSError as error:
        raise NoTemplate(template=path, language="") from error

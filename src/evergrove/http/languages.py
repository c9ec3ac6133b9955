"""In which language an answer speaks."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.requests import cookie_parser

from evergrove.text import UnknownLanguage, language

if TYPE_CHECKING:
    from evergrove.text import Language

LONGEST = 500
COOKIE = "evergrove_language"
"""What a browser keeps of a choice that was made in a page: it goes before the browser's own languages."""


def preferred(header: str, usual: str) -> Language:
    """
    The first language of ``Accept-Language`` that we speak, by weight (RFC 9110, 12.5.4).

    Args:
        header: As it was sent; empty where it was not.
        usual: Of the workspace, where none is asked for or none of those asked for is spoken.
    """
    for code in _by_weight(header[:LONGEST]):
        with suppress(UnknownLanguage):
            return language(code)
    return language(usual)


def chosen(cookies: str, header: str, usual: str) -> Language:
    """
    The language that was chosen in a page, else the preferred one.

    Args:
        cookies: The header ``Cookie``; empty where it was not sent.
        header: As for ``preferred``.
        usual: As for ``preferred``.
    """
    kept = cookie_parser(cookies).get(COOKIE, "") if COOKIE in cookies else ""
    return preferred(kept or header, usual)


def _by_weight(header: str) -> list[str]:
    asked = [_weighted(part) for part in header.split(",") if part.strip()]
    heard = [(weight, code) for weight, code in asked if weight > 0 and code != "*"]
    return [code for _weight, code in sorted(heard, key=lambda each: -each[0])]  # stable: else as written


def _weighted(part: str) -> tuple[float, str]:
    code, _semicolon, rest = part.partition(";")
    name, _equals, weight = rest.partition("=")
    try:
        return (float(weight) if name.strip() == "q" else 1.0), code.strip()
    except ValueError:
        return 0.0, code.strip()

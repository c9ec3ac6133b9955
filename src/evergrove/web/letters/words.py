"""Names of what letters have, and the addresses of their pages."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from evergrove.core import _
from evergrove.web.frame import query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.text import Formats

PATH = "/letters"
FORMS: Mapping[str, str] = {
    "email": _("E-mail"),
    "short": _("Text message"),
    "sms": _("SMS template"),
    "wechat": _("WeChat"),
}
CATEGORIES: Mapping[str, str] = {
    "marketing": _("advertising"),
    "service": _("service"),
    "transactional": _("about an order"),
}


def path_of(name: str, part: str = "", **parameters: object) -> str:
    """The page of a letter, or a part below it."""
    return f"{PATH}/{quote(name, safe='')}{f'/{part}' if part else ''}{query(**parameters)}"


def named(words: Mapping[str, str], formats: Formats) -> dict[str, str]:
    """Words in the reader's language, by their codes."""
    return {code: formats.say(word) for code, word in words.items()}

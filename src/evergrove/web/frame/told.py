"""What a page says once, after something was done: kept by the browser until the next page has said it."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.core import Sentence
from evergrove.text import translator

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from evergrove.text import Language

COOKIE = "evergrove_said"
LASTS_S = 60
LONGEST = 1000
_KNOWN: dict[str, str] = {}


@dataclass(frozen=True)
class Told:
    """
    A sentence that pages say after an act, such as ``Told("settings.key_revoked", _("The key {prefix} opens nothing."))``.

    The browser keeps its code and fields, never its text: a forged cookie can choose among our sentences only. Its fields
    hold nothing personal and no secret.

    Attributes:
        code: Its name.
        text: The sentence, marked with ``_``.
    """

    code: str
    text: str

    def __post_init__(self) -> None:
        _KNOWN[self.code] = self.text


def keep(response: Response, told: Told, **params: Any) -> None:
    """Have the next page say it."""
    document = json.dumps([told.code, params], ensure_ascii=False)
    value = base64.urlsafe_b64encode(document.encode()).decode().rstrip("=")
    response.set_cookie(COOKIE, value, max_age=LASTS_S, path="/", httponly=True, samesite="lax")


def take(request: Request, language: Language) -> str:
    """What the page before has left to be said; empty where there is nothing, or nothing of ours."""
    kept = request.cookies.get(COOKIE, "")[:LONGEST]
    if not kept:
        return ""
    try:
        code, params = json.loads(base64.urlsafe_b64decode(kept + "=" * (-len(kept) % 4)))
        text = _KNOWN[code]
        return Sentence(code, text, {str(name): str(value) for name, value in params.items()}).said(
            translator(language)
        )
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
        return ""  # not of ours: there is nothing to say, and nobody to tell

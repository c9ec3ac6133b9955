"""What a one-time link says to those who follow it without a browser: which command to send."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from evergrove.core import Sentence, _
from evergrove.text import translator

if TYPE_CHECKING:
    from evergrove.http import Call

LINES = (
    _(
        "This link opens once. Nothing has happened yet: a password is chosen by a command, sent to this service."
    ),
    _("Who is to be the first administrator sends:"),
    _("Who was invited, or has forgotten the password, sends:"),
)


def told(call: Call, token: str) -> str:
    """The commands, in the language of the request."""
    say = translator(call.language)
    intro, first, later = (Sentence("web.link", line).said(say) for line in LINES)
    base = call.service.here.settings.access.base_url.rstrip("/")
    entered = {"token": token, "password": "PASSWORD"}
    lines = (
        intro,
        "",
        first,
        _command(f"{base}/v1/set-up", {"token": token, "email": "ADDRESS", "password": "PASSWORD"}),
        "",
        later,
        _command(f"{base}/v1/enter", entered),
        "",
    )
    return "\n".join(lines)


def _command(address: str, body: dict[str, str]) -> str:
    return f"  curl -X POST {address} -H 'Content-Type: application/json' -d '{json.dumps(body)}'"

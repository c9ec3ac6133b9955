"""
``/link/{token}``: where one-time links lead. It reads nothing and changes nothing, for mail scanners follow links, too.

It says in words what to send; a page with a form takes its place as soon as there are pages.
"""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import Path
from starlette.responses import PlainTextResponse, Response

from evergrove.core import Sentence, _
from evergrove.http import Routes, ThisCall
from evergrove.text import translator

routes = Routes(tag="operation")

Token = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_-]+$")]
LINES = (
    _(
        "This link opens once. Nothing has happened yet: a password is chosen by a command, sent to this service."
    ),
    _("Who is to be the first administrator sends:"),
    _("Who was invited, or has forgotten the password, sends:"),
)


@routes.get(
    "/link/{token}",
    public="Whoever holds a one-time link is not known yet; nothing is looked up.",
    include_in_schema=False,
    response_class=PlainTextResponse,
)
def link(call: ThisCall, token: Token) -> Response:
    """What to do with a one-time link."""
    say = translator(call.language)
    intro, first, later = (Sentence("server.link", line).said(say) for line in LINES)
    base = call.here.settings.access.base_url.rstrip("/")
    told = {"token": token, "email": "ADDRESS", "password": "PASSWORD"}
    entered = {"token": token, "password": "PASSWORD"}
    lines = (
        intro,
        "",
        first,
        _command(f"{base}/v1/set-up", told),
        "",
        later,
        _command(f"{base}/v1/enter", entered),
        "",
    )
    return PlainTextResponse("\n".join(lines))


def _command(address: str, body: dict[str, str]) -> str:
    return f"  curl -X POST {address} -H 'Content-Type: application/json' -d '{json.dumps(body)}'"

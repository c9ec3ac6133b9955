"""
``/v1/links``: what stands behind the links of letters, for pages of the shop's own; the pages of the service ask here too.

Nobody is known here: whoever holds a link was sent it. Links that nobody has made are counted by address, those of a
letter by the letter, so that a mail service may pass on the leaves of thousands.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from fastapi import Path
from pydantic import Field
from starlette.requests import Request

from evergrove.app import recipients
from evergrove.http import Answer, Body, Routes, ThisCall
from evergrove.http.places import address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.app.recipients import Shown
    from evergrove.http import Call

routes = Routes("/links", tag="links")

HELD = "Whoever holds a letter's link has received that letter; it names nobody and shows no address in full."
Token = Annotated[str, Path(min_length=1, max_length=200)]


class WishAnswer(Answer):
    """One thing that a reader may want or not."""

    name: str = Field(examples=["marketing.email"], description="As it is sent back.")
    purpose: str
    channel: str = Field(description='"any": on all of them at once.')
    is_on: bool


class LinkAnswer(Answer):
    """What a page behind a link shows."""

    kind: str = Field(description="leave, or preferences where wishes may be changed.")
    shop: str = Field(description="Who wrote.")
    language: str = Field(description="Of the letter.")
    channel: str | None
    purpose: str | None
    address: str = Field(
        description="Of the reader, masked; empty where none is known.", examples=["a…@example.com"]
    )
    silent: bool = Field(description="Whether nothing is sent to the address, whatever is chosen.")
    wishes: list[WishAnswer]
    preferences: str = Field(description="Token of the link under which wishes are changed; may be empty.")


class WishesBody(Body):
    """What a reader wants."""

    chosen: list[str] = Field(max_length=60, description="Names of wishes that are to be on.")
    offered: list[str] = Field(
        max_length=60, description="Names of all that were shown; others stay as they are."
    )


@routes.get("/{token}", public=HELD)
def shown(call: ThisCall, request: Request, token: Token) -> LinkAnswer:
    """What the page behind a link shows; nothing is changed by it."""
    with counted(call, request, token):
        return _answer(recipients.shown(call.here, token, full=True))


@routes.post("/{token}/leave", public=HELD)
def leave(call: ThisCall, request: Request, token: Token) -> LinkAnswer:
    """Send the reader nothing more of this kind, from now on; asking twice changes nothing."""
    with counted(call, request, token):
        recipients.leave_by(call.here, token)
        return _answer(recipients.shown(call.here, token, full=True))


@routes.put("/{token}/wishes", public=HELD)
def choose(call: ThisCall, request: Request, token: Token, body: WishesBody) -> LinkAnswer:
    """Have it be as the reader wants it; the last answer counts."""
    with counted(call, request, token):
        recipients.choose_by(call.here, token, body.chosen, body.offered)
        return _answer(recipients.shown(call.here, token, full=True))


def follow(call: Call, request: Request, token: str) -> str:
    """Where a followed link of a letter leads: as it was stored, whatever the request says."""
    with counted(call, request, token):
        return recipients.follow(call.here, token, request.method, request.headers.get("user-agent", ""))


def opened(call: Call, request: Request, token: str) -> None:
    """Note that a letter was opened, where its reader has agreed to that."""
    with counted(call, request, token):
        recipients.opened(call.here, token, request.method, request.headers.get("user-agent", ""))


@contextmanager
def counted(call: Call, request: Request, token: str) -> Iterator[None]:
    """
    Count a request: by the address it comes from until the link turns out to be ours, then by the link.

    Raises:
        TooManyAttempts: It is one too many.
    """
    service, asking = call.service, address(request)
    service.visitors.take(asking)
    recipients.check_link(service.here, token)
    service.visitors.give_back(asking)
    service.letters.take(token)
    yield


def _answer(found: Shown) -> LinkAnswer:
    wishes = found.wishes
    return LinkAnswer(
        kind=found.kind,
        shop=found.shop,
        language=found.language,
        channel=found.channel,
        purpose=found.purpose,
        address=wishes.address if wishes else "",
        silent=bool(wishes and wishes.silent),
        wishes=[
            WishAnswer(name=each.name, purpose=each.purpose, channel=each.channel, is_on=each.is_on)
            for each in (wishes.wishes if wishes else ())
        ],
        preferences=found.preferences,
    )

"""``/v1/channels``, ``/v1/channel-tokens``, ``/v1/receipts``: which ways there are, what platforms allow, what they report."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import Depends, Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from evergrove.app import messages as kept
from evergrove.delivery.channels.reports import Received
from evergrove.http import Answer, Body, Moment, Routes, ThisCall
from evergrove.outbox import Grant
from evergrove.outbox.tokens import MOST_AT_ONCE, grants_of
from evergrove.text import say

routes = Routes(tag="outreach")

MOST = 1000
REPORT_BYTES = 256 * 1024
WHY_PUBLIC = "The provider proves itself by the channel's own secret."


class ChannelLine(Answer):
    """A channel."""

    name: str = Field(examples=["sms"])
    provider: str = Field(description="Profile by which it leaves; empty where there is no choice.")
    verified: bool | None = Field(
        description="Whether the profile was tried with an account; null: it has none."
    )
    wanted: bool = Field(description="Whether the settings speak of it.")
    ready: bool
    code: str | None = Field(description="Why it is not ready.")
    message: str | None


class Channels(Answer):
    """All channels."""

    items: list[ChannelLine]


class Accepted(Body):
    """One acceptance of a customer on a platform: it allows one message, or as many as it says."""

    customer_id: str = Field(min_length=1, max_length=256)
    channel: str = Field(default="wechat", max_length=60)
    template: str = Field(min_length=1, max_length=128, description="As the platform names it.")
    ref: str = Field(
        min_length=1, max_length=128, description="Names the acceptance: told twice it counts once."
    )
    granted_at: Moment
    count: int = Field(default=1, ge=1, le=MOST_AT_ONCE, description="Messages that were agreed to at once.")


class AcceptedList(Body):
    """Acceptances."""

    items: list[Accepted] = Field(min_length=1, max_length=MOST)


class Kept(Answer):
    """What was kept of acceptances, in messages."""

    new: int
    known: int


async def _body(request: Request) -> bytes:
    return await request.body()


@routes.get("/channels", right="outreach.read")
def channels(call: ThisCall) -> Channels:
    """The channels there are: ready or why not, tried with an account or not."""
    return Channels(
        items=[
            ChannelLine(
                name=each.name,
                provider=each.provider,
                verified=each.verified,
                wanted=each.is_wanted,
                ready=each.is_ready,
                code=None if each.problem is None else each.problem.code,
                message=None if each.problem is None else say(each.problem, call.language),
            )
            for each in call.here.channels()
        ]
    )


@routes.post("/channel-tokens", right="events.write")
def grant(call: ThisCall, told: AcceptedList) -> Kept:
    """Keep what customers agreed to on a platform; one message may leave for each."""
    grants = [
        grant
        for each in told.items
        for grant in grants_of(Grant(**each.model_dump(exclude={"count"})), each.count)
    ]
    new = kept.grant_tokens(call.here, grants)
    return Kept(new=new, known=len(grants) - new)


@routes.post("/receipts/{channel}", public=WHY_PUBLIC, most_bytes=REPORT_BYTES)
def receipts(
    call: ThisCall,
    request: Request,
    channel: Annotated[str, Path(max_length=60)],
    body: Annotated[bytes, Depends(_body)],
    secret: Annotated[
        str, Query(max_length=200, description="Where the provider can sign in no better way.")
    ] = "",
) -> Response:
    """Take delivery reports of a provider in, proven by the channel's secret; each is heard once."""
    base = call.here.settings.access.base_url.rstrip("/")
    query = f"?{request.url.query}" if request.url.query else ""
    came = Received(f"{base}{request.url.path}{query}", dict(request.headers), body, secret)
    counts, answer = kept.take_reports(call.here, channel, came)
    return Response(answer or json.dumps(counts, sort_keys=True), media_type="application/json")

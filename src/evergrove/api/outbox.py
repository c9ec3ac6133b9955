"""``/v1/outbox``: messages and what became of each; settle what nobody knows, let one leave once more."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Query
from pydantic import Field

from evergrove.app import messages as kept
from evergrove.http import Answer, Body, Moment, Page, Routes, ThisCall
from evergrove.http.paging import ThisPage
from evergrove.outbox import State

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

routes = Routes("/outbox", tag="outreach")

Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Named = Annotated[str, Query(max_length=200)]


class MessageLine(Answer):
    """A message and what became of it; whom it is to, never where or in which words."""

    id: str = Field(description="The key under which it leaves, at every attempt.")
    playbook: str
    version: int
    customer_id: str
    occasion: str
    step: int
    channel: str = Field(examples=["email"])
    arm: str = Field(description="`control`: the message that would have left.", examples=["treated"])
    category: str
    template: str
    language: str | None
    state: str = Field(examples=["accepted"])
    reason: str | None = Field(description="Code; docs/reference/codes.md lists them.")
    detail: dict[str, Any] | None = Field(description="Codes of the other side.")
    not_before: Moment
    valid_until: Moment
    queued_at: Moment
    attempts: int
    attempting_at: Moment | None
    settled_at: Moment | None
    message_id: str | None = Field(description="The name by which to look it up at the provider.")
    provider_id: str | None


class Finding(Body):
    """What somebody has found out of a message."""

    did_leave: bool = Field(description="Whether it left.")


class Again(Body):
    """A message that is to leave once more."""

    until: Moment | None = Field(default=None, description="Until when it is of use; null: as before.")


@routes.get("", right="outreach.read")
def messages(
    call: ThisCall,
    page: ThisPage,
    state: State | None = None,
    channel: Named = "",
    customer_id: Named = "",
    playbook: Named = "",
) -> Page[MessageLine]:
    """Messages, the newest first; `state=unknown` asks for those of which nobody knows whether they left."""
    after = (datetime.fromisoformat(str(page.after[0])), str(page.after[1])) if page.after else None
    found = kept.messages(
        call.here,
        page.limit + 1,
        state=state or "",
        channel=channel,
        customer=customer_id,
        playbook=playbook,
        after=after,
    )
    shown = found[: page.limit]
    more = (shown[-1]["queued_at"].isoformat(), shown[-1]["id"]) if len(found) > len(shown) else None
    return Page[MessageLine](items=[_line(each) for each in shown], next_cursor=page.next(more))


@routes.get("/{outbox_id}", right="outreach.read")
def one(call: ThisCall, outbox_id: Id) -> MessageLine:
    """One message."""
    return _line(kept.message(call.here, outbox_id))


@routes.post("/{outbox_id}/settle", right="outbox.settle")
def settle(call: ThisCall, outbox_id: Id, found: Finding) -> MessageLine:
    """Say what became of a message that is unknown or waits for staff; it is not queued again by this."""
    kept.settle_message(call.here, outbox_id, did_leave=found.did_leave)
    return _line(kept.message(call.here, outbox_id))


@routes.post("/{outbox_id}/retry", right="outbox.settle")
def retry(call: ThisCall, outbox_id: Id, asked: Again) -> MessageLine:
    """Let a message that has failed leave once more, under the same key and past all guards."""
    kept.retry_message(call.here, outbox_id, asked.until)
    return _line(kept.message(call.here, outbox_id))


def _line(row: RowMapping) -> MessageLine:
    return MessageLine(**row)

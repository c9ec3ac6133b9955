"""``/v1/events``: what programs have told, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Query
from pydantic import Field

from evergrove.http import Answer, Moment, Page, Routes, ThisCall
from evergrove.http.paging import ThisPage
from evergrove.ingest.events.listing import EventShown, Shown, list_events, retry_event
from evergrove.ingest.events.reasons import REASONS
from evergrove.ingest.events.redacting import name_kept
from evergrove.text import translator

if TYPE_CHECKING:
    from evergrove.http import Call

routes = Routes("/events", tag="events")

CONFLICTING = "events.conflict"


class EventAnswer(Answer):
    """One event; nothing in it is personal."""

    number: int = Field(examples=[417])
    of: int | None = Field(description="Of a conflict: the event that came first, and holds.")
    source: str = Field(description="Account whose key it came with.")
    message_id: str = Field(examples=["m-2"])
    kind: str = Field(description="order, refund, cancel, customer, alias, track, page, screen or group.")
    customer_id: str = Field(examples=["C-1042"])
    at: Moment = Field(description="When it happened.")
    received_at: Moment
    state: Shown = Field(
        description="waiting: not yet in the facts; taken; refused; conflict: without effect."
    )
    code: str | None = Field(description="Why it was refused, for machines.")
    message: str | None = Field(description="The same for people.")
    params: dict[str, Any] = Field(description="What the reason says beside it.")
    import_number: int | None = Field(description="The import that took it.")
    content: dict[str, Any] = Field(description="What it says, but for what is personal.")


@routes.get("", right="imports.read")
def list_told(
    call: ThisCall,
    page: ThisPage,
    state: Annotated[Shown | None, Query(description="Only in this state.")] = None,
    source: Annotated[str, Query(max_length=64, description="Only of this account.")] = "",
    message_id: Annotated[str, Query(max_length=600, description="Only of this name.")] = "",
) -> Page[EventAnswer]:
    """Events, the newest first."""
    before = None if page.after is None else int(page.after[0])
    named = name_kept(call.here.seal, message_id)
    with call.here.ledger.reading() as connection:
        found = list_events(
            connection, state, source=source, message_id=named, before=before, limit=page.limit + 1
        )
    shown = found[: page.limit]
    after = (shown[-1].number,) if len(found) > len(shown) else None
    return Page(items=[_told(call, each) for each in shown], next_cursor=page.next(after))


@routes.post("/{number}/retry", right="imports.write")
def retry(
    call: ThisCall, number: Annotated[int, Path(ge=1, le=2**53, description="Of a refused event.")]
) -> EventAnswer:
    """Have a refused event looked at again, after what was wrong has been mended: a rate, say, or its order."""
    with call.here.ledger.writing() as connection:
        return _told(call, retry_event(connection, call.here.seal, number))


def _told(call: Call, event: EventShown) -> EventAnswer:
    say = translator(call.language)
    told = dict(vars(event))
    code, params = told.pop("reason"), dict(told.pop("params"))
    sentence = REASONS.get(code) if code else None
    return EventAnswer(
        code=code,
        message=say(sentence) if sentence else None,
        params=params,
        import_number=told.pop("import_seq"),
        **told,
    )

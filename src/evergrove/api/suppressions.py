"""``/v1/suppressions``: the one list of addresses that nothing is sent to, whoever's they are."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from evergrove.app import recipients
from evergrove.http import Answer, Body, Call, Moment, Page, Routes, ThisCall
from evergrove.http.paging import ThisPage
from evergrove.people.reasons import REASONS
from evergrove.people.suppressions import Suppression
from evergrove.text import translator

routes = Routes(tag="suppressions")


class SuppressionAnswer(Answer):
    """One entry; the address itself is not in the list."""

    number: int = Field(examples=[12])
    channel: str = Field(examples=["email"])
    reason: str = Field(examples=["people.bounced"])
    message: str = Field(description="The reason in words.")
    recorded_at: Moment
    released_at: Moment | None = Field(description="When it was released; null: it holds.")
    customer_ids: list[str] = Field(description="Whose address it is, as far as that is known.")


class AddressBody(Body):
    """An address that is looked up."""

    address: str = Field(min_length=3, max_length=320, examples=["ada@example.com"])


class Entries(Answer):
    """All entries of one address."""

    items: list[SuppressionAnswer]


@routes.get("/suppressions", right="suppressions.read")
def listed(
    call: ThisCall,
    page: ThisPage,
    all: Annotated[bool, Query(description="Those too that were released.")] = False,  # noqa: A002, FBT002 - the parameter's name
) -> Page[SuppressionAnswer]:
    """Entries, the newest first."""
    before = None if page.after is None else int(page.after[0])
    found = recipients.suppressions(call.here, before=before, limit=page.limit + 1, holding=not all)
    part = found[: page.limit]
    after = (part[-1].number,) if len(found) > len(part) else None
    return Page(items=[_answer(call, each) for each in part], next_cursor=page.next(after))


@routes.post("/suppression-search", right="personal.read", once=False)
def looked_up(call: ThisCall, body: AddressBody) -> Entries:
    """All entries of one e-mail address, released ones too."""
    return Entries(
        items=[_answer(call, each) for each in recipients.suppressions_at(call.here, body.address)]
    )


@routes.post("/suppressions/{number}/release", right="suppressions.write")
def released(call: ThisCall, number: Annotated[int, Path(ge=1, le=2**53)]) -> SuppressionAnswer:
    """Let an address be written to again; what its owner agreed to still decides. An erased person's stays."""
    return _answer(call, recipients.release_address(call.here, number))


def _answer(call: Call, found: Suppression) -> SuppressionAnswer:
    told = {**vars(found), "customer_ids": list(found.customer_ids)}
    sentence = REASONS.get(found.reason, "")
    return SuppressionAnswer(message=translator(call.language)(sentence) if sentence else "", **told)

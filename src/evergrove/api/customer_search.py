"""``POST /v1/customer-search``: who is behind an id, an e-mail address or a phone number."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evergrove.access import sight
from evergrove.access.errors import FieldMasked
from evergrove.app.looking_up import look_up
from evergrove.http import Answer, Body, Routes, ThisCall
from evergrove.reading.finding import PERSONAL, Kind

routes = Routes(tag="customers")


class Wanted(Body):
    """Who is looked for. It stands in the body, and never in an address: addresses are kept in logs and histories."""

    text: str = Field(
        min_length=1,
        max_length=320,
        description="All of it, in any spelling; parts find nobody.",
        examples=["C-1042"],
    )
    by: Literal["any", "customer_id", "email", "phone"] = Field(
        default="any", description="any: whatever whoever asks may see."
    )


class Found(Answer):
    """Somebody who was found."""

    customer_id: str = Field(description="Under which the person stands.", examples=["C-1042"])
    by: Literal["customer_id", "email", "phone"] = Field(description="What was met.")
    is_valued: bool = Field(description="Whether the newest run knows the person.")


class FoundAll(Answer):
    """Who was found, each person once."""

    items: list[Found]
    searched: list[Literal["customer_id", "email", "phone"]] = Field(
        description="By what was searched: e-mail and phone ask for personal.read."
    )


@routes.post("/customer-search", right="customers.read", once=False)
def search(call: ThisCall, wanted: Wanted) -> FoundAll:
    """Find persons by exactly what is known of them. That somebody was found by e-mail or phone is noted."""
    is_open = sight(call.actor, "personal") == "shown"
    if wanted.by in PERSONAL and not is_open:
        raise FieldMasked(field=wanted.by, right="personal.read")
    kinds: tuple[Kind, ...] = ("customer_id", *PERSONAL) if is_open else ("customer_id",)
    if wanted.by != "any":
        kinds = (wanted.by,)
    with call.service.reader.pinned() as view:
        found = look_up(call.here, view, wanted.text, kinds)
    items = [Found(customer_id=each.customer_id, by=each.by, is_valued=each.is_valued) for each in found]
    return FoundAll(items=items, searched=list(kinds))

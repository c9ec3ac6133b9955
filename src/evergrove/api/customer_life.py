"""``/v1/customers/{id}/…``: one customer over time: what happened, what each night said, and how surely still there."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import Field

from evergrove.api.customers import CustomerId, Move, move_of
from evergrove.api.values import Plain, figures
from evergrove.http import Amount, Answer, Moment, Page, Routes, ThisCall
from evergrove.http.paging import ThisPage
from evergrove.http.published import of_snapshot
from evergrove.reading.alive import life_of
from evergrove.reading.past import past_of
from evergrove.reading.timeline import timeline_of

if TYPE_CHECKING:
    from evergrove.http import Call
    from evergrove.reading.timeline import Entry

routes = Routes("/customers/{customer_id}", tag="customers")

MOST_POINTS = 120


class PastNight(Answer):
    """What one run said of a customer."""

    as_of: date
    run: int
    snapshot: int
    clv_12m: float | None
    clv_12m_low: float | None
    clv_12m_high: float | None
    clv: float | None
    p_alive: float | None
    historic_value: Amount | None
    basis: str | None = Field(description="What value meant then.", examples=["revenue"])
    model: str | None
    tier: str | None
    stage: str | None


class Past(Answer):
    """A customer over the runs that are kept, the oldest first."""

    items: list[PastNight]


class Life(Answer):
    """How surely a customer was still one, day by day."""

    as_of: date = Field(description="The last day.")
    model: str | None = Field(
        description="Of the newest run; null where none could be fitted.", examples=["mbg-nbd"]
    )
    days: list[date] = Field(
        description="From the first purchase on; of a long life some are left out, never those of purchases."
    )
    p_alive: list[float] = Field(description="On each of these days, as it could be known then.")
    purchases: list[date] = Field(description="Days with an order that counts.")


class Happening(Answer):
    """One thing that happened."""

    kind: Literal["order", "refund", "move", "event", "ticket", "answer", "message"]
    on: date = Field(description="By the shop's time zone.")
    at: Moment | None = Field(description="Null where only the day is known.")
    amount: Amount | None = None
    currency: str | None = None
    move: Move | None = None
    is_waiting: bool = Field(
        default=False, description="Told by a program, and in no figure of the newest run yet."
    )
    told: dict[str, Plain] = Field(description="What else there is to say; nothing personal.")


@routes.get("/past", right="customers.read")
def past(
    call: ThisCall,
    customer_id: CustomerId,
    points: Annotated[
        int, Query(ge=2, le=MOST_POINTS, description="Runs at most; of more, some are left out evenly.")
    ] = 60,
) -> Past:
    """What each run that is kept said of a customer: value with interval, P(alive), tier and stage."""
    return Past(items=[PastNight(**figures(row)) for row in past_of(call.here, customer_id, points)])


@routes.get("/alive", right="customers.read")
def alive(call: ThisCall, customer_id: CustomerId, response: Response) -> Life:
    """How likely it was, on every day, that the customer had not left, by the models of the newest run."""
    with call.service.reader.pinned() as view:
        found = life_of(view, customer_id)
        of_snapshot(response, view.run.id, personal=False)
    return Life(
        as_of=found.as_of,
        model=found.model or None,
        days=list(found.days),
        p_alive=list(found.p_alive),
        purchases=list(found.purchases),
    )


@routes.get("/timeline", right="customers.read")
def timeline(
    call: ThisCall,
    customer_id: CustomerId,
    page: ThisPage,
    kind: Annotated[
        Literal["order", "refund", "move", "event", "ticket", "answer", "message"] | None,
        Query(description="Only of this kind."),
    ] = None,
) -> Page[Happening]:
    """What happened with a customer, the newest first: orders, refunds, moves, events, tickets, answers, messages."""
    with call.service.reader.pinned() as view:
        found = timeline_of(view, customer_id)
    wanted = [each for each in found if kind is None or each.kind == kind]
    if page.after is not None:
        wanted = [each for each in wanted if each.place < tuple(page.after)]
    shown = wanted[: page.limit]
    after = shown[-1].place if len(wanted) > len(shown) else None
    return Page(items=[_happening(call, each) for each in shown], next_cursor=page.next(after))


def _happening(call: Call, entry: Entry) -> Happening:
    told: dict[str, Any] = dict(entry.told)
    move = told.pop("move", None)
    return Happening(
        kind=entry.kind,
        on=entry.on,
        at=entry.at,
        amount=told.pop("amount", None),
        currency=told.pop("currency", None) or None,
        move=None if move is None else move_of(call, move),
        is_waiting=told.pop("is_waiting", False),
        told=figures({name: value for name, value in told.items() if value is not None}),
    )

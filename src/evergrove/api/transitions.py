"""``/v1/transitions``: who moved, when, and why."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import Field

from evergrove.api.customers import CustomerId, Move, move_of
from evergrove.api.values import Day
from evergrove.http import Answer, Page, Routes, ThisCall
from evergrove.http.paging import Paging, ThisPage
from evergrove.http.published import of_snapshot
from evergrove.people.identity import person_ids
from evergrove.reading import MovesAsked, counted_moves, moves_page

routes = Routes(tag="transitions")

Since = Annotated[Day | None, Query(description="Runs of this day and later.")]
Until = Annotated[Day | None, Query(description="Runs of this day and earlier.")]
Axis = Annotated[Literal["tier", "stage", "own_tier"] | None, Query(description="What changed.")]
Cause = Annotated[
    Literal["initial", "backfill", "policy", "model", "identity", "consent", "rates", "evidence", "clock"]
    | None,
    Query(description="Why; only evidence and clock start outreach."),
]
Place = Annotated[str, Query(max_length=60, description="Key of a tier or a stage.")]


class Flow(Answer):
    """How many moved alike."""

    axis: str
    from_: str | None = Field(serialization_alias="from")
    to: str | None
    cause: str
    customers: int


class Flows(Answer):
    """How many moved between two days."""

    since: date
    until: date
    items: list[Flow]


def _after(page: Paging) -> tuple[int, str, str] | None:
    return None if page.after is None else (int(page.after[0]), str(page.after[1]), str(page.after[2]))


@routes.get("/transitions", right="customers.read")
def transitions(
    call: ThisCall,
    page: ThisPage,
    response: Response,
    since: Since = None,
    until: Until = None,
    axis: Axis = None,
    cause: Cause = None,
    from_: Annotated[Place, Query(alias="from")] = "",
    to: Place = "",
) -> Page[Move]:
    """Moves of all customers, the newest run first."""
    asked = MovesAsked(
        page.limit,
        _after(page),
        since=since,
        until=until,
        axis=axis or "",
        cause=cause or "",
        from_=from_,
        to_=to,
    )
    with call.service.reader.pinned(page.snapshot, may_lag=True) as view:
        found = moves_page(view, asked)
        of_snapshot(response, view.run.id, personal=False)
        return Page(
            items=[move_of(call, row) for row in found.rows], next_cursor=page.next(found.after, view.run.id)
        )


@routes.get("/transitions/flows", right="figures.read")
def flows(call: ThisCall, response: Response, since: Since = None, until: Until = None) -> Flows:
    """How many moved from where to where, and why, between two days; without them, on the day of the newest run."""
    with call.service.reader.pinned(may_lag=True) as view:
        first, last = since or until or view.as_of, until or view.as_of
        of_snapshot(response, view.run.id, personal=False)
        rows = counted_moves(view, first, last)
        items = [
            Flow(
                axis=row["axis"],
                from_=row["from_"],
                to=row["to_"],
                cause=row["cause"],
                customers=row["customers"],
            )
            for row in rows
        ]
        return Flows(since=first, until=last, items=items)


@routes.get("/customers/{customer_id}/transitions", right="customers.read")
def of_customer(
    call: ThisCall, customer_id: CustomerId, page: ThisPage, response: Response, axis: Axis = None
) -> Page[Move]:
    """Moves of one customer, the newest first."""
    with call.here.ledger.reading() as connection:
        person = person_ids(connection, [customer_id])[customer_id]
    asked = MovesAsked(page.limit, _after(page), customer_id=person, axis=axis or "")
    with call.service.reader.pinned(page.snapshot, may_lag=True) as view:
        found = moves_page(view, asked)
        of_snapshot(response, view.run.id, personal=False)
        return Page(
            items=[move_of(call, row) for row in found.rows], next_cursor=page.next(found.after, view.run.id)
        )

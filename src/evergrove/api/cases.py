"""``/v1/cases``: open matters of customers, during which nothing is advertised to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Path, Query
from pydantic import Field

from evergrove.app.guarding import cases_here, close_case_here, open_case_here
from evergrove.http import Answer, Body, Moment, Routes, ThisCall

if TYPE_CHECKING:
    from evergrove.decisions import Case
    from evergrove.http import Call

routes = Routes("/cases", tag="outreach")

CaseId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="Name of the case.")]
Kind = Literal["complaint", "detractor", "return"]


class NewCase(Body):
    """A matter that is open."""

    customer_id: str = Field(min_length=1, max_length=200, description="With whom.", examples=["C-1042"])
    kind: Kind = Field(description="detractor: answered that they would not recommend the shop.")
    ref: str = Field(
        "",
        max_length=200,
        description="Your own name for the matter, such as a ticket's number: telling it again opens no second case.",
        examples=["T-77"],
    )
    until: Moment | None = Field(
        None, description="When it ends by itself; null: after 30 days, a return after 45."
    )


class CaseLine(Answer):
    """A matter with a customer."""

    id: str
    customer_id: str = Field(examples=["C-1042"])
    kind: Kind
    source: str = Field(description="Who told of it.", examples=["tickets"])
    opened_at: Moment
    until: Moment = Field(description="From then on it holds nothing back.")
    closed_at: Moment | None
    closed_by: str | None
    is_open: bool = Field(description="Whether marketing is held back for it now.")


class Cases(Answer):
    """Matters, the newest first."""

    items: list[CaseLine]


@routes.get("", right="cases.read")
def cases(
    call: ThisCall,
    customer_id: Annotated[
        str | None,
        Query(
            max_length=200,
            description="All of this customer, closed ones too; null: everybody's that are open.",
        ),
    ] = None,
) -> Cases:
    """Matters that are open, a thousand at most; or all of one customer."""
    return Cases(items=[_line(call, each) for each in cases_here(call.here, customer_id)])


@routes.post("", right="cases.write", status_code=201)
def begin(call: ThisCall, asked: NewCase) -> CaseLine:
    """Open a case: from the answer on nothing is advertised to the person."""
    return _line(call, open_case_here(call.here, asked.customer_id, asked.kind, asked.ref, asked.until))


@routes.post("/{case_id}/close", right="cases.write")
def close(call: ThisCall, case_id: CaseId) -> CaseLine:
    """Close a case; messages that waited for it and are still of use leave."""
    return _line(call, close_case_here(call.here, case_id))


def _line(call: Call, each: Case) -> CaseLine:
    return CaseLine(**vars(each), is_open=each.is_open(call.here.clock.now()))

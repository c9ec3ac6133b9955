"""``/v1/coupon-campaigns``: what a shop gives, and what became of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from evergrove.api.coupon_files import CSV_BODY, FILE_BYTES, MOST_TOLD, why
from evergrove.app import coupons as app
from evergrove.http import Amount, Answer, Body, Moment, Routes, ThisCall
from evergrove.measurement.words import SUBSIDY_REASONS
from evergrove.programs.coupons.told import MOST_LISTED
from evergrove.programs.coupons.types import CampaignState, Kind, Teller
from evergrove.programs.coupons.words import REFUSED, refusal
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.http import Call
    from evergrove.programs.coupons import Campaign

routes = Routes(tag="coupons")

Key = Annotated[str, Path(pattern="^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$", examples=["welcome"])]
MOST_DRAWN = 10_000


class CampaignLine(Answer):
    """A coupon campaign."""

    key: str = Field(examples=["welcome"])
    version: int = Field(description="Under which new codes are issued.")
    name: str
    kind: Kind
    currency: str = Field(examples=["CNY"])
    state: CampaignState
    created_at: Moment
    updated_at: Moment
    document: dict[str, Any] = Field(description="Its terms, as docs/coupons.md describes them.")


class Campaigns(Answer):
    """All coupon campaigns, by key."""

    items: list[CampaignLine]


class Document(Body):
    """A coupon campaign to be put in place."""

    document: dict[str, Any] = Field(
        description="As its TOML file says it, without the key: that is in the address."
    )


class Figures(Answer):
    """What became of a campaign's codes, and what it costs."""

    key: str
    currency: str
    issued: int = Field(description="Codes given out or drawn; of a shared code, times it was given.")
    codes: dict[str, int] = Field(description="Codes by state, at this moment.")
    given: int = Field(description="Messages and requests that carry a code.")
    reserved: int
    redeemed: int
    rolled_back: int
    redeemed_by: dict[Teller, int] = Field(
        description="Uses that count, by who told of them: the till (this API, files of redemptions), imported orders"
        " that name the code, or both."
    )
    stock: int = Field(description="Codes of the shop's own that wait to be given out.")
    expected: Amount = Field(description="What codes that are out are expected to cost.")
    held: Amount = Field(description="What reserved codes cost.")
    spent: Amount = Field(description="What redeemed codes cost, parts given back taken off.")
    budget: Amount | None
    limit_total: int | None


class RefusedOrder(Answer):
    """A code that an imported order names, and that was refused."""

    order_id: str
    code: str = Field(description="In normal form.")
    campaign: str | None = Field(description="Null: nobody knows the code.")
    reason: str = Field(examples=["programs.expired"])
    message: str
    settled_at: Moment


class RefusedOrders(Answer):
    """Codes on imported orders that were refused."""

    count: int
    items: list[RefusedOrder] = Field(description=f"The newest {MOST_LISTED:,} of them.")


class RefusedCode(Answer):
    """A row of a file of codes that was not taken."""

    line: int
    written: str = Field(description="As it stands in the file.")
    code: str = Field(description="Of the reason.", examples=["programs.code_repeated"])
    message: str


class BroughtCodes(Answer):
    """Where the rows of a file of codes went: read = taken + known + refused."""

    read: int
    taken: int
    known: int = Field(description="There before, waiting or given out.")
    refused: int
    waiting: int = Field(description="Codes that may be given out, all files together.")
    reasons: list[RefusedCode] = Field(description=f"The first {MOST_TOLD:,} of the refused.")


class SubsidyLine(Answer):
    """The subsidy rate of a campaign through one playbook."""

    playbook: str = Field(examples=["L2"])
    as_of: date = Field(description="The last day whose orders count.")
    rate: float | None = Field(
        description="1 - extra buyers per assigned / redeemers per assigned, assuming that nobody is deterred. Not clipped:"
        " chance may take it above 1 or below 0. Null: not known yet."
    )
    low: float | None
    high: float | None
    level: float = Field(description="Probability between low and high.")
    extra_buyers: float | None = Field(description="Per assigned: treated less control.")
    redeemed_share: float | None = Field(description="Of the treated, as assigned.")
    people_treated: int
    people_control: int
    redeemers: int
    reason: str | None = Field(examples=["measurement.subsidy_no_control"])
    message: str = Field(description="Why the rate is not known yet; empty where it is.")


class Subsidies(Answer):
    """What share of a campaign's redeemers would have bought anyway."""

    items: list[SubsidyLine] = Field(description="By playbook that has given out its codes.")
    reason: str | None = Field(description="Why there is none at all.")
    message: str


class NewCode(Body):
    """A code to be issued to a customer."""

    customer_id: str = Field(min_length=1, max_length=200)
    ref: str = Field(
        min_length=1,
        max_length=200,
        description="What it is for: the same ref gets the same code.",
        examples=["ticket-77"],
    )


class NewCodes(Body):
    """Codes to be drawn for nobody yet."""

    count: int = Field(ge=1, le=MOST_DRAWN)
    ref: str = Field(
        min_length=1,
        max_length=150,
        description="Name of the batch: the same again draws nothing.",
        examples=["flyer"],
    )


class GivenCode(Answer):
    """A code that was issued."""

    ref: str
    code: str
    customer_id: str | None
    valid_until: Moment | None
    is_new: bool


class Drawn(Answer):
    """Codes that were drawn."""

    items: list[GivenCode]
    refused: dict[str, str] = Field(description="Why others were not, by ref.")


@routes.get("/coupon-campaigns", right="coupons.read")
def campaigns(call: ThisCall) -> Campaigns:
    """The coupon campaigns."""
    return Campaigns(items=[_campaign(each) for each in app.every(call.here)])


@routes.put("/coupon-campaigns/{key}", right="coupons.write")
def put(call: ThisCall, key: Key, asked: Document) -> CampaignLine:
    """Have a campaign be as it is sent. Codes that are out keep what they promise: what is new needs a new version."""
    return _campaign(app.put(call.here, {**asked.document, "key": key}))


@routes.get("/coupon-campaigns/{key}", right="coupons.read")
def campaign(call: ThisCall, key: Key) -> CampaignLine:
    """One campaign."""
    return _campaign(app.one(call.here, key))


@routes.post("/coupon-campaigns/{key}/pause", right="coupons.write")
def pause(call: ThisCall, key: Key) -> CampaignLine:
    """Let a campaign rest: nothing is issued or reserved; orders that hold a code may still redeem it."""
    return _campaign(app.pause(call.here, key))


@routes.post("/coupon-campaigns/{key}/resume", right="coupons.write")
def resume(call: ThisCall, key: Key) -> CampaignLine:
    """Let a campaign go on."""
    return _campaign(app.resume(call.here, key))


@routes.get("/coupon-campaigns/{key}/figures", right="coupons.read")
def figures(call: ThisCall, key: Key) -> Figures:
    """What became of a campaign's codes, and what it costs."""
    return Figures(**vars(app.figures(call.here, key)))


@routes.post(
    "/coupon-campaigns/{key}/stock",
    right="coupons.write",
    once=False,
    most_bytes=FILE_BYTES,
    openapi_extra=CSV_BODY,
)
async def stock(call: ThisCall, key: Key, request: Request) -> BroughtCodes:
    """
    Take codes of the shop's own system, which the campaign then gives out: the body is a CSV file.

    One code a line, or under a header code, and if known amount and valid_until. Sent again, it changes nothing.
    """
    content = await request.body()
    return await run_in_threadpool(bring, call, key, content)


def bring(call: Call, key: str, content: bytes) -> BroughtCodes:
    """The same of a file that is here already."""
    account = app.bring(call.here, key, content)
    return BroughtCodes(
        read=account.read,
        taken=account.taken,
        known=account.known,
        refused=len(account.refused),
        waiting=account.waiting,
        reasons=[
            RefusedCode(
                line=each.line,
                written=each.code,
                **why(each.error, call),
            )
            for each in account.refused[:MOST_TOLD]
        ],
    )


@routes.get("/coupon-campaigns/{key}/subsidy", right="coupons.read")
def subsidy(call: ThisCall, key: Key) -> Subsidies:
    """What share of its redeemers would have bought anyway, where the playbook that gave its codes kept a control group."""
    (found, reason), say = app.subsidies(call.here, key), Formats(call.language).say
    items = [
        SubsidyLine(
            playbook=each.playbook,
            as_of=each.as_of,
            message=say(SUBSIDY_REASONS[each.found.reason]) if each.found.reason else "",
            **vars(each.found),
        )
        for each in found
    ]
    return Subsidies(items=items, reason=reason, message=say(SUBSIDY_REASONS[reason]) if reason else "")


@routes.get("/coupon-refusals", right="coupons.read")
def refusals(
    call: ThisCall,
    campaign: Annotated[
        str, Query(max_length=60, description="Only of this one.", examples=["welcome"])
    ] = "",
) -> RefusedOrders:
    """Codes that imported orders name and that were refused: unknown, over, somebody else's, used, or at a limit."""
    count, found = app.refused_orders(call.here, campaign)
    formats = Formats(call.language)
    items = [
        RefusedOrder(
            order_id=each.order_id,
            code=each.code,
            campaign=each.campaign,
            reason=each.reason,
            message=formats.say(refusal(each.reason), **each.params),
            settled_at=each.settled_at,
        )
        for each in found
    ]
    return RefusedOrders(count=count, items=items)


@routes.post("/coupon-campaigns/{key}/issue", right="coupons.write")
def issue(call: ThisCall, key: Key, asked: NewCode) -> GivenCode:
    """Give a customer a code; the same ref gets the same."""
    return _given(app.issue(call.here, key, asked.customer_id, asked.ref))


@routes.post("/coupon-campaigns/{key}/codes", right="coupons.write")
def draw(call: ThisCall, key: Key, asked: NewCodes) -> Drawn:
    """Draw codes for nobody yet, for a flyer or for a shop system; the same ref draws nothing new."""
    found, formats = app.draw(call.here, key, asked.count, asked.ref), Formats(call.language)
    return Drawn(
        items=[_given(each) for each in found.issued.values()],
        refused={ref: formats.say(REFUSED[why]) for ref, why in found.refused.items()},
    )


@routes.get(
    "/coupon-campaigns/{key}/codes",
    right="coupons.read",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "All codes, a line each."}},
)
def codes(call: ThisCall, key: Key) -> Response:
    """All codes of a campaign as CSV, written as they are read."""
    app.one(call.here, key)  # what is not there is told before the file begins
    headers = {"Content-Disposition": 'attachment; filename="codes.csv"'}
    return StreamingResponse(
        app.codes_as_csv(call.here, key), media_type="text/csv; charset=utf-8", headers=headers
    )


def _campaign(one: Campaign) -> CampaignLine:
    terms = one.terms
    return CampaignLine(
        key=terms.key,
        version=terms.version,
        name=terms.name,
        kind=terms.kind,
        currency=terms.currency,
        state=one.state,
        created_at=one.created_at,
        updated_at=one.updated_at,
        document=dict(one.document),
    )


def _given(one: Any) -> GivenCode:
    return GivenCode(
        ref=one.ref,
        code=one.code,
        customer_id=one.customer_id,
        valid_until=one.valid_until,
        is_new=one.is_new,
    )

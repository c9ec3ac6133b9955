"""``/v1/coupons``: what a shop's till asks of a code, and redemptions that the shop made itself."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

from fastapi import Path, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from evergrove.api.coupon_files import CSV_BODY, FILE_BYTES, MOST_TOLD, why
from evergrove.app import coupons as app
from evergrove.http import Amount, Answer, Body, Moment, Routes, ThisCall
from evergrove.programs.coupons.errors import InvalidAmount
from evergrove.programs.coupons.types import CouponState, Kind, UseState
from evergrove.programs.coupons.using import LONGEST_LEASE

if TYPE_CHECKING:
    from evergrove.http import Call
    from evergrove.programs.coupons import Account, Lookup, Order, Use

routes = Routes(tag="coupons")

Code = Annotated[
    str,
    Path(min_length=1, max_length=80, description="However it was typed.", examples=["WEL-7K2QW-9XHB-M4TPZ"]),
]


class Taking(Answer):
    """What a code takes off an order."""

    discount: Amount = Field(description="Off the price.")
    cost: Amount = Field(description="Out of the budget: the discount, or what the gift costs.")


class Found(Answer):
    """A code at this moment."""

    campaign: str
    version: int
    code: str
    kind: Kind
    state: CouponState
    customer_id: str | None
    currency: str
    valid_from: Moment | None
    valid_until: Moment | None
    usable: bool = Field(description="On the order that was asked about, or at all.")
    reason: str = Field(description="Code of the reason where it is not.", examples=["programs.expired"])
    takes_off: Taking | None


class OrderBody(Body):
    """An order that a code is to be used on."""

    order_id: str = Field(min_length=1, max_length=200, examples=["A-1001"])
    amount: Amount = Field(description="Before any coupon.")
    currency: str | None = Field(None, pattern="^[A-Z]{3}$", description="Null: the shop's own.")
    customer_id: str | None = Field(None, min_length=1, max_length=200)
    cost: Amount | None = Field(
        None,
        description="Of the goods; null: by the margin in the settings. The margin floor stands above it.",
    )


class ReserveBody(OrderBody):
    """The same, and for how long."""

    lease_s: int = Field(900, ge=1, le=int(LONGEST_LEASE.total_seconds()))


class BackBody(Body):
    """What is to be taken back of an order."""

    order_id: str = Field(min_length=1, max_length=200)
    code: str = Field("", max_length=80, description="Only this one.")
    refunded: Amount | None = Field(None, description="Of what was paid; null: the whole order.")
    refund_id: str = Field("", max_length=200, description="Of a part: told twice, it counts once.")


class UseLine(Answer):
    """A code on an order."""

    campaign: str
    code: str
    order_id: str
    customer_id: str | None
    state: UseState
    order_amount: Amount
    discount: Amount
    cost: Amount
    returned: Amount = Field(description="Of the cost, as parts of the order were given back.")
    currency: str
    reserved_until: Moment | None
    is_new: bool = Field(description="Whether this request made it so.")


class Uses(Answer):
    """Codes on an order."""

    items: list[UseLine]


class Voided(Answer):
    """A code that was taken back."""

    voided: bool = Field(description="False where it could not be used any more anyway.")


class RefusedRow(Answer):
    """A row that was not taken."""

    line: int
    order_id: str
    code: str = Field(examples=["programs.expired"])
    message: str


class Accounted(Answer):
    """Where the rows of a file went: read = taken + known + refused."""

    read: int
    taken: int
    known: int
    refused: int
    discount: Amount
    reasons: list[RefusedRow] = Field(description=f"The first {MOST_TOLD:,} of the refused.")


@routes.post("/coupon-roll-backs", right="coupons.redeem")
def roll_back(call: ThisCall, asked: BackBody) -> Uses:
    """Take back what codes did on an order: the whole of it, or the share of a refund."""
    found = app.roll_back(call.here, asked.order_id, asked.code, asked.refunded, asked.refund_id)
    return Uses(items=[_use(each) for each in found])


@routes.post(
    "/coupon-redemptions",
    right="coupons.redeem",
    once=False,
    most_bytes=FILE_BYTES,
    openapi_extra=CSV_BODY,
)
async def redemptions(call: ThisCall, request: Request) -> Accounted:
    """
    Take a CSV file of redemptions that the shop made itself: the body is the file.

    Columns: order_id, code, amount, and if known customer_id, currency, cost. Sent again, it changes nothing.
    """
    content = await request.body()
    return _accounted(await run_in_threadpool(app.take_file, call.here, content), call)


@routes.get("/coupons/{code}", right="coupons.redeem")
def look_up(
    call: ThisCall,
    code: Code,
    amount: Annotated[
        str | None, Query(max_length=40, description="Of an order it would be used on.", examples=["300.00"])
    ] = None,
    currency: Annotated[str | None, Query(pattern="^[A-Z]{3}$")] = None,
    customer_id: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    order_id: Annotated[str, Query(min_length=1, max_length=200)] = "-",
) -> Found:
    """What a code is, and what it would take off an order. Nothing is kept for that order: see reserve."""
    order = None
    if amount is not None:
        order = app.order_of(call.here, order_id, _amount(amount, call), currency, customer_id, None)
    return _found(app.look_up(call.here, code, order))


@routes.post("/coupons/{code}/reserve", right="coupons.redeem")
def reserve(call: ThisCall, code: Code, asked: ReserveBody) -> UseLine:
    """Keep a code for an order for a while; told twice, it changes nothing."""
    lease = timedelta(seconds=asked.lease_s)
    return _use(app.reserve(call.here, code, _order(call, asked), lease))


@routes.post("/coupons/{code}/redeem", right="coupons.redeem")
def redeem(call: ThisCall, code: Code, asked: OrderBody) -> UseLine:
    """Use a code on an order; told twice, it changes nothing. 409: it is used, over, or at its limit."""
    return _use(app.redeem(call.here, code, _order(call, asked)))


@routes.post("/coupons/{code}/void", right="coupons.write")
def void(call: ThisCall, code: Code) -> Voided:
    """Take a code back that is out; orders that have it keep it."""
    return Voided(voided=app.void(call.here, code))


def _amount(text: str, call: Call) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        currency = call.here.settings.value.currency or ""
        raise InvalidAmount(
            name="amount", value=text, currency=currency, most="100000000000", places=2
        ) from error


def _order(call: Call, asked: OrderBody) -> Order:
    return app.order_of(
        call.here, asked.order_id, asked.amount, asked.currency, asked.customer_id, asked.cost
    )


def _use(one: Use) -> UseLine:
    return UseLine(**vars(one))


def _found(one: Lookup) -> Found:
    told = {name: value for name, value in vars(one).items() if name != "taken"}
    taken = None if one.taken is None else Taking(**vars(one.taken))
    return Found(**told, takes_off=taken)


def _accounted(account: Account, call: Call) -> Accounted:
    return Accounted(
        read=account.read,
        taken=account.taken,
        known=account.known,
        refused=len(account.refused),
        discount=account.discount,
        reasons=[
            RefusedRow(
                line=each.line,
                order_id=each.order_id,
                **why(each.error, call),
            )
            for each in account.refused[:MOST_TOLD]
        ],
    )

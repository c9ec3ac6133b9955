"""``/coupons/{key}``: what became of a campaign's codes, its limits, and a code for somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import coupon_campaigns
from evergrove.api.coupon_campaigns import MOST_DRAWN, Key
from evergrove.api.coupon_files import FILE_BYTES
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.web.coupons.words import CODES, KINDS, PATH, STATES, TOLD_BY, amount, gives, path_of
from evergrove.web.frame import Pages, ThisForm, Told, allowed, ask, reader_of, redirect
from evergrove.web.frame.incoming import IncomingRoute, NotAForm
from evergrove.web.outreach.rooms import Mistake, room

if TYPE_CHECKING:
    from pydantic import ValidationError
    from starlette.responses import Response

    from evergrove.core import InputError
    from evergrove.http import Call
    from evergrove.web.frame.incoming import Incoming

pages = Pages()

MOST_REFUSED = 20
"""Refused orders that a page shows; the API has more."""
PAUSED = Told("coupons.page_paused", _("{key} rests: no code is given out or kept for an order."))
RESUMED = Told("coupons.page_resumed", _("{key} goes on."))
BROUGHT = Told(
    "coupons.page_brought",
    _("{n} {n:code was|codes were} taken, {known} {known:was|were} there before."),
)
DRAWN = Told("coupons.page_drawn", _("{n} {n:code is|codes are} there. Download all codes to have them."))


@pages.get(f"{PATH}/{{key}}", right="coupons.read")
def one(call: ThisCall, request: Request, key: Key) -> Response:
    """The page."""
    return _shown(call, request, key)


@pages.post(f"{PATH}/{{key}}/pause", right="coupons.write")
def pause(call: ThisCall, request: Request, key: Key) -> Response:
    """Let it rest."""
    try:
        ask(call, coupon_campaigns.pause, key=key)
    except Mistake as mistake:
        return _shown(call, request, key, mistake)
    return redirect(path_of(key), PAUSED, key=key)


@pages.post(f"{PATH}/{{key}}/resume", right="coupons.write")
def resume(call: ThisCall, request: Request, key: Key) -> Response:
    """Let it go on."""
    try:
        ask(call, coupon_campaigns.resume, key=key)
    except Mistake as mistake:
        return _shown(call, request, key, mistake)
    return redirect(path_of(key), RESUMED, key=key)


@pages.post(f"{PATH}/{{key}}/issue", right="coupons.write")
def issue(call: ThisCall, request: Request, form: ThisForm, key: Key) -> Response:
    """Give a customer a code; it is shown on the page, and the same occasion shows the same."""
    try:
        given = ask(call, coupon_campaigns.issue, key=key, asked=form.body(coupon_campaigns.NewCode))
    except Mistake as mistake:
        return _shown(call, request, key, mistake, customer_id=form.text("customer_id"), ref=form.text("ref"))
    return _shown(call, request, key, given=given)


@pages.post(f"{PATH}/{{key}}/draw", right="coupons.write")
def draw(call: ThisCall, request: Request, form: ThisForm, key: Key) -> Response:
    """Draw codes for nobody yet."""
    try:
        done = ask(
            call,
            coupon_campaigns.draw,
            key=key,
            asked=form.body(coupon_campaigns.NewCodes, ref=form.text("batch")),
        )
    except Mistake as mistake:
        return _shown(call, request, key, mistake, batch=form.text("batch"), count=form.text("count"))
    if done.refused:
        return _shown(call, request, key, drawn=done)
    return redirect(path_of(key), DRAWN, n=len(done.items))


@pages.post(
    f"{PATH}/{{key}}/stock",
    right="coupons.write",
    base=IncomingRoute,
    most_bytes=FILE_BYTES,
    once=False,
)
async def stock(call: ThisCall, request: Request, key: Key) -> Response:
    """Take a file of the shop's own codes; what became of its rows stands on the page."""
    incoming: Incoming = request.state.incoming
    if not await incoming.next_file():
        raise NotAForm
    content = b"".join([part async for part in incoming.data()])
    return await run_in_threadpool(_brought, call, request, key, content)


def _brought(call: Call, request: Request, key: str, content: bytes) -> Response:
    try:
        done = coupon_campaigns.bring(call, key, content)
    except Mistake as mistake:
        return _shown(call, request, key, mistake)
    if done.refused:
        return _shown(call, request, key, brought=done, brought_refused=done.reasons[:MOST_REFUSED])
    return redirect(path_of(key), BROUGHT, n=done.taken, known=done.known)


def _shown(
    call: Call,
    request: Request,
    key: str,
    mistake: InputError | ValidationError | None = None,
    **content: Any,
) -> Response:
    campaign, told = (
        ask(call, coupon_campaigns.campaign, key=key),
        ask(call, coupon_campaigns.figures, key=key),
    )
    formats, currency = reader_of(call).formats, campaign.currency
    refusals, subsidy = (
        ask(call, coupon_campaigns.refusals, campaign=key),
        ask(call, coupon_campaigns.subsidy, key=key),
    )
    known: dict[str, Any] = {
        "campaign": campaign,
        "told": told,
        "gives": gives(campaign, formats),
        "kind": formats.say(KINDS[campaign.kind]),
        "state": formats.say(STATES[campaign.state]),
        "codes": [(formats.say(word), told.codes.get(code, 0)) for code, word in CODES.items()],
        "money": {
            "spent": amount(told.spent, formats, currency),
            "held": amount(told.held, formats, currency),
            "expected": amount(told.expected, formats, currency),
            "budget": amount(told.budget, formats, currency),
            "left": amount(_left(told), formats, currency),
        },
        "told_by": [(formats.say(word), told.redeemed_by.get(teller, 0)) for teller, word in TOLD_BY.items()],
        "subsidy": subsidy,
        "subsidy_lines": subsidy.items,
        "refusals": refusals,
        "refusals_listed": refusals.items[:MOST_REFUSED],
        "most_drawn": MOST_DRAWN,
        "may_write": allowed(call, coupon_campaigns.put),
        "given": None,
        "drawn": None,
        "brought": None,
        "brought_refused": [],
        "customer_id": "",
        "ref": "",
        "batch": "",
        "count": "",
    }
    return room(call, request, "coupons", "coupons/one.html.j2", mistake, **{**known, **content})


def _left(told: coupon_campaigns.Figures) -> Any:
    return None if told.budget is None else told.budget - told.spent - told.held - told.expected

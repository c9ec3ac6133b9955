"""Looking at codes and campaigns: what a code would do now, what became of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, case, func, select

from evergrove.programs.coupons.campaigns import campaign_of, stocked_of, terms_of_code
from evergrove.programs.coupons.entries import plain
from evergrove.programs.coupons.errors import (
    AlreadyRedeemed,
    BudgetSpent,
    CouponExpired,
    CouponRefused,
    LimitReached,
    NotUsable,
    UnknownCoupon,
)
from evergrove.programs.coupons.issuing import written
from evergrove.programs.coupons.tables import coupon, coupon_campaign, coupon_given, coupon_use
from evergrove.programs.coupons.types import OPEN, ZERO, Figures, Lookup
from evergrove.programs.coupons.using import check_use, coupon_by, held_until, use_on

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection, Row

    from evergrove.programs.coupons.types import CouponState, Order, Taken, Terms

PORTION = 1_000


def look_up(connection: Connection, code: str, now: datetime, order: Order | None = None) -> Lookup:
    """
    What a code is at this moment, and what it would take off an order. Nothing is kept for that order.

    Args:
        connection: Of any block.
        code: However it was typed.
        now: The present moment.
        order: That it would be used on; None: only the code itself is looked at.

    Raises:
        UnknownCoupon: There is no such code.
    """
    row = coupon_by(connection, code)
    terms = terms_of_code(connection, row)
    taken, reason, state = None, "", _state_at(row, now)
    if state == "reserved" and held_until(connection, row.id, now) is None:
        state = "issued"
    try:
        if order is None:
            _check_open(state, row)
        else:
            taken = _would(connection, row, terms, order, now)
    except CouponRefused as refused:
        reason = refused.code
    return Lookup(
        campaign=row.campaign,
        version=row.version,
        code=written(row),
        kind=terms.kind,
        state=state,
        customer_id=row.customer_id,
        currency=terms.currency,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        usable=not reason,
        reason=reason,
        taken=taken,
    )


def look_up_for_strangers(
    connection: Connection, code: str, now: datetime, order: Order | None = None
) -> Lookup:
    """
    As ``look_up``, for somebody whom we do not know: a code that cannot be used is one that there is not.

    Whoever guesses learns nothing of codes that have been used or are over, nor whose a code is.

    Raises:
        NotUsable: There is no such code, or it cannot be used, whyever.
    """
    try:
        found = look_up(connection, code, now, order)
    except UnknownCoupon:
        raise NotUsable from None
    if not found.usable:
        raise NotUsable
    return found


def _check_open(state: CouponState, row: Row[Any]) -> None:
    if state == "expired":
        raise CouponExpired(until=row.valid_until.isoformat(timespec="seconds"))
    if state not in OPEN:
        raise AlreadyRedeemed


def _would(connection: Connection, row: Row[Any], terms: Terms, order: Order, now: datetime) -> Taken:
    campaign = connection.execute(select(coupon_campaign).where(coupon_campaign.c.key == row.campaign)).one()
    before = use_on(connection, row.id, order.id)
    taken = check_use(connection, campaign, row, terms, order, before, now)
    late = (coupon_use.c.campaign == row.campaign) & (coupon_use.c.state == "reserved")
    late &= coupon_use.c.reserved_until <= now
    free = connection.execute(select(func.count(), func.sum(coupon_use.c.cost)).where(late)).one()
    places, money = free[0], free[1] or ZERO
    if before is None or before.state != "reserved":
        if campaign.limit_total is not None and (
            campaign.reserved + campaign.redeemed - places >= campaign.limit_total
        ):
            raise LimitReached(key=campaign.key, limit=campaign.limit_total)
        left = None if campaign.budget is None else campaign.budget - campaign.held - campaign.spent + money
        if left is not None and taken.cost > left:
            raise BudgetSpent(
                key=campaign.key, left=plain(left), currency=campaign.currency, cost=plain(taken.cost)
            )
    return taken


def _state_at(row: Row[Any], now: datetime) -> CouponState:
    state: CouponState = row.state
    over = row.valid_until is not None and row.valid_until <= now
    return "expired" if over and state in OPEN else state


def figures(connection: Connection, key: str, now: datetime) -> Figures:
    """
    What became of a campaign's codes, and what it costs.

    Raises:
        UnknownCampaign: There is none of that key.
    """
    campaign_of(connection, key)
    row = connection.execute(select(coupon_campaign).where(coupon_campaign.c.key == key)).one()
    over = and_(coupon.c.state.in_(OPEN), coupon.c.valid_until <= now)
    state = case((over, "expired"), else_=coupon.c.state).label("at")
    by_state = select(state, func.count()).where(coupon.c.campaign == key).group_by(state)
    given = (coupon_given.c.campaign == key) & coupon_given.c.released_at.is_(None)
    teller = func.coalesce(coupon_use.c.told_by, "till")
    used = (coupon_use.c.campaign == key) & (coupon_use.c.state == "redeemed")
    by_teller = select(teller, func.count()).where(used).group_by(teller)
    back = (coupon_use.c.campaign == key) & (coupon_use.c.state == "rolled_back")
    return Figures(
        key=key,
        currency=row.currency,
        issued=row.issued,
        codes=dict(sorted(map(tuple, connection.execute(by_state)))),
        given=connection.execute(select(func.count()).where(given)).scalar_one(),
        reserved=row.reserved,
        redeemed=row.redeemed,
        rolled_back=connection.execute(select(func.count()).where(back)).scalar_one(),
        redeemed_by=dict(sorted(map(tuple, connection.execute(by_teller)))),
        stock=stocked_of(connection, key),
        expected=row.expected,
        held=row.held,
        spent=row.spent,
        budget=row.budget,
        limit_total=row.limit_total,
    )


def codes_page(
    connection: Connection, key: str, now: datetime, after: str = "", limit: int = PORTION
) -> list[tuple[str, dict[str, object]]]:
    """
    Some codes of a campaign, by id, for a list: code, customer, state, from and until when.

    Raises:
        UnknownCampaign: There is none of that key.
    """
    campaign_of(connection, key)
    mine = (coupon.c.campaign == key) & (coupon.c.id > after)
    rows = connection.execute(select(coupon).where(mine).order_by(coupon.c.id).limit(limit)).all()
    return [(row.id, _line(row, now)) for row in rows]


def _line(row: Row[Any], now: datetime) -> dict[str, object]:
    return {
        "code": written(row),
        "customer_id": row.customer_id,
        "state": _state_at(row, now),
        "issued_at": row.issued_at,
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
    }

"""Codes on orders: reserved, redeemed, in one transaction over code, counts and budget."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal, or_, select

from evergrove.core.failpoints import failpoint
from evergrove.ledger import Amount, upsert
from evergrove.people.identity import members_of
from evergrove.programs.coupons.campaigns import terms_of_code
from evergrove.programs.coupons.codes import normal_code
from evergrove.programs.coupons.entries import plain
from evergrove.programs.coupons.errors import (
    AlreadyRedeemed,
    BudgetSpent,
    CampaignPaused,
    CouponExpired,
    CouponVoid,
    CustomerNeeded,
    InvalidAmount,
    LimitReached,
    NotTogether,
    NotYetValid,
    OrderBeforeIssue,
    OrderRolledBack,
    OtherPerson,
    PersonLimitReached,
    ReservedElsewhere,
    UnknownCoupon,
)
from evergrove.programs.coupons.holding import hold, no_longer_expected, noted
from evergrove.programs.coupons.issuing import written
from evergrove.programs.coupons.rules import check_names, check_order, takes_off
from evergrove.programs.coupons.tables import coupon, coupon_campaign, coupon_given, coupon_use
from evergrove.programs.coupons.types import OPEN, ZERO, Placed, Use

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import ColumnElement, Connection, Row

    from evergrove.programs.coupons.types import Act, Order, Taken, Teller, Terms

LEASE = timedelta(minutes=15)
"""How long an order holds a code, where nobody says otherwise: the length of a checkout."""
LONGEST_LEASE = timedelta(days=60)


def reserve(
    connection: Connection,
    code: str,
    order: Order,
    now: datetime,
    *,
    lease: timedelta = LEASE,
    by: str = "cli",
) -> Use:
    """
    Keep a code, its place in the limits and its part of the budget for an order, for a while.

    Told twice, it changes nothing; nor does it for an order that has redeemed the code already.

    Args:
        connection: Of a ``writing`` block.
        code: However it was typed.
        order: That it is to be used on.
        now: The present moment.
        lease: How long; at most 60 days.
        by: Who does it.

    Raises:
        UnknownCoupon: There is no such code.
        CouponRefused: It cannot be used on that order, or not now; the subclass says why. Nothing changed.
    """
    if not timedelta(0) < lease <= LONGEST_LEASE:
        seconds, most = int(lease.total_seconds()), int(LONGEST_LEASE.total_seconds())
        raise InvalidAmount(name="lease_s", value=seconds, currency="s", most=most, places=0)
    return _take(connection, code, order, now, until=now + lease, by=by)


def redeem(
    connection: Connection,
    code: str,
    order: Order,
    now: datetime,
    *,
    by: str = "cli",
    told_by: Teller = "till",
    placed: Placed | None = None,
) -> Use:
    """
    Use a code on an order, for good.

    Code, counts and budget change by conditional updates of one transaction: of any number of orders that come at
    once, no more succeed than there are uses and money. Told twice, it changes nothing, whatever the amount; told by
    till and order, it is known that both did.

    Args:
        connection: Of a ``writing`` block.
        code: However it was typed.
        order: That it is used on.
        now: The present moment.
        by: Who does it.
        told_by: Who told of it.
        placed: Between which moments the order was placed, where that is told afterwards; None: it is placed now.

    Raises:
        UnknownCoupon: There is no such code.
        CouponRefused: It cannot be used on that order, or not now; the subclass says why. Nothing changed.
    """
    return _take(connection, code, order, now, until=None, by=by, told_by=told_by, placed=placed)


def coupon_by(connection: Connection, code: str) -> Row[Any]:
    """
    A code's row.

    Raises:
        UnknownCoupon: There is none.
    """
    row = connection.execute(select(coupon).where(coupon.c.code == normal_code(code))).one_or_none()
    if row is None:
        raise UnknownCoupon
    return row


def use_on(connection: Connection, coupon_id: str, order_id: str) -> Row[Any] | None:
    """The row of a code on an order."""
    mine = (coupon_use.c.coupon_id == coupon_id) & (coupon_use.c.order_id == order_id)
    return connection.execute(select(coupon_use).where(mine)).one_or_none()


def use_of(code: Row[Any], use: Row[Any], currency: str, *, is_new: bool) -> Use:
    """A use as it is told."""
    return Use(
        campaign=use.campaign,
        code=written(code),
        order_id=use.order_id,
        customer_id=use.customer_id,
        state=use.state,
        order_amount=use.order_amount,
        discount=use.discount,
        cost=use.cost,
        returned=use.returned,
        currency=currency,
        reserved_until=use.reserved_until if use.state == "reserved" else None,
        is_new=is_new,
    )


def _take(
    connection: Connection,
    code: str,
    order: Order,
    now: datetime,
    *,
    until: datetime | None,
    by: str,
    told_by: Teller | None = None,
    placed: Placed | None = None,
) -> Use:
    check_names(order)
    key = coupon_by(connection, code).campaign
    campaign = hold(connection, [order.id], [key], now)[key]
    row = coupon_by(connection, code)
    terms = terms_of_code(connection, row)
    check_order(terms, order)
    before = use_on(connection, row.id, order.id)
    if before is not None and (before.state == "redeemed" or (until and before.state == "reserved")):
        _told_again(connection, before, told_by)
        return use_of(row, before, terms.currency, is_new=False)
    customer = order.customer_id or row.customer_id
    taken = check_use(connection, campaign, row, terms, order, before, now, placed)
    held = before if before is not None and before.state == "reserved" else None
    _count(connection, campaign, taken, held, is_reserved=until is not None)
    failpoint("programs.counted")
    _turn(
        connection, row, is_reserved=until is not None, is_held=held is not None, is_late=placed is not None
    )
    times = _store(connection, row, terms, order, customer, taken, before, until, now, told_by)
    failpoint("programs.used")
    if until is None:
        _expected_no_more(connection, row, customer)
    kind: Act = "redeem" if until is None else "reserve"
    noted(connection, row.id, kind, order.id, now, by, taken.cost, times)
    after = use_on(connection, row.id, order.id)
    assert after is not None  # noqa: S101 - it was just written
    return use_of(row, after, terms.currency, is_new=True)


def check_use(
    connection: Connection,
    campaign: Row[Any],
    row: Row[Any],
    terms: Terms,
    order: Order,
    before: Row[Any] | None,
    now: datetime,
    placed: Placed | None = None,
) -> Taken:
    """
    What a code would take off an order, where it may be used on it.

    Args:
        connection: Of any block; only under ``hold`` is the answer more than a guess.
        campaign: Its row.
        row: Of the code.
        terms: Under which it was issued.
        order: That it is to be used on.
        before: What the code was on that order before, if anything.
        now: The present moment.
        placed: As for ``redeem``.

    Raises:
        CouponRefused: It may not; the subclass says why.
    """
    is_held = before is not None and before.state == "reserved" and before.reserved_until > now
    if before is not None and before.state == "rolled_back":
        raise OrderRolledBack(order=order.id)
    _check_state(connection, row, order, now)
    if not is_held:
        _check_time(campaign, row, placed or Placed(now, now), is_late=placed is not None)
    _check_person(connection, campaign, row, terms, order, now)
    return takes_off(terms, order, _beside(connection, row, terms, order, now))


def _check_state(connection: Connection, row: Row[Any], order: Order, now: datetime) -> None:
    if row.state == "void":
        raise CouponVoid
    if row.state == "redeemed":
        raise AlreadyRedeemed
    if row.state == "reserved":
        until = held_until(connection, row.id, now, apart_from=order.id)
        if until is not None:
            raise ReservedElsewhere(until=until.isoformat(timespec="seconds"))


def held_until(
    connection: Connection, coupon_id: str, now: datetime, apart_from: str = ""
) -> datetime | None:
    """Until when an order holds a code; None where none does, or only that one."""
    row = coupon_use.c
    held = (row.coupon_id == coupon_id) & (row.state == "reserved") & (row.reserved_until > now)
    query = select(row.reserved_until).where(held & (row.order_id != apart_from)).limit(1)
    found: datetime | None = connection.execute(query).scalar()
    return found


def is_live(now: datetime) -> ColumnElement[bool]:
    """Uses that count at a moment, also where nobody has let go yet of what is over."""
    row = coupon_use.c
    return (row.state == "redeemed") | ((row.state == "reserved") & (row.reserved_until > now))


def _check_time(campaign: Row[Any], row: Row[Any], placed: Placed, *, is_late: bool) -> None:
    """Of an order that is told afterwards only the day is known: it is enough that the code was valid in some of it."""
    over = row.valid_until is not None and row.valid_until <= placed.since
    if over or (row.state == "expired" and not is_late):
        raise CouponExpired(until=row.valid_until.isoformat(timespec="seconds"))
    if row.valid_from is not None and placed.until < row.valid_from:
        raise NotYetValid(since=row.valid_from.isoformat(timespec="seconds"))
    if is_late and not row.is_shared and placed.until < row.issued_at:
        raise OrderBeforeIssue(issued=row.issued_at.isoformat(timespec="seconds"))
    if campaign.state == "paused":
        raise CampaignPaused(key=campaign.key)


def _check_person(
    connection: Connection,
    campaign: Row[Any],
    row: Row[Any],
    terms: Terms,
    order: Order,
    now: datetime,
) -> None:
    """Whose code it is, and how often that person has used the campaign: all ids of one person count together."""
    customer = order.customer_id or row.customer_id
    if customer is None:
        if campaign.limit_per_person is not None:
            raise CustomerNeeded(key=campaign.key)
        return
    members = members_of(connection, [customer])[customer]
    if row.customer_id is not None and not terms.transferable and row.customer_id not in members:
        raise OtherPerson
    if campaign.limit_per_person is None:
        return
    live = (coupon_use.c.campaign == campaign.key) & is_live(now)
    others = ~((coupon_use.c.coupon_id == row.id) & (coupon_use.c.order_id == order.id))
    count = select(func.count()).where(live & others & coupon_use.c.customer_id.in_(members))
    if connection.execute(count).scalar_one() >= campaign.limit_per_person:
        raise PersonLimitReached(key=campaign.key, limit=campaign.limit_per_person)


def _beside(connection: Connection, row: Row[Any], terms: Terms, order: Order, now: datetime) -> Decimal:
    """What other codes cost on the order, all of other groups."""
    live = (coupon_use.c.order_id == order.id) & is_live(now)
    others = connection.execute(
        select(coupon_use.c.stack_group, coupon_use.c.cost, coupon_use.c.coupon_id).where(live)
    ).all()
    beside = ZERO
    for each in others:
        if each.coupon_id == row.id:
            continue
        if each.stack_group == terms.stack_group:
            raise NotTogether(group=terms.stack_group, order=order.id)
        beside += each.cost
    return beside


def _count(
    connection: Connection, campaign: Row[Any], taken: Taken, held: Row[Any] | None, *, is_reserved: bool
) -> None:
    """
    Take a place in the limits and a part of the budget, or neither.

    Raises:
        LimitReached: There is no place.
        BudgetSpent: There is not so much money.
    """
    row, freed = coupon_campaign.c, ZERO if held is None else held.cost
    places, more = 1 if held is None else 0, literal(taken.cost - freed, Amount())
    has_place = or_(row.limit_total.is_(None), row.reserved + row.redeemed + places <= row.limit_total)
    has_money = or_(row.budget.is_(None), row.held + row.spent + more <= row.budget)
    values: dict[str, Any]
    if is_reserved:
        values = {"reserved": row.reserved + 1, "held": row.held + taken.cost}
    else:
        values = {"redeemed": row.redeemed + 1, "spent": row.spent + taken.cost}
        if held is not None:
            values |= {"reserved": row.reserved - 1, "held": row.held - freed}
    mine = (row.key == campaign.key) & has_place & has_money
    if connection.execute(coupon_campaign.update().where(mine).values(values)).rowcount:
        return
    now = connection.execute(select(coupon_campaign).where(row.key == campaign.key)).one()
    if now.limit_total is not None and now.reserved + now.redeemed + places > now.limit_total:
        raise LimitReached(key=now.key, limit=now.limit_total)
    left = now.budget - now.held - now.spent + freed
    raise BudgetSpent(key=now.key, left=plain(left), currency=now.currency, cost=plain(taken.cost))


def _turn(
    connection: Connection, row: Row[Any], *, is_reserved: bool, is_held: bool, is_late: bool = False
) -> None:
    """
    Turn a code of somebody's own, which only one order can do; that of everybody stays as it is.

    Raises:
        AlreadyRedeemed: Another order has.
    """
    if row.is_shared:
        return
    states: tuple[str, ...] = ("reserved",) if is_held else OPEN
    if is_late:
        states = (*states, "expired")  # it was used in time, and nobody told us in time
    mine = (coupon.c.id == row.id) & coupon.c.state.in_(states)
    values = {"state": "reserved" if is_reserved else "redeemed"}
    if not connection.execute(coupon.update().where(mine).values(values)).rowcount:
        raise AlreadyRedeemed


def _store(
    connection: Connection,
    row: Row[Any],
    terms: Terms,
    order: Order,
    customer: str | None,
    taken: Taken,
    before: Row[Any] | None,
    until: datetime | None,
    now: datetime,
    told_by: Teller | None,
) -> int:
    """Keep what the code is on the order; how often it has been by now."""
    is_settled = before is not None and before.state == "reserved"
    times = 1 if before is None else before.times + (0 if is_settled else 1)
    values = {
        "coupon_id": row.id,
        "order_id": order.id,
        "campaign": row.campaign,
        "customer_id": customer,
        "state": "redeemed" if until is None else "reserved",
        "stack_group": terms.stack_group,
        "order_amount": order.amount,
        "discount": taken.discount,
        "cost": taken.cost,
        "refunded": ZERO,
        "returned": ZERO,
        "reserved_until": until,
        "times": times,
        "changed_at": now,
        "told_by": told_by,
    }
    upsert(connection, coupon_use, [values], ["coupon_id", "order_id"])
    return times


def _told_again(connection: Connection, before: Row[Any], told_by: Teller | None) -> None:
    """Know that a redemption was told by till and order; it stays one."""
    was = before.told_by or "till"
    if before.state != "redeemed" or told_by is None or was in {told_by, "both"}:
        return
    mine = (coupon_use.c.coupon_id == before.coupon_id) & (coupon_use.c.order_id == before.order_id)
    connection.execute(coupon_use.update().where(mine).values(told_by="both"))


def _expected_no_more(connection: Connection, row: Row[Any], customer: str | None) -> None:
    """A code that was used costs what it costs; of everybody's code, the one that this person was given."""
    mine = coupon_given.c.coupon_id == row.id
    if row.is_shared:
        if customer is None:
            return
        mine &= coupon_given.c.customer_id.in_(members_of(connection, [customer])[customer])
    no_longer_expected(connection, row.campaign, mine)

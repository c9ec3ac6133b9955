"""What a code takes off an order, and until when it is valid. Pure: no clock, no ledger."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from evergrove.programs.coupons.entries import LEDGER_PLACES, midnight, plain
from evergrove.programs.coupons.errors import (
    FloorReached,
    InvalidAmount,
    InvalidName,
    SpendTooLow,
    WrongCurrency,
)
from evergrove.programs.coupons.types import MOST_AMOUNT, ZERO, Taken

if TYPE_CHECKING:
    from datetime import datetime

    from evergrove.programs.coupons.types import Order, Terms

LONGEST_NAME = 200


def takes_off(terms: Terms, order: Order, beside: Decimal = ZERO) -> Taken:
    """
    What a code takes off an order.

    The discount is rounded down to the currency's smallest coin and never more than ``max_discount``, nor than what
    keeps the price at the floor: cost of the goods + ``margin_floor`` x amount, where the campaign has one, else 0.
    A gift is given whole or not at all.

    Args:
        terms: Under which the code was issued.
        order: On which it is to be used.
        beside: What other codes take off it.

    Raises:
        InvalidAmount, InvalidName, WrongCurrency: The order cannot be one.
        SpendTooLow: It is too small.
        FloorReached: Nothing can be taken off.
    """
    check_order(terms, order)
    least = max(terms.min_spend, terms.steps[0].spend if terms.steps else ZERO)
    if order.amount < least:
        raise SpendTooLow(least=plain(least), currency=terms.currency, amount=plain(order.amount))
    floor = floor_of(terms, order)
    room = order.amount - beside - floor
    wanted = _wanted(terms, order.amount)
    if terms.kind == "gift":
        if wanted > room:
            raise FloorReached(floor=plain(floor), currency=terms.currency)
        return Taken(ZERO, wanted)
    discount = rounded_down(min(wanted, room), terms.places)
    if discount <= 0:
        raise FloorReached(floor=plain(floor), currency=terms.currency)
    return Taken(discount, discount)


def floor_of(terms: Terms, order: Order) -> Decimal:
    """What must stay to be paid: 0 without a margin floor, else the cost and the floor's share of the amount."""
    if terms.margin_floor is None:
        return ZERO
    return (order.cost or ZERO) + terms.margin_floor * order.amount


def _wanted(terms: Terms, amount: Decimal) -> Decimal:
    """What the offer itself says, before any floor."""
    if terms.kind == "percent":
        off = amount * terms.value / 100
    elif terms.kind == "threshold":
        reached = [step for step in terms.steps if step.spend <= amount]
        off = reached[-1].off
        if terms.repeats:
            off *= amount // reached[-1].spend
    else:
        off = terms.value
    return off if terms.max_discount is None else min(off, terms.max_discount)


def before_coupon(terms: Terms, paid: Decimal, told: Decimal | None = None) -> Decimal:
    """
    What an order amounted to before its coupon, from what was paid for it.

    Args:
        terms: Of the code.
        paid: For the order, the coupon taken off.
        told: What the shop says that was taken off; None: it follows from the terms, floors left aside.
    """
    if told is not None and told > 0:
        return paid + told
    if terms.kind == "percent":
        whole = paid if terms.value >= 100 else paid * 100 / (100 - terms.value)
        most = whole if terms.max_discount is None else paid + terms.max_discount
        return min(whole, most).quantize(Decimal(1).scaleb(-terms.places), ROUND_HALF_EVEN)
    if terms.kind == "threshold":
        reached = [step for step in terms.steps if paid + step.off >= step.spend]
        if not reached:
            return paid
        step, times = reached[-1], Decimal(1)
        if terms.repeats:
            times = paid // (step.spend - step.off)
        off = times * step.off
        return paid + (off if terms.max_discount is None else min(off, terms.max_discount))
    return paid if terms.kind == "gift" else paid + terms.value


def check_order(terms: Terms, order: Order) -> None:
    """
    Let nothing pass that is no order of the campaign's currency.

    Raises:
        InvalidName: An id is empty, endless, or not printable.
        WrongCurrency: It is in another currency.
        InvalidAmount: An amount is none that could be paid.
    """
    check_names(order)
    if order.currency != terms.currency:
        raise WrongCurrency(currency=terms.currency, given=order.currency[:3])
    check_amount("amount", order.amount, terms)
    if order.cost is not None and order.cost != 0:
        check_amount("cost", order.cost, terms, LEDGER_PLACES)


def check_names(order: Order) -> None:
    """
    Let no order pass whose ids cannot be any.

    Raises:
        InvalidName: One cannot.
    """
    check_name("order_id", order.id)
    if order.customer_id is not None:
        check_name("customer_id", order.customer_id)


def check_name(name: str, value: str) -> None:
    """
    Let no id pass that is empty, endless, or not printable.

    Raises:
        InvalidName: It is.
    """
    if not 0 < len(value) <= LONGEST_NAME or not value.isprintable():
        raise InvalidName(name=name, most=LONGEST_NAME)


def check_amount(name: str, value: Decimal, terms: Terms, places: int | None = None) -> None:
    """
    Let no amount pass that is not above 0, is beyond all orders, or has more decimals than its currency.

    Raises:
        InvalidAmount: It is such a one.
    """
    places = terms.places if places is None else places
    is_amount = value.is_finite() and 0 < value < MOST_AMOUNT
    if not is_amount or value != rounded_down(value, places):
        raise InvalidAmount(
            name=name, value=str(value)[:60], currency=terms.currency, most=f"{MOST_AMOUNT:f}", places=places
        )


def rounded_down(value: Decimal, places: int) -> Decimal:
    """An amount in whole coins."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_DOWN)


def returned_by(cost: Decimal, paid: Decimal, refunded: Decimal, places: int) -> Decimal:
    """
    What comes back of a discount when a part of an order does: the same share, in whole coins.

    It counts from the order's beginning, so that refunds in any parts come to the same.

    Args:
        cost: Of the use.
        paid: For the order, all coupons taken off; above 0.
        refunded: Of it, all refunds so far.
        places: Of the currency.
    """
    return rounded_down(cost * refunded / paid, places)


def expected_cost(terms: Terms, own: Decimal | None = None) -> Decimal:
    """
    What one issued code is expected to cost: share redeemed x usual discount, rounded up.

    Args:
        terms: Of the campaign.
        own: Of a code of the shop's own value; of per cent it says nothing of money.
    """
    usual = terms.expected_discount if own is None or terms.kind == "percent" else own
    return (terms.redemption * usual).quantize(Decimal(1).scaleb(-LEDGER_PLACES), ROUND_CEILING)


def end_of(terms: Terms, issued_at: datetime) -> datetime | None:
    """
    When a code that is issued at a moment ends: itself outside of its time; None: never.

    Days count whole, in the campaign's zone: issued on Monday with 1 day, it ends as Tuesday does.
    """
    if terms.valid_days is None:
        return terms.valid_until
    last = issued_at.astimezone(ZoneInfo(terms.timezone)).date() + timedelta(days=terms.valid_days)
    own = midnight(last + timedelta(days=1), terms.timezone)
    return own if terms.valid_until is None else min(own, terms.valid_until)
